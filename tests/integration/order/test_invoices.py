"""Tax invoices: numbered without a gap, written from what was frozen."""

import http.server
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import firebase_admin
import pytest
from pypdf import PdfReader

from plazza.data import firebase
from plazza.data.sql import run_transaction
from plazza.errors import Unavailable
from plazza.order import consumers
from plazza.order.actions import handover
from plazza.order.rules.states import SYSTEM
from tests.integration.order.conftest import Shop
from tests.integration.order.test_prescriptions import Paper
from tests.support.database import Builders


def ship(shop: Shop, order: str) -> None:
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())
    run_transaction(lambda tx: handover.ship(tx, UUID(order), SYSTEM))


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_an_invoice_says_what_the_law_asks(shop: Shop, make: Builders) -> None:
    strip = shop.product(name="Testol 500 Tablet", manufacturer="Example Labs", hsn="30049099")
    costly = shop.product(price_paise=1_234_567, mrp_paise=1_234_567)
    order = shop.place((strip, 2), costly).json
    ship(shop, order["id"])

    answer = shop.api.get(f"/orders/{order['id']}/invoice", uid=shop.uid)
    text = words(answer.content)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    number = shop.db.value("SELECT number FROM invoices WHERE order_id = %s", UUID(order["id"]))
    batch = shop.db.value("SELECT batch_no FROM inventory_batches WHERE product_id = %s", UUID(strip))
    for part in (
        number, order["number"], batch, "29ABCDE1234F1Z5", "KA-B1-0001", "KA-1001", "A. Pharmacist", "Testol 500 Tablet",
        "Example Labs", "30049099", "Test Person", "state code 29", "12,345.67", "₹12,550.67", "Delivery charge",
        "Rupees Twelve Thousand Five Hundred Fifty and Sixty-Seven Paise Only",
    ):  # fmt: skip
        assert part in text, part
    again = shop.api.get(f"/orders/{order['id']}/invoice", **shop.staff())
    assert again.content == answer.content


def test_a_prescription_line_names_its_prescriber(shop: Shop) -> None:
    medicine, plain = shop.product(schedule="H1", prescription_required=True), shop.product()
    paper = Paper(shop)
    paper.review({medicine: 2})
    shop.db.execute("UPDATE prescriptions SET prescriber_name = 'Dr. R. Iyer' WHERE id = %s", paper.id)
    order, without = shop.place(medicine, plain, prescription_id=str(paper.id)).json["id"], shop.place(plain).json["id"]
    ship(shop, order)
    ship(shop, without)

    texts = [words(shop.api.get(f"/orders/{one}/invoice", uid=shop.uid).content) for one in (order, without)]

    assert [text.count("Prescriber Dr. R. Iyer, registration KMC-1") for text in texts] == [1, 0]
    assert "(Schedule H1)" in texts[0]


def test_a_name_in_devanagari_is_written_with_its_own_letters(shop: Shop, make: Builders) -> None:
    shop.address = make.address(shop.uid, pincode=shop.pincode, recipient="सुनीता शर्मा", line1="१२ राज मार्ग")
    order = shop.place(shop.product()).json["id"]
    ship(shop, order)

    content = shop.api.get(f"/orders/{order}/invoice", uid=shop.uid).content

    for part in ("सुनीता शर्मा", "१२ राज मार्ग", "₹"):
        assert part in words(content), part
    fonts = {font for page in PdfReader(io.BytesIO(content)).pages for font in page["/Resources"]["/Font"]}  # pyright: ignore[reportIndexIssue, reportGeneralTypeIssues] -- a PDF's own objects
    assert len(fonts) == 3, "both weights and Devanagari are in the file"


def test_there_is_no_invoice_before_the_parcel_leaves(shop: Shop) -> None:
    order = shop.place(shop.product()).json["id"]

    answer = shop.api.get(f"/orders/{order}/invoice", uid=shop.uid)

    assert (answer.status_code, answer.json["details"]["reason"]) == (409, "NOT_ISSUED")


def test_numbers_have_no_gap_however_many_leave_at_once(shop: Shop) -> None:
    strip = shop.product()
    orders = [shop.place(strip).json["id"] for _ in range(12)]

    with ThreadPoolExecutor(12) as riders:
        list(riders.map(lambda order: ship(shop, order), orders))

    query = "SELECT serial FROM invoices WHERE store_id = %s ORDER BY serial"
    assert [row[0] for row in shop.db.rows(query, UUID(shop.store))] == list(range(1, 13))


def test_an_invoice_keeps_the_licence_of_its_day(shop: Shop) -> None:
    order = shop.place(shop.product()).json["id"]
    ship(shop, order)
    shop.db.execute("UPDATE stores SET drug_licence = 'KA-NEW' WHERE id = %s", UUID(shop.store))

    text = words(shop.api.get(f"/orders/{order}/invoice", uid=shop.uid).content)

    assert "KA-B1-0001" in text
    assert "KA-NEW" not in text


def test_a_name_in_another_script_does_not_stop_an_invoice(shop: Shop, make: Builders) -> None:
    shop.address = make.address(shop.uid, pincode=shop.pincode, recipient="ಅನಿಲ್ 😀 Kumar")
    order = shop.place(shop.product()).json["id"]
    ship(shop, order)

    answer = shop.api.get(f"/orders/{order}/invoice", uid=shop.uid)

    assert answer.status_code == 200
    assert "Kumar" in words(answer.content)


class _Bucket(http.server.BaseHTTPRequestHandler):
    """Where Cloud Storage would be: takes uploads."""

    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.uploads.append((self.path, body))  # pyright: ignore[reportAttributeAccessIssue] -- set below
        answer = b'{"kind": "storage#object", "generation": "1"}'
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bytes]]]:
    """Give what is uploaded."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    server.uploads = []  # pyright: ignore[reportAttributeAccessIssue] -- our own attribute
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_address[1]}")
    firebase_admin.delete_app(firebase.app())  # its client keeps the address that it was made with
    yield server.uploads  # pyright: ignore[reportAttributeAccessIssue] -- our own attribute
    firebase_admin.delete_app(firebase.app())
    server.shutdown()
    server.server_close()


def test_an_issued_invoice_is_kept_for_its_customer(shop: Shop, uploads: list[tuple[str, bytes]]) -> None:
    order = shop.place(shop.product()).json["id"]
    consumers.keep_invoice(order)
    ship(shop, order)

    consumers.keep_invoice(order)

    content = shop.api.get(f"/orders/{order}/invoice", uid=shop.uid).content
    assert len(uploads) == 1
    assert f"invoices/{shop.uid}/{order}.pdf".encode() in uploads[0][1]
    assert content in uploads[0][1]


def test_a_file_store_that_refuses_is_asked_again_later(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, uploads: list[tuple[str, bytes]]
) -> None:
    monkeypatch.setattr(_Bucket, "status", 403)
    order = shop.place(shop.product()).json["id"]
    ship(shop, order)

    with pytest.raises(Unavailable):
        consumers.keep_invoice(order)
    assert len(uploads) == 1, "a refusal is not asked again at once"
    assert shop.api.get(f"/orders/{order}/invoice", uid=shop.uid).status_code == 200

"""`ops papers`: on a running local system an order is paid, delivered and in part returned; its tax papers become pictures."""

import argparse
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from PIL import Image, ImageChops

from ops.endpoints import base_port, local_endpoints
from ops.errors import OpsError
from ops.journey import delivering, ordering, prescribing, shopping
from ops.journey.shopping import Cast
from ops.journey.stage import Stage, today_in_india
from ops.paths import ROOT
from ops.settings import given_settings

_MARGIN = 40
_ADDRESS = {
    "label": "घर", "recipient": "आशा श्रीवास्तव", "phone": "+919812345678", "line1": "12, 100 Feet Road", "landmark": "श्री गणेश मंदिर के पास",
    "area": "Indiranagar", "city": "Bengaluru", "state": "Karnataka", "pincode": "560038", "latitude": 12.9716, "longitude": 77.6407,
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--base", type=int, help="base port of the running system")
    parser.add_argument("--to", type=Path, default=ROOT / "docs", help="folder of the pictures (docs)")


def main(options: argparse.Namespace) -> int:
    """Play the order, write invoice.png and credit-note.png, and print how to read what became of the money."""
    base = options.base if options.base is not None else base_port()
    stage = Stage(local_endpoints(base, given_settings()))
    phone = f"+9198{secrets.randbelow(10**8):08d}"
    try:
        cast = shopping.sign_everybody_in(stage, phone)
        order, payment, batch_no = _sell(stage, cast, phone)
        papers = {"invoice": f"/orders/{order}/invoice", "credit-note": _give_back(stage, cast, order, batch_no)}
        for name, path in papers.items():
            _draw(stage.call("GET", path, by=cast.customer), options.to / f"{name}.png")
        _wait_for_refund(stage, cast, payment)
    except AssertionError as exc:
        raise OpsError(str(exc)) from exc
    token = cast.customer.token
    print(
        f"\ncurl -s {stage.system.api_url}/payments/{payment} -H 'Authorization: Bearer {token}' | python3 -m json.tool"
    )
    return 0


def _sell(stage: Stage, cast: Cast, phone: str) -> tuple[str, str, str]:
    """Order on a prescription and with a coupon, pay and deliver; gives order, payment, and a batch of the first line."""
    medicine = shopping.search(stage)
    address = stage.call("POST", "/addresses", _ADDRESS, by=cast.customer, expect=201)["id"]
    prescribed = prescribing.read_and_approve(stage, cast)
    batches = stage.call("GET", f"/inventory/batches?product_id={medicine.id}", by=cast.staff)["items"]
    today = today_in_india().isoformat()
    first = next(one for one in batches if one["on_hand"] > one["reserved"] and one["expires_on"] > today)
    order = ordering.place(stage, cast, address, medicine, prescribed)
    payment = ordering.pay(stage, cast, order)
    delivering.deliver(stage, cast, order, phone)
    return order["id"], payment["id"], first["batch_no"]


def _give_back(stage: Stage, cast: Cast, order: str, batch_no: str) -> str:
    """Take one pack of the first line back; gives the path of the credit note."""
    line = {"line_no": 1, "quantity": 1, "batch_no": batch_no, "opened": False, "resaleable": True}
    body = {"reason": "unwanted", "lines": [line]}
    path = f"/orders/{order}/returns"
    note = stage.call("POST", path, body, by=cast.support, key=str(uuid4()), expect=201, show="number total_paise")
    return f"/orders/{order}/credit-notes/{note['id']}"


def _wait_for_refund(stage: Stage, cast: Cast, payment: str) -> None:
    stage.until(
        lambda: stage.peek(f"/payments/{payment}", cast.customer),
        lambda seen: [refund["status"] for refund in seen["refunds"]] == ["processed"],
        "the money of what came back is refunded",
    )


def _draw(paper: bytes, target: Path) -> None:
    """Draw a paper's first page in grey, at 130 dots an inch, without the blank below it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "paper.pdf"
        source.write_bytes(paper)
        options = ["--pages", "1", "--scale", "1.8", "--grayscale", "--format", "png", "--output", folder]
        tool = [sys.executable, "-m", "pypdfium2", "render", str(source), *options]
        ran = subprocess.run(tool, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise OpsError(f"The paper could not be drawn:\n{ran.stderr[-2000:]}")
        with Image.open(next(Path(folder).glob("*.png"))) as page:
            bottom = (ImageChops.invert(page).getbbox() or (0, 0, *page.size))[3]
            page.crop((0, 0, page.width, min(bottom + _MARGIN, page.height))).save(target, optimize=True)

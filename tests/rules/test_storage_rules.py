"""storage.rules: who may put, fetch and never touch which file."""

from typing import Any

import pytest

from tests.rules.people import (
    ADMIN,
    CASHIER,
    CUSTOMER,
    EVERYBODY,
    NOBODY,
    OTHER_RIDER,
    PHARMACIST,
    RIDER,
    STORE_STAFF,
    STRANGER,
    SUPPORT,
    Person,
    name_of,
)
from tests.rules.runtime import RulesRuntime

MIB = 1024 * 1024
JPEG = "image/jpeg"
PRESCRIPTION = f"prescriptions/{CUSTOMER.uid}/7d9f.jpg"
ORDER = "5a4c1c1e-52b6-4a9e-9d0c-8f5d1c9b7a10"
PROOF = f"proofs/{ORDER}/{RIDER.uid}_door-1.jpg"
INVOICE = f"invoices/{CUSTOMER.uid}/{ORDER}.pdf"


class Bucket:
    """The bucket under the project's rules."""

    def __init__(self, runtime: RulesRuntime, ruleset: str) -> None:
        self._runtime = runtime
        self._ruleset = ruleset

    def may(self, person: Person | None, method: str, path: str, **files: Any) -> bool:
        """Whether the rules permit it; a fault of the runtime is no refusal."""
        auth = {"uid": person.uid, "token": person.claims} if person else None
        verdict = self._runtime.verify(
            self._ruleset, method, f"/b/demo-plazza.appspot.com/o/{path}", auth=auth, **files
        )
        assert verdict.errors == []
        assert verdict.permit is not None
        return verdict.permit

    def may_upload(
        self, person: Person | None, path: str, *, size: int = 100, content_type: str = JPEG, over: str | None = None
    ) -> bool:
        """Whether a new file, or one over an existing one of type `over`, may be uploaded."""
        before = file(path, 50, over) if over else None
        return self.may(person, "create", path, before=before, after=file(path, size, content_type))

    def may_fetch(self, person: Person | None, path: str) -> bool:
        """Whether an existing file may be downloaded."""
        return self.may(person, "get", path, before=file(path, 100, JPEG))


def file(path: str, size: int, content_type: str) -> dict[str, Any]:
    """A file as the rules see it."""
    return {
        "name": path,
        "bucket": "demo-plazza.appspot.com",
        "size": size,
        "contentType": content_type,
        "metadata": {},
    }


@pytest.fixture
def bucket(rules_runtime: RulesRuntime, storage_ruleset: str) -> Bucket:
    return Bucket(rules_runtime, storage_ruleset)


@pytest.mark.parametrize(("ending", "content_type"), [("jpg", JPEG), ("png", "image/png"), ("pdf", "application/pdf")])
def test_an_owner_uploads_a_prescription_of_each_type(bucket: Bucket, ending: str, content_type: str) -> None:
    path = f"prescriptions/{CUSTOMER.uid}/7d9f.{ending}"

    assert bucket.may_upload(CUSTOMER, path, content_type=content_type)
    assert not bucket.may_upload(CUSTOMER, path, content_type="text/html")
    assert not bucket.may_upload(CUSTOMER, f"{path}.exe", content_type=content_type)


@pytest.mark.parametrize("person", [person for person in EVERYBODY if person != CUSTOMER], ids=name_of)
def test_nobody_else_uploads_into_a_customers_folder(bucket: Bucket, person: Person | None) -> None:
    assert not bucket.may_upload(person, PRESCRIPTION)


def test_a_prescription_has_at_least_a_byte_and_at_most_ten_mebibytes(bucket: Bucket) -> None:
    assert bucket.may_upload(CUSTOMER, PRESCRIPTION, size=1)
    assert bucket.may_upload(CUSTOMER, PRESCRIPTION, size=10 * MIB)
    assert not bucket.may_upload(CUSTOMER, PRESCRIPTION, size=0)
    assert not bucket.may_upload(CUSTOMER, PRESCRIPTION, size=10 * MIB + 1)


def test_the_ending_must_match_the_type(bucket: Bucket) -> None:
    folder = f"prescriptions/{CUSTOMER.uid}"

    assert not bucket.may_upload(CUSTOMER, f"{folder}/a.png", content_type=JPEG)
    assert not bucket.may_upload(CUSTOMER, f"{folder}/a.pdf", content_type="image/png")
    assert not bucket.may_upload(CUSTOMER, f"{folder}/a.jpg", content_type="application/pdf")
    assert not bucket.may_upload(CUSTOMER, f"{folder}/a.JPG")
    assert not bucket.may_upload(CUSTOMER, f"{folder}/.jpg")


def test_a_prescription_stays_as_it_was_uploaded(bucket: Bucket) -> None:
    existing = file(PRESCRIPTION, 100, JPEG)

    assert not bucket.may_upload(CUSTOMER, PRESCRIPTION, over=JPEG)
    assert not bucket.may(
        CUSTOMER, "update", PRESCRIPTION, before=existing, after={**existing, "contentType": "text/html"}
    )
    assert not bucket.may(CUSTOMER, "delete", PRESCRIPTION, before=existing)


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_owner_pharmacist_and_admin_fetch_a_prescription(bucket: Bucket, person: Person | None) -> None:
    assert bucket.may_fetch(person, PRESCRIPTION) == (person in {CUSTOMER, PHARMACIST, ADMIN})


@pytest.mark.parametrize(
    "path",
    [
        f"prescriptions/{CUSTOMER.uid}",
        f"prescriptions/{CUSTOMER.uid}/folder/a.jpg",
        f"prescriptions//{CUSTOMER.uid}/a.jpg",
        f"prescriptions/{CUSTOMER.uid}/../a.jpg",
        f"prescription/{CUSTOMER.uid}/a.jpg",
        f"/prescriptions/{CUSTOMER.uid}/a.jpg",
        f"prescriptions/{CUSTOMER.uid}/{'a' * 65}.jpg",
    ],
)
def test_a_path_beside_the_owners_folder_is_refused(bucket: Bucket, path: str) -> None:
    assert not bucket.may_upload(CUSTOMER, path)


def test_a_rider_uploads_a_proof_under_the_own_uid(bucket: Bucket) -> None:
    assert bucket.may_upload(RIDER, PROOF)
    assert bucket.may_upload(RIDER, PROOF.replace(".jpg", ".png"), content_type="image/png")
    assert not bucket.may_upload(OTHER_RIDER, PROOF)


@pytest.mark.parametrize("person", [person for person in EVERYBODY if person != RIDER], ids=name_of)
def test_no_one_but_a_rider_uploads_a_proof(bucket: Bucket, person: Person | None) -> None:
    own_name = f"proofs/{ORDER}/{name_of(person)}_door-1.jpg"

    assert bucket.may_upload(person, own_name) == (person == OTHER_RIDER)
    assert not bucket.may_upload(person, PROOF)


def test_the_uid_in_a_proofs_name_is_compared_as_it_is(bucket: Bucket) -> None:
    """A uid that is the beginning of another, holds the separator or would mean something in a pattern."""
    short, longer, odd = Person("r1", "rider"), Person("r1_x", "rider"), Person("r.*", "rider")

    assert bucket.may_upload(longer, f"proofs/{ORDER}/r1_x_1.jpg")
    assert not bucket.may_upload(short, f"proofs/{ORDER}/r1_x_1.jpg")
    assert bucket.may_upload(odd, f"proofs/{ORDER}/r.*_1.jpg")
    assert not bucket.may_upload(odd, f"proofs/{ORDER}/r123_1.jpg")


def test_a_proof_is_an_image_of_at_most_five_mebibytes_written_once(bucket: Bucket) -> None:
    assert bucket.may_upload(RIDER, PROOF, size=5 * MIB)
    assert not bucket.may_upload(RIDER, PROOF, size=5 * MIB + 1)
    assert not bucket.may_upload(RIDER, PROOF, size=0)
    assert not bucket.may_upload(RIDER, PROOF, content_type="image/png")
    assert not bucket.may_upload(RIDER, PROOF.replace(".jpg", ".pdf"), content_type="application/pdf")
    assert not bucket.may_upload(RIDER, PROOF, over=JPEG)
    assert not bucket.may(RIDER, "delete", PROOF, before=file(PROOF, 100, JPEG))


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_staff_fetch_a_proof(bucket: Bucket, person: Person | None) -> None:
    is_staff = person is not None and person.role in {"cashier", "store_staff", "pharmacist", "support", "admin"}

    assert bucket.may_fetch(person, PROOF) == is_staff


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_only_its_customer_fetches_an_invoice_and_nobody_uploads_one(bucket: Bucket, person: Person | None) -> None:
    assert bucket.may_fetch(person, INVOICE) == (person == CUSTOMER)
    assert not bucket.may_upload(person, INVOICE, content_type="application/pdf")


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
@pytest.mark.parametrize("path", ["exports/coupons.csv", "backups/2026/plazza.dump", "anything.jpg", "proofs/a.jpg"])
def test_all_other_files_are_the_servers(bucket: Bucket, person: Person | None, path: str) -> None:
    assert not bucket.may_fetch(person, path)
    assert not bucket.may_upload(person, path)


@pytest.mark.parametrize("person", [NOBODY, CUSTOMER, PHARMACIST, ADMIN], ids=name_of)
@pytest.mark.parametrize("folder", ["", "prescriptions", f"prescriptions/{CUSTOMER.uid}", f"proofs/{ORDER}", "backups"])
def test_nobody_lists(bucket: Bucket, person: Person | None, folder: str) -> None:
    assert not bucket.may(person, "list", folder.rstrip("/"))


@pytest.mark.parametrize("person", [STRANGER, CASHIER, STORE_STAFF, SUPPORT], ids=name_of)
def test_a_claimed_uid_or_folder_helps_no_stranger(bucket: Bucket, person: Person) -> None:
    assert bucket.may_upload(person, f"prescriptions/{person.uid}/a.jpg")
    assert not bucket.may_fetch(person, PRESCRIPTION)

"""What a proof sells: a store, its area, products with stock, customers with addresses, coupons, prescriptions.

Made through the product's own actions wherever it has them, so that a proof knows no table that it does not check.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from ops.endpoints import PROJECT
from ops.prove.ground import Ground
from plazza import clock
from plazza.catalogue.actions.products import put_product
from plazza.catalogue.models.products import PutProduct
from plazza.catalogue.store import prescriptions
from plazza.data.once import Once
from plazza.data.sql import Tx, run_transaction
from plazza.discount.actions import making
from plazza.discount.models import CreateCoupon
from plazza.identity import Caller, Role
from plazza.location.actions import addresses, areas
from plazza.location.models import AddAddress, PutArea
from plazza.order.actions import inventory
from plazza.order.models.inventory import ReceiveBatch

CHARGE_PAISE = 2_500
_PINCODE, _PLACE = "560038", (12.9719, 77.6412)
_STORE = """
    INSERT INTO stores (id, code, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence,
                        pharmacist_name, pharmacist_registration, phone, opens_at, closes_at, created_at)
    VALUES (%s, 'PROOF', 'Proof Store', '1 Proof Road', 'Bengaluru', 'Karnataka', '29', '560038', 12.9719, 77.6412, '29ABCDE1234F1Z5',
            'KA-B1-0001', 'A. Pharmacist', 'KA-1001', '+918040000000', '00:00', '23:59:59', now())"""


class Customer(NamedTuple):
    """Somebody who orders: one address, and what a request of theirs carries."""

    uid: str
    address_id: UUID

    @property
    def caller(self) -> Caller:
        """Give them as a caller of an action."""
        return Caller(self.uid, Role.CUSTOMER)

    @property
    def token(self) -> str:
        """Give their ID token."""
        return id_token(self.uid)


class Shop:
    """One store that delivers round the clock."""

    def __init__(self, ground: Ground) -> None:
        """Open it in the ground's present databases."""
        self.store_id = uuid4()
        with ground.admin("cockroach") as connection:
            connection.execute(_STORE, (self.store_id,))
        latitude, longitude = _PLACE
        areas.add_area(
            "proof",
            PutArea(
                pincode=_PINCODE, area="Proof Layout", city="Bengaluru", state="Karnataka", state_code="29", latitude=latitude,
                longitude=longitude, store_id=self.store_id, store_latitude=latitude, store_longitude=longitude,
                charge_paise=CHARGE_PAISE, minimum_order_paise=0, promised_minutes=30, opens_at=time(0), closes_at=time(23, 59, 59),
            ),
        )  # fmt: skip

    @property
    def cashier(self) -> Caller:
        """Give a person of the store."""
        return Caller("proof-cashier", Role.PHARMACIST, str(self.store_id))

    def customer(self) -> Customer:
        """Give somebody new, who lives in the area."""
        uid, (latitude, longitude) = f"proof{uuid4().hex[:16]}", _PLACE
        address = AddAddress(
            label="Home", recipient="Proof Person", phone="+919812345678", line1="2 Proof Street", city="Bengaluru", state="Karnataka",
            pincode=_PINCODE, latitude=latitude, longitude=longitude,
        )  # fmt: skip
        return Customer(uid, addresses.add_address(uid, address).id)

    def product(self, price_paise: int, *, batches: tuple[int, ...], needs_prescription: bool = False) -> UUID:
        """Give a new product, on the shelf in batches of so many packs that expire one after the other."""
        number = uuid4().hex[:8]
        schedule = "H" if needs_prescription else "none"
        said = PutProduct(
            name=f"Provol {number} 500mg Tablet", mrp_paise=price_paise, pack_label="strip of 10 tablets", manufacturer="Proof Labs",
            schedule=schedule, hsn="30049099", gst_bp=1200, max_per_order=100, salts=[],
        )  # fmt: skip
        product_id = put_product(f"PROOF-{number}", said).product.id
        for index, packs in enumerate(batches, start=1):
            self.receive(
                product_id, f"{number}-{index}", packs, price_paise, clock.today() + timedelta(days=200 * index)
            )
        return product_id

    def receive(self, product_id: UUID, batch_no: str, packs: int, mrp_paise: int, expires_on: date) -> UUID:
        """Put packs of a batch on the shelf; gives the batch's id."""
        body = ReceiveBatch(
            product_id=product_id,
            batch_no=batch_no,
            expires_on=expires_on,
            mrp_paise=mrp_paise,
            quantity=packs,
            reference="proof",
        )
        return inventory.receive_batch(self.cashier, once(self.cashier), body).id

    def coupon(self, amount_paise: int, *, uses: int, uses_each: int | None = None) -> str:
        """Give the code of a new coupon that takes off so much, so often."""
        at, code = clock.now(), f"PROOF{uuid4().hex[:8].upper()}"
        body = CreateCoupon(
            code=code, title="Proof", kind="fixed", amount_paise=amount_paise, starts_at=at - timedelta(days=1),
            ends_at=at + timedelta(days=400), global_limit=uses, per_user_limit=uses_each,
        )  # fmt: skip
        making.create("proof", body)
        return code

    def prescription(self, customer: Customer, product_id: UUID, packs: int) -> UUID:
        """Give an approved prescription of a customer that allows so many packs of a product."""
        ident, at = uuid4(), clock.now()
        query = """
            INSERT INTO prescriptions (id, uid, file_path, content_type, size_bytes, status, prescriber_registration, valid_until,
                                       reviewed_by, created_at, updated_at)
            VALUES (%s, %s, %s, 'image/png', 1, 'approved', 'KMC-1', %s, 'proof', %s, %s)"""
        valid_until = clock.today() + timedelta(days=90)

        def work(tx: Tx) -> None:
            tx.execute(query, (ident, customer.uid, f"prescriptions/{customer.uid}/{ident}.png", valid_until, at, at))
            prescriptions.insert_approved_item(tx, ident, 1, "Provol", product_id, packs)

        run_transaction(work)
        return ident


def id_token(uid: str, **claims: str) -> str:
    """Give an ID token in the unsigned form that the auth emulator issues; `claims` are the role and the store of whoever has them."""
    at = int(clock.now().timestamp())
    usual = {"iss": f"https://securetoken.google.com/{PROJECT}", "aud": PROJECT, "sub": uid, "user_id": uid}
    times = {"auth_time": at, "iat": at, "exp": at + 3600}
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(usual | times | claims)}."


def once(caller: Caller, key: str | None = None) -> Once:
    """Give what binds a request that creates something to its key."""
    return Once(caller.uid, "POST", "/proof", key or uuid4().hex, b"")


def _part(value: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

"""Coupons made by staff: one, or a batch of single-use codes."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID, uuid4, uuid5

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.discount import rules
from plazza.discount.models import BatchView, CouponView, CreateCoupon, GenerateCodes
from plazza.discount.store import coupons as store
from plazza.discount.store.coupons import BatchCode
from plazza.errors import NotFound

PIECE = 5_000
"""So many codes are written, or read, at a time."""


def create(by: str, body: CreateCoupon) -> CouponView:
    """Make a coupon. Raises Conflict for a code that is taken."""
    coupon_id = uuid4()

    def work(tx: Tx) -> CouponView:
        store.insert_coupon(tx, coupon_id, body, by, clock.now())
        return store.get_view(tx, coupon_id)

    return run_transaction(work, on=POSTGRES)


def disable(coupon_id: UUID) -> CouponView:
    """End a coupon. Raises NotFound."""

    def work(tx: Tx) -> CouponView:
        store.disable(tx, coupon_id, clock.now())
        return store.get_view(tx, coupon_id)

    return run_transaction(work, on=POSTGRES)


def generate(once: Once, by: str, body: GenerateCodes) -> BatchView:
    """Make a batch of single-use codes; the same key makes the same batch, also when a try died in the middle or two run at once."""
    stored = once.answer(BatchView)
    if stored is not None:
        return stored
    batch_id, at = once.new_id("coupon batch"), clock.now()
    while read(lambda tx: store.count_batch(tx, batch_id), on=POSTGRES) < body.count:
        for start in range(0, body.count, PIECE):
            # An id says which code of the batch it is, so that nothing is made twice; a code that is taken leaves a gap for the next round.
            ids = [uuid5(batch_id, str(number)) for number in range(start, min(start + PIECE, body.count))]
            codes = [rules.new_code(body.coupon.code) for _ in ids]
            run_transaction(
                lambda tx, ids=ids, codes=codes: store.insert_batch(tx, ids, codes, body.coupon, batch_id, by, at),
                on=POSTGRES,
            )
    return once.run(BatchView, lambda tx: BatchView(batch_id=batch_id, count=body.count))


def export(batch_id: UUID) -> Iterable[bytes]:
    """Give a batch as the pieces of a CSV file, each read when it is wanted. Raises NotFound."""
    first = _codes(batch_id, "")
    if not first:
        raise NotFound("No such batch.")
    return _pieces(batch_id, first)


def _pieces(batch_id: UUID, piece: list[BatchCode]) -> Iterator[bytes]:
    yield _csv([("code", "status", "uses")])
    while piece:
        yield _csv(piece)
        piece = _codes(batch_id, piece[-1].code)


def _codes(batch_id: UUID, after: str) -> list[BatchCode]:
    return read(lambda tx: store.list_batch_codes(tx, batch_id, after, PIECE), on=POSTGRES)


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()

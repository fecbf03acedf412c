"""Vendors' lists → products: certain matches at once, the others by a person whose decision is remembered and reused."""

from datetime import timedelta
from typing import Any, NamedTuple

from plazza import clock
from plazza.catalogue.actions.search import Hit, find_hits
from plazza.catalogue.models.products import ProductView
from plazza.catalogue.models.vendors import (
    DecideVendorProduct,
    OfferedProduct,
    OfferVendorProducts,
    VendorCandidate,
    VendorProducts,
    VendorProductView,
)
from plazza.catalogue.rules import vendors as rules
from plazza.catalogue.rules.vendors import Offered, Scored
from plazza.catalogue.store import products, vendors
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Invalid, NotFound

GOOD_FOR = timedelta(days=180)
"""So long a match stands without anybody looking: vendors reuse their numbers."""
SHOWN = 5
_MOST_TYPED = 120


class _Found(NamedTuple):
    """An offered product, and the products it may be, best first."""

    offered: OfferedProduct
    key: str
    scored: list[tuple[Scored, ProductView]]


def match_list(body: OfferVendorProducts) -> VendorProducts:
    """Match a piece of a vendor's list and keep the outcome. Raises Unavailable, Invalid for a number that stands there twice."""
    numbers = [offered.vendor_sku for offered in body.products]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise Invalid("A vendor_sku stands in the list twice.", vendor_skus=twice)
    found = [_find(offered) for offered in body.products]

    def work(tx: Tx) -> VendorProducts:
        for one in found:
            vendors.put_vendor_product(tx, _outcome(tx, body.vendor, one), one.key, clock.now())
        kept = [vendors.get_vendor_product(tx, body.vendor, number) for number in numbers]
        return VendorProducts(items=[one for one in kept if one is not None])

    return run_transaction(work)


def decide(by: str, body: DecideVendorProduct) -> VendorProductView:
    """Keep a person's decision. Raises NotFound, Invalid for an unknown product."""

    def work(tx: Tx) -> VendorProductView:
        if body.product_id is not None and products.find_product(tx, body.product_id) is None:
            raise Invalid("There is no such product.", field="product_id")
        vendors.set_decision(tx, body.vendor, body.vendor_sku, body.product_id, by, clock.now())
        found = vendors.get_vendor_product(tx, body.vendor, body.vendor_sku)
        if found is None:
            raise NotFound("This vendor has no such product.")
        return found

    return run_transaction(work)


def queue_doubtful() -> int:
    """Let matches that are old, or whose product is not sold any more, wait for a person again; gives how many."""
    at = clock.now()
    return run_transaction(lambda tx: vendors.queue_aged(tx, at - GOOD_FOR) + vendors.queue_discontinued(tx))


def _find(offered: OfferedProduct) -> _Found:
    """Ask the search, and score what it finds."""
    described = rules.describe(offered.name, offered.pack_label, offered.manufacturer)
    hits = find_hits(described.name[:_MOST_TYPED])
    scored = [_score(described, hit) for hit in hits if hit.view["status"] == "active"]
    return _Found(offered, rules.match_key(described), sorted(scored, key=lambda one: (-one[0].score, one[1].sku)))


def _score(described: Offered, hit: Hit) -> tuple[Scored, ProductView]:
    view = ProductView.model_validate(hit.view)
    return rules.score(described, view, hit.ranked.candidate.numbers), view


def _outcome(tx: Tx, vendor: str, found: _Found) -> VendorProductView:
    at = clock.now()
    decided = vendors.list_decided(tx, found.key, at - GOOD_FOR)
    outcome: dict[str, Any]
    if len(decided) == 1:
        ours = decided[0].product_id
        outcome = {
            "status": "matched" if ours else "refused",
            "reason": "decided_elsewhere",
            "product_id": ours,
            "confidence_score": 100,
        }
    else:
        doubt = rules.judge([one for one, _ in found.scored])
        outcome = {
            "status": "queued" if doubt else "matched",
            "reason": doubt or "certain",
            "product_id": None if doubt else found.scored[0][1].id,
            "confidence_score": found.scored[0][0].score if found.scored else 0,
        }
    candidates = [
        VendorCandidate(product_id=view.id, sku=view.sku, name=view.name, score=one.score, parts=one.parts)
        for one, view in found.scored[:SHOWN]
    ]
    return VendorProductView(
        vendor=vendor,
        vendor_sku=found.offered.vendor_sku,
        vendor_name=found.offered.name,
        pack_label=found.offered.pack_label,
        manufacturer=found.offered.manufacturer,
        candidates=candidates,
        decided_by=None,
        last_verified=None if outcome["status"] == "queued" else at,
        **outcome,
    )

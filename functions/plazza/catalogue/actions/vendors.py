"""Vendors' lists → products: certain matches at once, the others by a person whose decision is remembered."""

from plazza import clock
from plazza.catalogue.actions.matching import match_medicine
from plazza.catalogue.models.prescriptions import Candidate
from plazza.catalogue.models.vendors import (
    DecideVendorProduct,
    OfferedProduct,
    OfferVendorProducts,
    VendorProducts,
    VendorProductView,
    VendorStatus,
)
from plazza.catalogue.store import products, vendors
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Invalid, NotFound

CERTAIN = 75
AHEAD = 5
"""A match is certain from this score on, and only when the next best is so much behind."""


def match_list(body: OfferVendorProducts) -> VendorProducts:
    """Match a piece of a vendor's list and keep the outcome. Raises Unavailable."""
    found = [_match(body.vendor, offered) for offered in body.products]

    def work(tx: Tx) -> VendorProducts:
        for one in found:
            vendors.put_vendor_product(tx, one, clock.now())
        kept = [vendors.get_vendor_product(tx, body.vendor, one.vendor_sku) for one in found]
        return VendorProducts(items=[one for one in kept if one is not None])

    return run_transaction(work)


def _match(vendor: str, offered: OfferedProduct) -> VendorProductView:
    matches = match_medicine(offered.name, None, None)
    best = matches[0].score if matches else 0
    is_certain = best >= CERTAIN and (len(matches) == 1 or best - matches[1].score >= AHEAD)
    status: VendorStatus = "matched" if is_certain else "queued"
    return VendorProductView(
        vendor=vendor,
        vendor_sku=offered.vendor_sku,
        vendor_name=offered.name,
        status=status,
        product_id=matches[0].product_id if is_certain else None,
        confidence_score=best,
        candidates=[Candidate(product_id=m.product_id, sku=m.sku, name=m.name, score=m.score) for m in matches],
        decided_by=None,
        last_verified=clock.now() if is_certain else None,
    )


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

"""What may stand for a product, at which price, and whether a store has it."""

from uuid import UUID

from plazza import clock
from plazza.catalogue.models.substitutes import Substitute, Substitutes, SubstitutesQuery
from plazza.catalogue.rules import salts, substitutes
from plazza.catalogue.rules.prices import saving_percent, unit_price, unit_price_paise
from plazza.catalogue.store import offers
from plazza.catalogue.store import products as store
from plazza.catalogue.store.offers import Offer
from plazza.catalogue.store.products import FullProduct
from plazza.catalogue.store.views import fields_of
from plazza.data.sql import read

MOST_SUBSTITUTES = 50
_MOST_COMPARED = 500
"""Brands of one medicine that are compared by the unit; the most sold tablet of India has some three hundred."""


def list_substitutes(product_id: UUID, query: SubstitutesQuery) -> Substitutes:
    """Give a product's substitutes. Raises NotFound for an unknown product or store."""
    product = read(lambda tx: store.get_product(tx, product_id))
    is_narrow = substitutes.is_narrow([salt["salt"] for salt in product.salts])
    found = [] if is_narrow else _find(product)
    at_store: dict[UUID, Offer] | None = None
    if query.store_id is not None:
        ids, store_id = [product.id, *(other.id for other in found)], query.store_id
        at_store = read(lambda tx: offers.list_offers(tx, store_id, ids, clock.today()))
    needs_prescriber = any(one.prescription_required or one.schedule != "none" for one in (product, *found))
    return Substitutes(
        product_id=product_id,
        quantity=query.quantity,
        ask_doctor=is_narrow,
        needs_prescriber=needs_prescriber,
        note=substitutes.note_for(narrow=is_narrow, prescriber=needs_prescriber),
        items=_ordered(product, found, query.quantity, at_store),
    )


def _find(product: FullProduct) -> list[FullProduct]:
    if not product.salt_key or not product.salts_complete:
        return []
    medicine = _medicine(product)
    found = read(lambda tx: store.list_equals(tx, product, _MOST_COMPARED))
    return [other for other in found if other.salts_complete and substitutes.can_replace(medicine, _medicine(other))]


def _medicine(product: FullProduct) -> substitutes.Medicine:
    return substitutes.Medicine(
        salts.from_json(product.salts), product.form, product.release, product.pack_unit, product.pack_label
    )


def _ordered(
    product: FullProduct, found: list[FullProduct], quantity: int, at_store: dict[UUID, Offer] | None
) -> list[Substitute]:
    mine = _price(product, at_store)
    items: list[tuple[tuple[object, ...], FullProduct, dict[str, object]]] = []
    for other in found:
        price = _price(other, at_store)
        comparable = other.pack_unit == product.pack_unit
        packs = substitutes.packs_for(quantity, product.pack_quantity, other.pack_quantity) if comparable else None
        unit = unit_price(price, other.pack_quantity) if comparable else None
        in_stock = None if at_store is None else _free(other, at_store) >= (packs or 1)
        more: dict[str, object] = {
            "price_paise": price,
            "unit_price_paise": unit_price_paise(price, other.pack_quantity),
            "packs": packs,
            "cost_paise": packs * price if packs is not None and price is not None else None,
            "saving_percent": saving_percent(unit_price(mine, product.pack_quantity), unit),
            "in_stock": in_stock,
        }
        key = substitutes.order_key(in_stock=in_stock, price_paise=price, unit_price=unit, sku=other.sku)
        items.append((key, other, more))
    items.sort(key=lambda item: item[0])
    return [Substitute.model_validate(fields_of(other) | more) for _, other, more in items[:MOST_SUBSTITUTES]]


def _price(product: FullProduct, at_store: dict[UUID, Offer] | None) -> int | None:
    offer = (at_store or {}).get(product.id)
    return offer.price_paise if offer is not None else product.price_paise


def _free(product: FullProduct, at_store: dict[UUID, Offer]) -> int:
    offer = at_store.get(product.id)
    return offer.free if offer is not None else 0

"""What is to be said about a cart before it is priced."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from plazza.catalogue.models.carts import CartItem, CheckedCart, CheckedItem, Problem, SameSalt
from plazza.catalogue.rules.salts import salt_name


class Sold(NamedTuple):
    """A product as it would be sold now; `free` packs can be promised, None when nobody asked for a store."""

    id: UUID
    name: str
    salts: Sequence[str]
    status: str
    price_paise: int | None
    mrp_paise: int | None
    prescription_required: bool
    max_per_order: int
    free: int | None


def check_cart(items: Sequence[CartItem], products: Mapping[UUID, Sold]) -> CheckedCart:
    """Give each line's problems, and the salts that several products hold. Lines of one product count together."""
    wanted: dict[UUID, int] = defaultdict(int)
    for item in items:
        wanted[item.product_id] += item.quantity
    checked = [_check(item, products.get(item.product_id), wanted[item.product_id]) for item in items]
    return CheckedCart(
        valid=not any(item.problems for item in checked),
        prescription_required=any(item.prescription_required for item in checked),
        items=checked,
        duplicate_salts=_duplicates([products[ident] for ident in wanted if ident in products]),
    )


def _check(item: CartItem, product: Sold | None, wanted: int) -> CheckedItem:
    if product is None:
        return CheckedItem(
            product_id=item.product_id,
            quantity=item.quantity,
            name=None,
            price_paise=None,
            mrp_paise=None,
            prescription_required=False,
            max_per_order=None,
            problems=["NOT_FOUND"],
        )
    return CheckedItem(
        product_id=item.product_id,
        quantity=item.quantity,
        name=product.name,
        price_paise=product.price_paise,
        mrp_paise=product.mrp_paise,
        prescription_required=product.prescription_required,
        max_per_order=product.max_per_order,
        problems=_problems(product, wanted),
    )


def _problems(product: Sold, wanted: int) -> list[Problem]:
    if product.status != "active":
        return ["DISCONTINUED"]
    if product.price_paise is None:
        return ["NOT_PRICED"]
    problems: list[Problem] = ["TOO_MANY"] if wanted > product.max_per_order else []
    return [*problems, "OUT_OF_STOCK"] if product.free is not None and product.free < wanted else problems


def _duplicates(products: Sequence[Sold]) -> list[SameSalt]:
    holders: dict[str, list[UUID]] = defaultdict(list)
    for product in products:
        for name in dict.fromkeys(salt_name(salt) for salt in product.salts):
            holders[name].append(product.id)
    return [SameSalt(salt=salt, product_ids=ids) for salt, ids in sorted(holders.items()) if len(ids) > 1]

"""What is to be said about a cart before it is priced."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from plazza.catalogue.models.products import CartItem, CheckedCart, CheckedItem, Problem, ProductView, SameSalt
from plazza.catalogue.rules.salts import salt_name


def check_cart(items: Sequence[CartItem], products: Mapping[UUID, ProductView]) -> CheckedCart:
    """Give each line's problems, and the salts that several lines hold."""
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


def _check(item: CartItem, product: ProductView | None, wanted: int) -> CheckedItem:
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


def _problems(product: ProductView, wanted: int) -> list[Problem]:
    if product.status != "active":
        return ["DISCONTINUED"]
    if product.price_paise is None:
        return ["NOT_PRICED"]
    return ["TOO_MANY"] if wanted > product.max_per_order else []


def _duplicates(products: Sequence[ProductView]) -> list[SameSalt]:
    holders: dict[str, list[UUID]] = defaultdict(list)
    for product in products:
        for name in dict.fromkeys(salt_name(salt.salt) for salt in product.salts):
            holders[name].append(product.id)
    return [SameSalt(salt=salt, product_ids=ids) for salt, ids in sorted(holders.items()) if len(ids) > 1]

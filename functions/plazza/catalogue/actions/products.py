"""What changes products: staff one by one, batches, and Airtable. Every change is a new version and is announced."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from pydantic import ValidationError

from plazza import clock
from plazza.catalogue.actions import changes
from plazza.catalogue.models.products import (
    Imported,
    ImportedProduct,
    ImportProducts,
    PutProduct,
    RefusedRow,
    StoredProduct,
)
from plazza.catalogue.rules.products import Content, check_sku, make_content
from plazza.catalogue.store import prices
from plazza.catalogue.store import products as store
from plazza.catalogue.store.views import view_of
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict, Invalid

Outcome = Literal["created", "updated", "unchanged"]


def put_product(sku: str, body: PutProduct) -> StoredProduct:
    """Write a product by its sku. Raises Invalid for what no product may be, Conflict for another tax than the dated one that holds."""
    check_sku(sku)
    content = make_content(sku, body)

    def work(tx: Tx) -> StoredProduct:
        _check_tax(tx, sku, body)
        outcome = put_all(tx, [content])[0]
        product = store.lock_by_sku(tx, [sku])[sku]
        return StoredProduct(
            product=view_of(product),
            gst_bp=product.gst_bp,
            hsn=product.hsn,
            version=product.version,
            changed=outcome != "unchanged",
        )

    return run_transaction(work)


def _check_tax(tx: Tx, sku: str, body: PutProduct) -> None:
    """Raise Conflict for a rate that would not be seen, because a dated one goes before it."""
    known = prices.lock_product(tx, sku)
    tax = prices.get_tax(tx, known.id, clock.today()) if known else None
    if tax is None:
        return
    said = body.model_fields_set
    if ("gst_bp" in said and body.gst_bp != tax.gst_bp) or ("hsn" in said and body.hsn != tax.hsn):
        raise Conflict("The tax of this product is set by date; write it there.", reason="DATED_TAX")


def import_products(body: ImportProducts) -> Imported:
    """Write a batch: each row is judged by itself, and the good ones go in together."""
    contents: dict[str, Content] = {}
    refused: list[RefusedRow] = []
    for row, given in enumerate(body.products, start=1):
        sku = str(given.get("sku"))[:64] if "sku" in given else None
        try:
            product = ImportedProduct.model_validate(given)
            if product.sku in contents:
                refused.append(RefusedRow(row=row, sku=sku, problem="This sku stands in the batch twice."))
                continue
            contents[product.sku] = make_content(product.sku, product)
        except ValidationError as exc:
            first = exc.errors(include_input=False, include_url=False)[0]
            refused.append(RefusedRow(row=row, sku=sku, problem=f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))
        except Invalid as exc:
            refused.append(RefusedRow(row=row, sku=sku, problem=exc.message))
    outcomes = run_transaction(lambda tx: put_all(tx, list(contents.values()))) if contents else []
    return Imported(
        created=outcomes.count("created"),
        updated=outcomes.count("updated"),
        unchanged=outcomes.count("unchanged"),
        refused=refused,
    )


def put_all(tx: Tx, contents: Sequence[Content]) -> list[Outcome]:
    """Write products by sku; one that says what is there already stays as it is, at its version."""
    known, at = store.lock_by_sku(tx, [content.sku for content in contents]), clock.now()
    outcomes: list[Outcome] = []
    for content in contents:
        old = known.get(content.sku)
        outcomes.append(put_one(tx, old, old.id if old is not None else uuid4(), content, at))
    return outcomes


def put_one(tx: Tx, old: store.FullProduct | None, product_id: UUID, content: Content, at: datetime) -> Outcome:
    """Write a product over the one that is there, and announce it when something changed."""
    if old is not None and _is_same(old, content):
        return "unchanged"
    if old is None:
        store.insert_product(tx, product_id, content, at)
    else:
        if old.mrp_paise != content.mrp_paise:
            prices.bound_store_prices(tx, product_id, content.mrp_paise, at)
        store.set_product(tx, product_id, content, at)
    changes.announce(tx, product_id)
    return "created" if old is None else "updated"


def _is_same(old: store.FullProduct, content: Content) -> bool:
    new = content._asdict()
    return all(new[name] == value for name, value in old._asdict().items() if name in new)

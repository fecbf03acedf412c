"""Bodies and answers about prices at stores, taxes by day, and what nobody could read of a product."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.catalogue.models.products import Cursor, Price
from plazza.money import Paise
from plazza.schema import Instant, Limit, Model

GstRate = Annotated[int, Field(ge=0, le=4000, strict=True)]
Missing = Literal["pack", "form", "composition", "price", "schedule"]


class PutTax(Model):
    """A GST rate (500 is 5 %) and HSN code, and the day in India from which they hold: today or later."""

    gst_bp: GstRate
    hsn: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
    effective_from: date


class TaxView(Model):
    """A rate that holds from a day on."""

    gst_bp: int
    hsn: str
    effective_from: date
    set_by: str
    set_at: Instant


class PutStorePrice(Model):
    """What a store asks for a product, at most its MRP."""

    price_paise: Price


class StorePriceView(Model):
    """A store's own price; the MRP is the product's."""

    store_id: UUID
    mrp_paise: Paise
    price_paise: Paise
    updated_by: str
    updated_at: Instant


class PricesView(Model):
    """What a product costs: everywhere, at the stores that have a price of their own, and its tax by day."""

    sku: str
    mrp_paise: Paise | None
    price_paise: Paise | None
    gst_bp: int
    hsn: str
    stores: list[StorePriceView]
    taxes: list[TaxView]


class UnreadQuery(Model):
    """Which products to list: those that lack this, or anything."""

    what: Missing | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class UnreadProduct(Model):
    """A product of which something could not be read, or was never said; nothing of it was guessed."""

    id: UUID
    sku: str
    name: str
    pack_label: str
    missing: list[Missing]

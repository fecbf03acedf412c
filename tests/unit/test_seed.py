"""The sample data: always the same, within the law, and large enough to show something."""

from collections import Counter
from datetime import date

from ops.seed import stores
from ops.seed.coupons import COUPONS
from ops.seed.people import people
from ops.seed.products import products
from ops.seed.stores import STORES, areas, batches
from plazza.location.rules import check_polygon

PRODUCTS = list(products())
TODAY = date(2026, 11, 24)


def test_the_catalogue_is_large_enough() -> None:
    salts = {salt.name for product in PRODUCTS for salt in product.salts}

    assert len(PRODUCTS) >= 300
    assert len(salts) >= 60


def test_the_catalogue_is_the_same_every_time() -> None:
    assert list(products()) == PRODUCTS


def test_ids_skus_and_names_are_unique() -> None:
    for field in ("id", "sku", "name"):
        assert max(Counter(getattr(product, field) for product in PRODUCTS).values()) == 1


def test_no_price_exceeds_the_mrp() -> None:
    assert all(0 < product.price_paise <= product.mrp_paise for product in PRODUCTS)


def test_every_medicine_has_a_composition_with_its_strengths() -> None:
    without = {product.brand for product in PRODUCTS if product.salts and not product.salt_key}

    assert without == {"Orsalyte", "Beplexa"}, "salts and vitamins that are sold without one strength"


def test_schedules_are_those_of_the_law() -> None:
    counted = Counter(product.schedule for product in PRODUCTS)

    assert set(counted) == {"none", "H", "H1", "X"}
    assert counted["X"] <= 2


def test_some_medicines_have_substitutes_of_other_brands() -> None:
    brands = Counter(
        key for key, _ in {((p.salt_key, p.form, p.release), p.manufacturer) for p in PRODUCTS if p.salt_key}
    )

    assert sum(count > 1 for count in brands.values()) >= 10


def test_every_served_area_belongs_to_a_store_and_most_are_always_open() -> None:
    served = list(areas())

    assert len(served) >= 200
    assert {area.store_id for area in served} == {store.id for store in STORES}
    assert sum(area.opens_at == "00:00" for area in served) > 0.9 * len(served)
    assert all(5 <= area.promised_minutes <= 120 and area.opens_at < area.closes_at for area in served)


def test_one_area_is_an_outline_on_the_map() -> None:
    (outlined,) = [area for area in areas() if area.polygon]

    check_polygon(outlined.polygon or [], (outlined.latitude, outlined.longitude))


def test_stock_is_there_in_every_store_with_several_expiries() -> None:
    stock = list(batches(PRODUCTS, TODAY))
    shelves = Counter((batch.store_id, batch.product_id) for batch in stock)

    assert len(shelves) == len(PRODUCTS) * len(STORES)
    assert min(shelves.values()) >= 2
    assert any(batch.expires_on < TODAY for batch in stock)
    assert len({(b.store_id, b.product_id, b.batch_no) for b in stock}) == len(stock)
    assert all(len(batch.batch_no) <= 40 and batch.on_hand > 0 for batch in stock)


def test_a_gstin_ends_with_its_check_character() -> None:
    """27AAPFU0939F1ZV is the tax office's own specimen, of another state."""
    stores_gstin = STORES[0].gstin

    assert len(stores_gstin) == 15
    assert stores_gstin.startswith("29")
    assert stores.check_character("27AAPFU0939F1Z") == "V"


def test_there_is_a_coupon_of_each_kind() -> None:
    assert {coupon["kind"] for coupon in COUPONS} == {"percentage", "fixed", "free_delivery", "buy_x_get_y"}
    assert any(coupon["first_order_only"] for coupon in COUPONS)


def test_every_store_has_its_people() -> None:
    staff = [(person.role, person.store_id) for person in people() if person.store_id]

    assert len(set(staff)) == 3 * len(STORES)
    assert len({person.uid for person in people()}) == len(people())

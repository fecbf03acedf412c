"""Bodies that are refused before anything looks at them."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from plazza.order.models.inventory import AdjustStock, RecordSale
from plazza.order.models.orders import PlaceOrder

PRODUCT = str(uuid4())
ORDER: dict[str, Any] = {
    "items": [{"product_id": PRODUCT, "quantity": 1}],
    "address_id": str(uuid4()),
    "payment_method": "cod",
}


@pytest.mark.parametrize(
    "change",
    [
        {"items": []},
        {"items": [{"product_id": PRODUCT, "quantity": 0}]},
        {"items": [{"product_id": PRODUCT, "quantity": 101}]},
        {"items": [{"product_id": PRODUCT, "quantity": "1"}]},
        {"items": [{"product_id": PRODUCT, "quantity": 1.5}]},
        {"items": [{"product_id": PRODUCT, "quantity": True}]},
        {"items": [{"product_id": "x", "quantity": 1}]},
        {"items": [{"product_id": PRODUCT, "quantity": 1, "price_paise": 1}]},
        {"items": [{"product_id": PRODUCT, "quantity": 1}, {"product_id": PRODUCT.upper(), "quantity": 1}]},
        {"items": [{"product_id": str(uuid4()), "quantity": 1} for _ in range(31)]},
        {"address_id": None},
        {"payment_method": "gold"},
        {"coupon_codes": ["ABC"]},
        {"coupon_codes": ["A" * 41]},
        {"coupon_codes": ["AB\u0000CD"]},
        {"coupon_codes": ["SAVE10"] * 4},
        {"coupon_codes": "SAVE10"},
        {"coupon_codes": None},
        {"expected_total_paise": -1},
        {"expected_total_paise": "100"},
        {"total_paise": 1},
    ],
)
def test_an_order_of_another_form_is_refused(change: dict[str, Any]) -> None:
    PlaceOrder.model_validate_json(_json(ORDER))

    with pytest.raises(ValidationError):
        PlaceOrder.model_validate_json(_json(ORDER | change))


@pytest.mark.parametrize(("reason", "change", "is_good"), [("damaged", -1, True), ("damaged", 1, False), ("found", 2, True), ("found", -2, False), ("counted", -5, True), ("counted", 5, True), ("counted", 0, False), ("lost", -100_001, False)])  # fmt: skip
def test_a_correction_goes_the_way_of_its_reason(reason: str, change: int, is_good: bool) -> None:
    body = {"batch_id": str(uuid4()), "change": change, "reason": reason}
    if is_good:
        assert AdjustStock.model_validate_json(_json(body)).change == change
        return
    with pytest.raises(ValidationError):
        AdjustStock.model_validate_json(_json(body))


@pytest.mark.parametrize("sale_id", ["", "a b", "x" * 65, "ü", "a/b"])
def test_a_tills_id_is_plain(sale_id: str) -> None:
    body = {"client_sale_id": sale_id, "payment_method": "cash", "items": ORDER["items"]}
    with pytest.raises(ValidationError):
        RecordSale.model_validate_json(_json(body))


def _json(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)

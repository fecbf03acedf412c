"""A cart to try coupons on."""

from typing import Any

import pytest

from tests.support.database import Builders


@pytest.fixture
def cart(make: Builders) -> list[dict[str, Any]]:
    """Two packs at ₹90."""
    return [{"product_id": make.product(), "quantity": 2}]

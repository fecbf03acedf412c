"""The sample coupons: one of each kind, and one for a first order."""

from typing import Any

_NONE: dict[str, Any] = {
    "percent_bp": None,
    "amount_paise": None,
    "cap_paise": None,
    "minimum_order_paise": 0,
    "global_limit": None,
    "per_user_limit": None,
    "first_order_only": False,
    "buy_quantity": None,
    "get_quantity": None,
    "forms": [],
    "excluded_schedules": [],
    "budget_paise": None,
}

COUPONS: tuple[dict[str, Any], ...] = (
    _NONE
    | {
        "code": "WELCOME50",
        "title": "50 % off your first order, up to ₹100",
        "kind": "percentage",
        "percent_bp": 5000,
        "cap_paise": 10_000,
        "per_user_limit": 1,
        "first_order_only": True,
    },
    _NONE
    | {
        "code": "SAVE10",
        "title": "10 % off from ₹199, up to ₹150",
        "kind": "percentage",
        "percent_bp": 1000,
        "cap_paise": 15_000,
        "minimum_order_paise": 19_900,
        "per_user_limit": 20,
    },
    _NONE
    | {
        "code": "FLAT75",
        "title": "₹75 off from ₹499",
        "kind": "fixed",
        "amount_paise": 7_500,
        "minimum_order_paise": 49_900,
        "per_user_limit": 5,
    },
    _NONE
    | {
        "code": "FREEDEL",
        "title": "Free delivery from ₹149",
        "kind": "free_delivery",
        "minimum_order_paise": 14_900,
        "per_user_limit": 10,
    },
    _NONE
    | {
        "code": "FIRST100",
        "title": "₹100 off from ₹299 for the first hundred orders",
        "kind": "fixed",
        "amount_paise": 10_000,
        "minimum_order_paise": 29_900,
        "global_limit": 100,
        "per_user_limit": 1,
    },
    _NONE
    | {
        "code": "SYRUP3",
        "title": "Three syrups for the price of two, while ₹50,000 last; none that need a prescription of Schedule H, H1 or X",
        "kind": "buy_x_get_y",
        "buy_quantity": 2,
        "get_quantity": 1,
        "forms": ["syrup"],
        "excluded_schedules": ["H", "H1", "X"],
        "budget_paise": 5_000_000,
        "per_user_limit": 5,
    },
)

"""A payment as its caller sees it."""

from plazza import settings
from plazza.data.sql import Tx
from plazza.identity import Caller, Role
from plazza.payment.models import PaymentView
from plazza.payment.store import decisions, disputes, payments, refunds, timeline

STAFF = frozenset({Role.SUPPORT, Role.ADMIN})


def view(tx: Tx, payment: payments.Payment, caller: Caller, *, with_key: bool = False) -> PaymentView:
    """Give a payment as its caller sees it, with what happened to the money; why a person decided so is for staff."""
    return PaymentView.model_validate(
        {
            "id": payment.id,
            "order_id": payment.order_id,
            "method": payment.method,
            "status": payment.status,
            "amount_paise": payment.amount_paise,
            "captured_paise": payment.captured_paise,
            "refunded_paise": payment.refunded_paise,
            "razorpay_order_id": payment.razorpay_order_id,
            "razorpay_key_id": settings.get("RAZORPAY_KEY_ID") if with_key else None,
            "refunds": refunds.list_refunds(tx, payment.id),
            "disputes": disputes.list_disputes(tx, payment.id),
            "timeline": timeline.list_events(tx, payment.id),
            "decisions": decisions.list_decisions(tx, payment.id) if caller.role in STAFF else (),
        }
    )

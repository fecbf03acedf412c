"""What outbox rows make happen to payments; each is safe to run twice."""

from uuid import UUID

from plazza.data import rtdb
from plazza.data.sql import read
from plazza.payment.actions import crediting, reductions, refunds, settlement, webhook
from plazza.payment.store import payments


def project_payment(key: str) -> None:
    """Write a payment's present state where its owner watches it."""
    payment = read(lambda tx: payments.get_payment(tx, UUID(key), seen_by=settlement.SYSTEM))
    state = {
        "order_id": str(payment.order_id),
        "status": payment.status,
        "amount_paise": payment.amount_paise,
        "captured_paise": payment.captured_paise,
        "refunded_paise": payment.refunded_paise,
    }
    rtdb.put_newer(f"payments/{payment.uid}/{payment.id}", state, payment.version)


def razorpay_refund(key: str) -> None:
    """Ask Razorpay for a promised refund."""
    refunds.ask_razorpay(UUID(key))


def refund_cancelled_order(key: str) -> None:
    """Give back what was paid for a cancelled order."""
    refunds.refund_order(UUID(key))


def refund_reduced_order(key: str) -> None:
    """Give back what an order does not owe any more."""
    reductions.refund_difference(UUID(key))


def credit_earlier_refunds(key: str) -> None:
    """Credit what was given back of an order before it was invoiced."""
    crediting.credit_earlier(UUID(key))


def process_webhook(key: str) -> None:
    """Work on a stored webhook."""
    webhook.process(key)

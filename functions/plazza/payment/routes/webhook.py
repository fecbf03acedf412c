"""Razorpay's webhook over HTTP: authenticated by its signature over the raw bytes."""

from werkzeug.datastructures import Headers

from plazza.http.api import PUBLIC, Api
from plazza.payment.actions import webhook
from plazza.payment.models import WebhookReceipt

api = Api("razorpay_webhook")


@api.post("/webhooks/razorpay", roles=PUBLIC)
def receive_webhook(raw: bytes, headers: Headers) -> WebhookReceipt:
    """Take an event of Razorpay's."""
    return webhook.receive(raw, headers)

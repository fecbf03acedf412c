"""WhatsApp's webhook over HTTP: the challenge, and events authenticated by their signature over the raw bytes."""

from werkzeug.datastructures import Headers

from plazza.errors import Forbidden
from plazza.http.api import PUBLIC, Api, Text
from plazza.providers import whatsapp
from plazza.whatsapp.actions import inbound
from plazza.whatsapp.models import ChallengeQuery, Received

api = Api("whatsapp_webhook")

MAX_BYTES = 3 * 1024 * 1024
"""Meta batches up to 3 MB."""


@api.get("/webhooks/whatsapp", roles=PUBLIC)
def answer_challenge(query: ChallengeQuery) -> Text:
    """Answer Meta's question when the webhook is set up."""
    if query.mode != "subscribe" or not whatsapp.is_verify_token(query.verify_token):
        raise Forbidden("The verify token is another one.")
    return Text(query.challenge)


@api.post("/webhooks/whatsapp", roles=PUBLIC, max_bytes=MAX_BYTES)
def receive_webhook(raw: bytes, headers: Headers) -> Received:
    """Take statuses and inbound messages."""
    return inbound.receive(raw, headers)

"""WhatsApp Cloud API: templates and texts out, signatures in. It has no SDK, so this is plain HTTP.

A 200 means accepted, not sent. There is no idempotency key: our message id travels along and comes back in every status.
"""

import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import requests

from plazza import settings
from plazza.providers.errors import ProviderDown, ProviderRefused

CONNECT_SEC, READ_SEC = 2, 10
OWN_URL = "https://graph.facebook.com"


class Remedy(StrEnum):
    """What an error code asks for. Source: Meta, WhatsApp Cloud API error codes."""

    RETRY = "retry"
    RETRY_SLOWLY = "retry_slowly"  # this person or number is asked too often
    DEAD = "dead"
    PAUSE = "pause"  # nothing of ours goes through: people must act
    PAUSE_TEMPLATE = "pause_template"
    REST = "rest"  # reported as spam: our number stays silent for a while
    RETRY_TWICE = "retry_twice"  # nobody knows what it means
    OPTED_OUT = "opted_out"


_REMEDIES: dict[Remedy, frozenset[int]] = {
    Remedy.RETRY: frozenset({2, 4, 80007, 130429, 131000, 131016, 131057}),
    Remedy.RETRY_SLOWLY: frozenset({131056}),
    Remedy.REST: frozenset({131048}),
    Remedy.RETRY_TWICE: frozenset({1}),
    Remedy.PAUSE: frozenset({0, 3, 10, 190, 131005, 131031, 131042, 133010, 368, 130497} | set(range(200, 300))),
    Remedy.PAUSE_TEMPLATE: frozenset({132015, 132016}),
    Remedy.OPTED_OUT: frozenset({131050}),
}


def remedy_for(code: int | None) -> Remedy:
    """Say what to do about an error code; an unknown one is dead, because repeating it would be guessing."""
    return next((remedy for remedy, codes in _REMEDIES.items() if code in codes), Remedy.DEAD)


def send_template(
    to: str, template: str, language: str, parameters: Sequence[str], message_id: str, *, is_code: bool
) -> str:
    """Send a registered template and give WhatsApp's id. A one-time code stands in the body and in the copy button.

    Raises ProviderDown when the answer is lost (it may have been sent), ProviderRefused with the code in `provider_code`.
    """
    values = [{"type": "text", "text": value} for value in parameters]
    components: list[dict[str, Any]] = [{"type": "body", "parameters": values}] if values else []
    if is_code:
        components.append({"type": "button", "sub_type": "url", "index": "0", "parameters": values})
    content = {"name": template, "language": {"code": language}, "components": components}
    return _send(to, message_id, {"type": "template", "template": content})


def send_text(to: str, body: str, message_id: str) -> str:
    """Send a text, which is allowed within 24 hours of the person's last message. Raises as `send_template`."""
    return _send(to, message_id, {"type": "text", "text": {"preview_url": False, "body": body}})


def is_webhook_signature(raw: bytes, header: str) -> bool:
    """Tell whether Meta signed these bytes. Source: Meta, webhooks: HMAC-SHA256 of the raw body with the app secret."""
    mac = hmac.new(settings.get("WHATSAPP_APP_SECRET").encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={mac}".encode(), header.encode())


def is_verify_token(token: str) -> bool:
    """Tell whether a challenge knows our token."""
    return hmac.compare_digest(token.encode(), settings.get("WHATSAPP_VERIFY_TOKEN").encode())


def _send(to: str, message_id: str, content: dict[str, Any]) -> str:
    base = settings.optional("WHATSAPP_BASE_URL") or OWN_URL
    url = f"{base}/{settings.get('WHATSAPP_API_VERSION')}/{settings.get('WHATSAPP_PHONE_NUMBER_ID')}/messages"
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to.removeprefix("+"),
        "biz_opaque_callback_data": message_id,
        **content,
    }
    headers = {"Authorization": f"Bearer {settings.get('WHATSAPP_API_KEY')}"}
    try:
        answer = requests.post(url, json=body, headers=headers, timeout=(CONNECT_SEC, READ_SEC))
        found = answer.json()
    except (requests.RequestException, ValueError) as exc:
        raise ProviderDown("WhatsApp", "messages") from exc
    if answer.ok:
        try:
            return str(found["messages"][0]["id"])
        except (KeyError, IndexError, TypeError) as exc:
            raise ProviderDown("WhatsApp", "messages: unreadable answer", answer.status_code) from exc
    error: Any = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict) or "code" not in error:
        raise ProviderDown("WhatsApp", "messages", answer.status_code)
    raise ProviderRefused("WhatsApp", "messages", answer.status_code, str(error["code"]))

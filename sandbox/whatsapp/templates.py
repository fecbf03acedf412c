"""The message templates Meta has approved, and the check of a message against its template."""

import re
from typing import Any, Final

from sandbox.state import State
from sandbox.whatsapp.errors import WhatsAppError

KIND: Final = "whatsapp_template"
CATEGORIES: Final = ("UTILITY", "AUTHENTICATION", "MARKETING")
STATUSES: Final = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")
UTILITY: Final = {
    "order_confirmed": "Your Plazza order {{1}} is confirmed. It will be with you by {{2}}.",
    "order_shipped": "Your Plazza order {{1}} is on its way and should arrive in {{2}} minutes.",
    "order_delivered": "Your Plazza order {{1}} has been delivered.",
    "order_cancelled": "Your Plazza order {{1}} has been cancelled.",
    "refund_processed": "A refund of {{2}} for your Plazza order {{1}} has been made.",
    "prescription_reviewed": "A pharmacist has looked at your prescription: {{1}}.",
    "payment_pending": "Your Plazza order {{1}} is waiting for its payment.",
    "order_status": "Your Plazza order {{1}} is {{2}}.",
    "batch_recalled": "A batch in your Plazza order {{1}} has been recalled. Open the app for what to do.",
}
CODE_BODY: Final = "{{1}} is your verification code."
MAX_BODY: Final = 1_024
BROKEN_TEXT: Final = re.compile(r"[\n\r\t]| {5,}")
BARE_CODE: Final = re.compile(r"\d{6}")


def default(name: str, language: str) -> dict[str, Any] | None:
    """Return a template that is registered from the start."""
    if language != "en":
        return None
    if name == "delivery_code":
        return made(name, language, "AUTHENTICATION", CODE_BODY)
    return made(name, language, "UTILITY", UTILITY[name]) if name in UTILITY else None


def made(name: str, language: str, category: str, body: str) -> dict[str, Any]:
    """Return an approved template."""
    return {
        "name": name,
        "language": language,
        "category": category,
        "body": body,
        "status": "APPROVED",
        "paused_until": 0,
    }


def all_templates(state: State) -> list[dict[str, Any]]:
    """Return every registered template."""
    known = {f"{name}/en": default(name, "en") for name in (*UTILITY, "delivery_code")}
    return [template for template in (known | dict(state.items(KIND))).values() if template]


def find(state: State, name: str, language: str) -> dict[str, Any] | None:
    """Return a template as it is now; a pause ends by itself."""
    template = state.get(KIND, f"{name}/{language}") or default(name, language)
    if template and template["status"] == "PAUSED" and 0 < template["paused_until"] <= state.clock.now():
        template["status"] = "APPROVED"
    return template


def places(body: str) -> int:
    """Return how many parameters a template's body has."""
    return max((int(number) for number in re.findall(r"\{\{(\d+)\}\}", body)), default=0)


def check(state: State, wanted: Any) -> tuple[dict[str, Any], str, list[str]]:
    """Return the template a message names, its text filled in, and the parameters; refuse what does not fit."""
    if not isinstance(wanted, dict) or not isinstance(wanted.get("language"), dict):
        raise WhatsAppError(131008, "template needs a name and a language")
    name, language = str(wanted.get("name", "")), str(wanted["language"].get("code", ""))
    if extra := set(wanted) - {"name", "language", "components"}:
        raise WhatsAppError(100, f"Unexpected key {sorted(extra)[0]} on param template")
    template = find(state, name, language)
    if template is None or template["status"] in ("PENDING", "REJECTED"):
        raise WhatsAppError(132001, f"template name ({name}) does not exist in {language}")
    if template["status"] == "PAUSED":
        raise WhatsAppError(132015, "The template is paused for its low quality")
    if template["status"] == "DISABLED":
        raise WhatsAppError(132016, "The template was paused too often and is disabled for good")
    body, buttons = components(wanted.get("components", []))
    expected = places(template["body"])
    if len(body) != expected:
        raise miscounted("body", len(body), expected)
    check_category(template, body, buttons)
    return template, fill(template["body"], body), body


def components(given: Any) -> tuple[list[str], list[str]]:
    """Return the text parameters of the body and of the buttons."""
    if not isinstance(given, list):
        raise WhatsAppError(100, "template.components must be an array")
    body: list[str] = []
    buttons: list[str] = []
    for component in given:
        kind = component.get("type") if isinstance(component, dict) else None
        if kind == "body":
            body += texts(component)
        elif kind == "button":
            if component.get("sub_type") != "url" or str(component.get("index")) != "0":
                raise WhatsAppError(132012, "button: sub_type must be url and index 0")
            buttons += texts(component)
        else:
            raise WhatsAppError(132012, f"components: {kind} is not a component of this template")
    return body, buttons


def texts(component: dict[str, Any]) -> list[str]:
    """Return a component's parameters, each of which must be a plain line of text."""
    found: list[str] = []
    for parameter in component.get("parameters", []):
        if (
            not isinstance(parameter, dict)
            or parameter.get("type") != "text"
            or not isinstance(parameter.get("text"), str)
        ):
            raise WhatsAppError(132012, "parameters must be of type text")
        text = parameter["text"]
        if not text.strip():
            raise WhatsAppError(131008, "text parameters must not be empty")
        if BROKEN_TEXT.search(text):
            raise WhatsAppError(
                132012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
            )
        found.append(text)
    return found


def miscounted(part: str, given: int, expected: int) -> WhatsAppError:
    """Return the refusal of a part with too few or too many parameters."""
    text = f"number of localizable_params ({given}) does not match the expected number of params ({expected})"
    return WhatsAppError(132000, f"{part}: {text}")


def check_category(template: dict[str, Any], body: list[str], buttons: list[str]) -> None:
    """Hold a template to its category: a code stands in body and button of an authentication template only."""
    if template["category"] == "AUTHENTICATION":
        if len(buttons) != 1:
            raise miscounted("button", len(buttons), 1)
        if buttons != body:
            raise WhatsAppError(132012, "the code in the body and in the button must be the same")
        if len(body[0]) > 15:
            raise WhatsAppError(132005, "the code has more than 15 characters")
        return
    if buttons:
        raise miscounted("button", len(buttons), 0)
    if any(BARE_CODE.fullmatch(text) for text in body):
        raise WhatsAppError(132007, f"a {template['category']} template may not carry a verification code")


def fill(body: str, parameters: list[str]) -> str:
    """Return a template's text with its parameters."""
    text = re.sub(r"\{\{(\d+)\}\}", lambda place: parameters[int(place[1]) - 1], body)
    if len(text) > MAX_BODY:
        raise WhatsAppError(132005, f"the text has {len(text)} characters, more than {MAX_BODY}")
    return text


def change(state: State, name: str, language: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Register a template or change one; `paused_s` pauses it for so long."""
    if extra := set(wanted) - {"category", "body", "status", "paused_s"}:
        raise WhatsAppError(100, f"unknown fields: {', '.join(sorted(extra))}")
    with state.lock:
        template = find(state, name, language) or made(name, language, "UTILITY", "")
        template |= {field: wanted[field] for field in ("category", "body", "status") if field in wanted}
        if wanted.get("paused_s"):
            template |= {"status": "PAUSED", "paused_until": state.clock.now() + int(wanted["paused_s"])}
        if template["category"] not in CATEGORIES or template["status"] not in STATUSES or not template["body"]:
            raise WhatsAppError(100, "a template needs a body, a category and a status that Meta knows")
        state.put(KIND, f"{name}/{language}", template)
    return template

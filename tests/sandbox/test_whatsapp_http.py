"""WhatsApp's Cloud API over plain HTTP: templates, one-time codes, window, errors, statuses, inbound, outbox."""

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Receiver, Sandbox, wait_until

TO = "919812345678"
NUMBER = "106540000000001"
TOKEN = "sandbox-whatsapp-token"


def post(sandbox: Sandbox, body: dict[str, Any], *, token: str = TOKEN, number: str = NUMBER) -> requests.Response:
    url = f"{sandbox.url}/whatsapp/v25.0/{number}/messages"
    return sandbox.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def message(kind: str, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "recipient_type": "individual", "to": TO, "type": kind, **more}


def text_parameters(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


def template(
    name: str, *texts: str, language: str = "en", buttons: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    components: list[dict[str, Any]] = [{"type": "body", "parameters": text_parameters(*texts)}]
    if buttons:
        components.append({"type": "button", "sub_type": "url", "index": "0", "parameters": text_parameters(*buttons)})
    wanted = {"name": name, "language": {"code": language}, "components": components}
    return message("template", template=wanted, **more)


def code(answer: requests.Response) -> int:
    error = answer.json()["error"]
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    return int(error["code"])


def statuses(receiver: Receiver) -> list[dict[str, Any]]:
    changes = [delivered.json["entry"][0]["changes"][0]["value"] for delivered in receiver.got]
    return [status for value in changes for status in value.get("statuses", [])]


def fast(sandbox: Sandbox) -> None:
    sandbox.call("PUT", "/whatsapp/settings", {"delivered_ms": 0, "read_ms": 0})


@pytest.mark.parametrize(
    ("name", "texts", "shown"),
    [
        ("order_confirmed", ("PLZ-7KQ2M9TA", "7:40 pm"), "PLZ-7KQ2M9TA is confirmed. It will be with you by 7:40 pm"),
        ("order_shipped", ("PLZ-7KQ2M9TA", "15"), "arrive in 15 minutes"),
        ("order_delivered", ("PLZ-7KQ2M9TA",), "PLZ-7KQ2M9TA has been delivered"),
        ("order_cancelled", ("PLZ-7KQ2M9TA",), "cancelled"),
        ("refund_processed", ("PLZ-7KQ2M9TA", "₹459.50"), "₹459.50"),
        ("prescription_reviewed", ("approved",), "approved"),
        ("payment_pending", ("PLZ-7KQ2M9TA",), "waiting"),
        ("order_status", ("PLZ-7KQ2M9TA", "processing"), "is processing"),
        ("batch_recalled", ("PLZ-7KQ2M9TA",), "recalled"),
    ],
)
def test_registered_templates_are_accepted_and_seen_in_the_outbox(
    sandbox: Sandbox, name: str, texts: tuple[str, ...], shown: str
) -> None:
    answer = post(sandbox, template(name, *texts, biz_opaque_callback_data="uuid-1"))

    body = answer.json()
    assert answer.status_code == 200
    assert body["contacts"] == [{"input": TO, "wa_id": TO}]
    assert body["messages"][0]["message_status"] == "accepted"
    assert body["messages"][0]["id"].startswith("wamid.")
    kept = sandbox.get("/whatsapp/messages", to=f"+{TO}")["messages"]
    assert [m["id"] for m in kept] == [body["messages"][0]["id"]]
    assert shown in kept[0]["text"]
    assert shown in sandbox.http.get(sandbox.url, timeout=20).text
    assert sandbox.get("/whatsapp/messages", to="919999999999")["messages"] == []


def test_a_one_time_code_stands_in_body_and_button(sandbox: Sandbox) -> None:
    assert post(sandbox, template("delivery_code", "481920", buttons=("481920",))).status_code == 200

    kept = sandbox.get("/whatsapp/messages", to=TO)["messages"][0]
    assert kept["text"] == "481920 is your verification code."
    assert kept["category"] == "AUTHENTICATION"
    assert code(post(sandbox, template("delivery_code", "481920"))) == 132000
    assert code(post(sandbox, template("delivery_code", "481920", buttons=("481921",)))) == 132012
    assert code(post(sandbox, template("delivery_code", "4" * 16, buttons=("4" * 16,)))) == 132005
    assert code(post(sandbox, template("order_status", "PLZ-1", "481920"))) == 132007


@pytest.mark.parametrize(
    ("body", "expected", "http"),
    [
        (template("order_confirmed", "PLZ-1"), 132000, 400),
        (template("order_confirmed", "PLZ-1", "7 pm", "more"), 132000, 400),
        (template("order_delivered", "PLZ-1", buttons=("x",)), 132000, 400),
        (template("no_such_template", "PLZ-1"), 132001, 404),
        (template("order_delivered", "PLZ-1", language="hi"), 132001, 404),
        (template("order_delivered", "PLZ\n1"), 132012, 400),
        (template("order_delivered", "PLZ     1"), 132012, 400),
        (template("order_delivered", "x" * 1_100), 132005, 400),
        (template("order_delivered", ""), 131008, 400),
        (message("template"), 131008, 400),
        (message("sticker"), 131051, 400),
        (message("interactive", interactive={"type": "product_list", "body": {"text": "buy"}}), 131009, 400),
        (message("text"), 131008, 400),
        (message("text", text={"body": "x" * 4_097}), 131009, 400),
        (message("text", text={"body": "x"}, to="98123"), 131009, 400),
        (message("text", text={"body": "x"}, to=None), 131008, 400),
        (message("text", text={"body": "x"}, to="918047000000"), 131021, 400),
        (message("text", text={"body": "x"}, messaging_product="sms"), 100, 400),
        (message("text", text={"body": "x"}, colour="green"), 100, 400),
        (message("text", text={"body": "x"}, biz_opaque_callback_data="x" * 513), 131009, 400),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(
    sandbox: Sandbox, body: dict[str, Any], expected: int, http: int
) -> None:
    answer = post(sandbox, body)

    assert (code(answer), answer.status_code) == (expected, http)
    assert sandbox.get("/whatsapp/messages")["messages"] == []


def test_who_may_call(sandbox: Sandbox) -> None:
    wrong = post(sandbox, template("order_delivered", "PLZ-1"), token="other")
    assert (code(wrong), wrong.status_code) == (190, 401)
    assert code(post(sandbox, template("order_delivered", "PLZ-1"), number="1")) == 100
    url = f"{sandbox.url}/whatsapp/v25.0/{NUMBER}/messages"
    assert (
        sandbox.http.post(
            url, data="{", headers={"Authorization": "Bearer sandbox-whatsapp-token"}, timeout=20
        ).status_code
        == 400
    )


def test_a_message_is_sent_delivered_and_read(sandbox: Sandbox, receiver: Receiver) -> None:
    fast(sandbox)
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    wamid = post(sandbox, template("order_delivered", "PLZ-1", biz_opaque_callback_data="uuid-1")).json()["messages"][
        0
    ]["id"]

    receiver.wait(3)

    got = statuses(receiver)
    assert [status["status"] for status in got] == ["sent", "delivered", "read"]
    for status in got:
        assert (status["id"], status["biz_opaque_callback_data"], status["recipient_id"]) == (wamid, "uuid-1", TO)
        assert status["timestamp"].isdigit()
        assert status["pricing"] == {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"}
    value = receiver.got[0].json["entry"][0]["changes"][0]["value"]
    assert value["metadata"]["phone_number_id"] == NUMBER
    assert sandbox.get("/whatsapp/messages")["messages"][0]["status"] == "read"


@pytest.mark.parametrize(("outcome", "expected"), [("sent", ["sent"]), ("delivered", ["sent", "delivered"])])
def test_a_message_can_stop_on_its_way(sandbox: Sandbox, outcome: str, expected: list[str]) -> None:
    fast(sandbox)
    sandbox.call("PUT", f"/whatsapp/recipients/{TO}", {"outcome": outcome})
    post(sandbox, template("order_delivered", "PLZ-1"))

    sandbox.advance(60)

    history = sandbox.get("/whatsapp/messages")["messages"][0]["history"]
    assert [step["status"] for step in history] == expected


def test_some_failures_come_as_a_status_and_others_at_once(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    for later in (131026, 131049, 131050, 130472):
        sandbox.call("PUT", f"/whatsapp/recipients/{TO}", {"outcome": f"fail:{later}"})
        before = len(receiver.got)
        assert post(sandbox, template("order_delivered", "PLZ-1")).status_code == 200
        receiver.wait(before + 1)
        status = statuses(receiver)[-1]
        assert (status["status"], status["errors"][0]["code"]) == ("failed", later)
    for now, http in (
        (131056, 400),
        (131048, 400),
        (130429, 400),
        (131016, 500),
        (131031, 403),
        (368, 400),
        (133010, 400),
    ):
        sandbox.call("PUT", f"/whatsapp/recipients/{TO}", {"outcome": f"fail:{now}"})
        answer = post(sandbox, template("order_delivered", "PLZ-1"))
        assert (code(answer), answer.status_code) == (now, http)


def test_free_text_needs_an_open_window(sandbox: Sandbox, receiver: Receiver) -> None:
    fast(sandbox)
    text = message("text", text={"preview_url": False, "body": "Your order is on its way."})

    def outcome() -> dict[str, Any]:
        wamid = post(sandbox, text).json()["messages"][0]["id"]

        def done() -> list[dict[str, Any]]:
            kept = sandbox.get("/whatsapp/messages", to=TO)["messages"]
            return [m for m in kept if m["id"] == wamid and m["status"] in ("failed", "read")]

        return dict(wait_until(done)[0])

    assert outcome()["error"] == 131047
    sandbox.call("POST", "/whatsapp/inbound", {"from": f"+{TO}", "text": "track"})
    assert outcome()["status"] == "read"
    sandbox.advance(86_401)
    assert outcome()["error"] == 131047


def test_a_utility_message_in_the_window_is_free(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    sandbox.call("POST", "/whatsapp/inbound", {"from": TO, "text": "track"})
    post(sandbox, template("order_delivered", "PLZ-1"))

    receiver.wait(2)

    assert statuses(receiver)[0]["pricing"]["type"] == "free_customer_service"


def test_inbound_messages_in_their_forms(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    forms: list[dict[str, Any]] = [
        {"type": "text", "text": "track", "name": "Asha"},
        {"type": "button", "payload": "TRACK", "text": "Track order", "context": "wamid.sent"},
        {"type": "interactive", "id": "track", "title": "Track"},
        {"type": "image"},
        {"type": "unsupported"},
    ]
    for number, form in enumerate(forms, start=1):
        made = sandbox.call("POST", "/whatsapp/inbound", {"from": TO, **form})
        value = receiver.wait(number)[-1].json["entry"][0]["changes"][0]["value"]
        assert value["messages"][0]["id"] == made["id"]
        assert (value["messages"][0]["type"], value["messages"][0]["from"]) == (form["type"], TO)
    first, button, reply, image, unsupported = (
        d.json["entry"][0]["changes"][0]["value"]["messages"][0] for d in receiver.got
    )
    assert first["text"] == {"body": "track"}
    assert (button["button"], button["context"]["id"]) == ({"payload": "TRACK", "text": "Track order"}, "wamid.sent")
    assert reply["interactive"]["button_reply"] == {"id": "track", "title": "Track"}
    assert image["image"]["id"]
    assert unsupported["errors"][0]["code"] == 131051
    sandbox.call("POST", "/whatsapp/inbound", {"from": "0"}, status=400)


def test_a_hidden_phone_number_leaves_only_the_user_id(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    sandbox.call("PUT", f"/whatsapp/recipients/{TO}", {"hide_phone": True})
    made = sandbox.call("POST", "/whatsapp/inbound", {"from": TO, "text": "hello"})

    value = receiver.wait(1)[0].json["entry"][0]["changes"][0]["value"]

    assert value["contacts"][0]["user_id"] == made["user_id"]
    assert "wa_id" not in value["contacts"][0]
    assert "from" not in value["messages"][0]
    assert TO not in receiver.got[0].body.decode()


def test_templates_can_be_added_paused_and_disabled(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})
    sandbox.call("PUT", "/whatsapp/templates/order_delivered/hi", {"body": "ऑर्डर {{1}}"})
    assert post(sandbox, template("order_delivered", "PLZ-1", language="hi")).status_code == 200

    sandbox.call("PUT", "/whatsapp/templates/order_delivered/en", {"paused_s": 3600})
    assert code(post(sandbox, template("order_delivered", "PLZ-1"))) == 132015
    sandbox.advance(3_601)
    assert post(sandbox, template("order_delivered", "PLZ-1")).status_code == 200
    sandbox.call("PUT", "/whatsapp/templates/order_delivered/en", {"status": "DISABLED"})
    assert code(post(sandbox, template("order_delivered", "PLZ-1"))) == 132016

    changes = [d.json["entry"][0]["changes"][0] for d in receiver.got]
    events = [c["value"]["event"] for c in changes if c["field"] == "message_template_status_update"]
    assert events[:1] == ["PAUSED"]
    sandbox.call("PUT", "/whatsapp/templates/new_one/en", {"category": "UTILITY"}, status=400)


def test_the_pair_rate_is_per_person(sandbox: Sandbox) -> None:
    sandbox.fault("whatsapp", "rate_limit", per_second=0.17)
    body = template("order_delivered", "PLZ-1")

    assert post(sandbox, body).status_code == 200
    assert code(post(sandbox, body)) == 131056
    assert post(sandbox, body | {"to": "919800000001"}).status_code == 200
    sandbox.advance(7)
    assert post(sandbox, body).status_code == 200


def test_lost_answers_can_be_found_by_the_callback_data(sandbox: Sandbox) -> None:
    sandbox.fault("whatsapp", "act_then_drop")

    with pytest.raises(requests.ConnectionError):
        post(sandbox, template("order_delivered", "PLZ-1", biz_opaque_callback_data="uuid-9"))

    assert [m["callback_data"] for m in sandbox.get("/whatsapp/messages")["messages"]] == ["uuid-9"]


@pytest.mark.parametrize(("status", "expected"), [(401, 190), (429, 130429), (500, 131000), (503, 2)])
def test_provider_errors_carry_their_code(sandbox: Sandbox, status: int, expected: int) -> None:
    sandbox.fault("whatsapp", "status", status=status)

    answer = post(sandbox, template("order_delivered", "PLZ-1"))

    assert (answer.status_code, code(answer)) == (status, expected)


def test_the_business_marks_a_message_as_read(sandbox: Sandbox) -> None:
    came = sandbox.call("POST", "/whatsapp/inbound", {"from": TO, "text": "track"})["id"]

    assert post(sandbox, {"messaging_product": "whatsapp", "status": "read", "message_id": came}).json() == {
        "success": True
    }
    assert code(post(sandbox, {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.no"})) == 131009

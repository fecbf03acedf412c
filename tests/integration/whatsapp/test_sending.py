"""Messages out: once each, later when it fails, never backwards."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.data import rtdb
from plazza.data.sql import run_transaction
from plazza.errors import Invalid
from plazza.whatsapp import consumers
from plazza.whatsapp.actions import sending
from plazza.whatsapp.models import Template
from tests.integration.whatsapp.conftest import Line


def test_a_message_is_queued_sent_and_shown_to_staff(line: Line) -> None:
    message = line.queue()
    consumers.queue_message(str(message))
    assert set(rtdb.get(f"whatsapp/queue/{message}")) == {"template", "subject"}

    sending.send(message)

    assert line.status(message) == "accepted"
    assert [sent["text"] for sent in line.received()] == ["Your Plazza order PLZ-TEST2345 has been delivered."]
    assert rtdb.get(f"whatsapp/queue/{message}") is None
    assert rtdb.get(f"whatsapp/sent/{message}")["status"] == "accepted"


def test_one_message_however_often_it_is_asked(line: Line) -> None:
    subject = f"order:{uuid4()}"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: line.queue(Template.ORDER_DELIVERED, subject), range(16)))
    assert len(ids) == 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sending.send(next(iter(ids))), range(8)))

    assert len(line.received()) == 1


def test_a_lost_answer_is_not_sent_again_before_two_minutes(line: Line) -> None:
    message = line.queue()
    line.fault("act_then_drop")

    sending.send(message)
    sending.send(message)
    sending.retry_due()

    assert len(line.received()) == 1
    seconds = line.db.value(
        "SELECT extract(epoch FROM next_attempt_at - now())::INT8 FROM notifications WHERE id = %s", message
    )
    assert 100 < seconds <= 120


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_a_status_after_a_lost_answer_settles_the_message(line: Line, status: str) -> None:
    message = line.queue()
    line.fault("act_then_drop")
    sending.send(message)

    line.report(message, status)
    line.make_due(message)
    sending.retry_due()

    assert (line.status(message), len(line.received())) == (status, 1)


def test_a_status_that_comes_before_the_answer_is_not_overwritten(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is stopped by hand: the status comes in while the call to Meta still hangs."""
    from plazza.providers import whatsapp
    from plazza.providers.errors import ProviderDown

    message = line.queue()

    def hangs(*_: Any, **__: Any) -> str:
        line.report(message, "sent")
        raise ProviderDown("WhatsApp", "messages")

    monkeypatch.setattr(whatsapp, "send_template", hangs)

    sending.send(message)

    assert line.status(message) == "sent"


def test_a_message_is_not_sent_again_because_the_live_database_is_down(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plazza.errors import Unavailable

    def is_down(_: Any) -> None:
        raise Unavailable("The live database does not answer; try again.")

    message = line.queue()
    consumers.queue_message(str(message))
    with monkeypatch.context() as down:
        down.setattr(rtdb, "update", is_down)
        sending.send(message)
    line.make_due(message)
    sending.retry_due()

    assert (line.status(message), len(line.received())) == ("accepted", 1)
    assert rtdb.get(f"whatsapp/queue/{message}") is None


@pytest.mark.parametrize(("code", "status"), [(131016, "failed"), (131056, "failed"), (1, "failed"), (132001, "dead")])
def test_a_refusal_is_repeated_or_ends_by_its_code(line: Line, code: int, status: str) -> None:
    line.fails_with(code)
    message = line.queue()

    sending.send(message)

    error = line.db.value("SELECT error_code FROM notifications WHERE id = %s", message)
    assert (line.status(message), error) == (status, str(code))
    line.fails_with(0)
    line.make_due(message)
    sending.retry_due()
    if status == "dead":
        assert line.status(message) == "dead"
        assert rtdb.get(f"whatsapp/dead/{message}")["error_code"] == str(code)
    else:
        assert line.status(message) == "accepted"


def test_after_a_day_of_trying_a_message_is_a_dead_letter(line: Line) -> None:
    line.fails_with(131016)
    message = line.queue()
    line.db.execute("UPDATE notifications SET created_at = now() - interval '24 hours' WHERE id = %s", message)

    sending.send(message)

    assert line.status(message) == "dead"


def test_reported_as_spam_our_number_rests_for_an_hour(line: Line) -> None:
    line.fails_with(131048)
    message = line.queue()

    sending.send(message)

    seconds = line.db.value(
        "SELECT extract(epoch FROM until_at - now())::INT8 FROM whatsapp_pauses WHERE scope = 'all'"
    )
    assert 3500 < seconds <= 3600
    assert line.status(message) == "failed"


def test_who_stopped_messages_at_meta_is_opted_out(line: Line) -> None:
    message = line.queue()
    sending.send(message)

    line.report(message, "failed", errors=[{"code": 131050}])

    assert line.api.get("/notifications/preferences", uid=line.uid).json["whatsapp_opted_out"] is True


def test_a_bad_token_pauses_everything_until_people_act(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = line.queue(), line.queue()
    with monkeypatch.context() as wrong:
        wrong.setenv("WHATSAPP_API_KEY", "wrong")
        sending.send(first)
    sending.send(second)

    assert line.received() == []
    assert {line.status(first), line.status(second)} == {"failed"}
    line.db.execute("DELETE FROM whatsapp_pauses")
    for message in (first, second):
        line.make_due(message)
        sending.send(message)
    assert len(line.received()) == 2


def test_who_opted_out_still_hears_of_a_running_order(line: Line) -> None:
    assert line.api.put("/notifications/preferences", {"whatsapp_opted_out": True}, uid=line.uid).status_code == 200
    running, other = line.queue(), line.queue(Template.PAYMENT_PENDING)

    for message in (running, other):
        sending.send(message)

    assert (line.status(running), line.status(other)) == ("accepted", "suppressed")


def test_a_running_orders_message_goes_while_postgresql_is_down(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    message = line.queue()
    with monkeypatch.context() as down:
        down.setenv("POSTGRES_URL", "postgresql://nobody@127.0.0.1:9/none")
        sending.send(message)

    assert line.status(message) == "accepted"


def test_somebody_without_a_number_is_a_dead_letter(line: Line) -> None:
    line.uid = line.people.sign_up(phone_number=None, email=f"{uuid4().hex}@example.com")
    message = line.queue()

    sending.send(message)

    assert line.status(message) == "dead"


def test_statuses_only_move_forward(line: Line) -> None:
    message = line.queue()
    sending.send(message)

    seen: list[str] = []
    for status in ("delivered", "sent", "failed", "read", "delivered", "played"):
        line.report(message, status, errors=[{"code": 131026}] if status == "failed" else [])
        seen.append(line.status(message))

    assert seen == ["delivered", "delivered", "delivered", "read", "read", "read"]


def test_a_delivery_may_follow_a_failure(line: Line) -> None:
    message = line.queue()
    sending.send(message)

    line.report(message, "failed", errors=[{"code": 131026}])
    assert line.status(message) == "dead"
    line.report(message, "delivered")

    assert line.status(message) == "delivered"


def test_parameters_must_fit_the_template(line: Line) -> None:
    with pytest.raises(Invalid):
        run_transaction(lambda tx: sending.queue(tx, line.uid, Template.ORDER_CONFIRMED, "order:x", ["one"]))


def test_staff_send_registered_templates_only(line: Line) -> None:
    good = {
        "uid": line.uid,
        "template": "order_status",
        "subject": "call-1",
        "parameters": ["PLZ-TEST2345", "being packed"],
    }
    key = str(uuid4())
    first = line.api.post("/notifications/send", good, role="support", uid="s1", key=key)
    assert first.status_code in {201, 202}
    assert line.api.post("/notifications/send", good, role="support", uid="s1", key=key).json == first.json
    assert line.api.post("/notifications/send", good, role="support", uid="s2").json["id"] == first.json["id"]
    view = line.api.get(f"/notifications/{first.json['id']}", role="admin", uid="a")
    assert (view.status_code, view.json["status"]) == (200, "queued")
    assert UUID(view.json["id"])

    bad: list[dict[str, Any]] = [
        {"template": "nothing"},
        {"template": "delivery_code", "parameters": []},
        {"parameters": ["one"]},
        {"parameters": ["one", 2]},
        {"parameters": ["a\nb", "c"]},
        {"parameters": ["a      b", "c"]},
        {"parameters": ["123456", "c"]},
        {"subject": ""},
        {"uid": "a/b"},
        {"x": 1},
    ]
    for over in bad:
        answer = line.api.post("/notifications/send", good | over, role="support", uid="s1")
        assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR"), over
    assert line.api.post("/notifications/send", good, role="customer").status_code == 403
    assert line.api.get(f"/notifications/{uuid4()}", role="support").status_code == 404
    assert line.api.put("/notifications/preferences", {"whatsapp_opted_out": "yes"}, uid=line.uid).status_code == 400

"""What WhatsApp tells us: signed, kept, worked on once."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from plazza.data import rtdb
from tests.integration.order.conftest import Shop
from tests.integration.whatsapp.conftest import Line
from tests.support.client import Client
from tests.support.database import Builders, Database


@pytest.fixture
def shop(api: Client, db: Database, make: Builders) -> Shop:
    return Shop(api, db, make)


def close_window(line: Line) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    line.db.execute("UPDATE whatsapp_contacts SET window_expires_at = %s WHERE phone = %s", past, f"+{line.phone}")


def opens_window(line: Line) -> None:
    """Let the sandbox know that the person wrote; its own webhook has no address here."""
    import requests

    body = {"from": line.phone, "text": "hello"}
    assert requests.post(f"{line.sandbox}/_sandbox/whatsapp/inbound", json=body, timeout=5).ok


def test_the_challenge_is_answered_to_who_knows_the_token(line: Line) -> None:
    path = "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="

    right = line.api.get(f"{path}sandbox-verify-token", role=None)

    assert (right.status_code, right.content, right.headers["Content-Type"].split(";")[0]) == (
        200,
        b"1158201444",
        "text/plain",
    )
    assert line.api.get(f"{path}other", role=None).status_code == 403
    assert line.api.get("/webhooks/whatsapp", role=None).status_code == 400


def test_only_what_meta_signed_is_kept(line: Line) -> None:
    count = "SELECT count(*) FROM webhook_events WHERE provider = 'whatsapp'"
    before = line.db.value(count)

    for signature in ("", "sha256=", "sha256=" + "0" * 64, "é", "0" * 64):
        assert line.webhook({"messages": []}, signature=signature).status_code == 401
    for raw in (b"", b"{", b"[]", b"7", b"{}", b"[" * 5000):
        assert line.raw_webhook(raw).status_code == 400
    assert line.raw_webhook(b"x" * (3 * 1024 * 1024 + 1)).status_code == 413

    assert line.db.value(count) == before


def test_the_same_bytes_are_kept_once(line: Line) -> None:
    value = {"messages": [], "statuses": [], "about": str(uuid4())}

    assert [line.webhook(value).status_code for _ in range(3)] == [200, 200, 200]

    query = "SELECT count(*) FROM webhook_events WHERE body LIKE %s"
    assert line.db.value(query, f"%{value['about']}%") == 1


def test_what_people_wrote_is_not_kept_in_the_webhook_when_it_is_done(line: Line) -> None:
    secret = f"my doctor said {uuid4()}"

    line.writes(secret)

    assert line.db.value("SELECT count(*) FROM webhook_events WHERE body LIKE %s", f"%{secret}%") == 0


def test_a_message_becomes_a_conversation_once(line: Line) -> None:
    for _ in range(2):
        line.writes("Where is my parcel?", "wamid.same-" + line.uid, batch=str(uuid4()))
    line.writes("Please call me.")

    (thread,) = line.threads()
    view = line.api.get(f"/support/threads/{thread['id']}", role="support", uid="s").json
    assert [message["body"] for message in view["messages"]] == ["Where is my parcel?", "Please call me."]
    live = rtdb.get(f"support/{thread['id']}")
    assert live["status"] == "open"
    assert "parcel" not in str(live)


def test_other_kinds_of_messages_do_not_break_anything(line: Line) -> None:
    kinds = ("image", "location", "unsupported", "system", "reaction")
    for kind in kinds:
        line.writes("", type=kind, text=None)
    line.work_on(line.webhook({"messages": [{"type": "text"}, {"id": 7}, "x"], "statuses": [{}, {"status": 7}, None]}))
    line.writes("hello")

    (thread,) = line.threads()
    view = line.api.get(f"/support/threads/{thread['id']}", role="support", uid="s").json
    assert [message["body"] for message in view["messages"]][-1] == "hello"


def test_another_business_numbers_events_are_not_ours(line: Line) -> None:
    message = {
        "from": line.phone,
        "id": f"wamid.{uuid4()}",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": "hi"},
    }

    line.work_on(line.webhook({"messages": [message]}, number="1"))

    assert line.threads() == []


def test_track_is_answered_once_with_the_last_order(line: Line, shop: Shop) -> None:
    shop.uid = line.uid
    shop.address = shop.make.address(line.uid, pincode=shop.pincode)
    order = shop.place(shop.product()).json
    opens_window(line)

    for _ in range(2):
        line.writes("Track!", "wamid.track-" + line.uid, batch=str(uuid4()))
        line.send_all()

    answers = [sent for sent in line.received() if sent["type"] == "text"]
    assert len(answers) == 1
    assert order["number"] in answers[0]["text"]
    assert line.threads() == []


def test_the_track_button_works_too(line: Line, shop: Shop) -> None:
    shop.uid = line.uid
    shop.address = shop.make.address(line.uid, pincode=shop.pincode)
    shop.place(shop.product())
    opens_window(line)

    line.writes("", type="button", button={"payload": "TRACK", "text": "Where is it?"})
    line.send_all()

    assert len([sent for sent in line.received() if sent["type"] == "text"]) == 1


def test_track_outside_the_window_is_answered_by_a_template(line: Line, shop: Shop) -> None:
    shop.uid = line.uid
    shop.address = shop.make.address(line.uid, pincode=shop.pincode)
    shop.place(shop.product())

    line.writes("track")
    close_window(line)
    line.send_all()

    assert [sent["template"] for sent in line.received()] == ["order_status"]


def test_track_without_an_order_reaches_a_person(line: Line) -> None:
    line.writes("track")

    assert len(line.threads()) == 1


def test_stop_opts_out(line: Line) -> None:
    line.writes(" STOP. ")

    assert line.api.get("/notifications/preferences", uid=line.uid).json["whatsapp_opted_out"] is True


def test_support_answers_while_the_window_is_open(line: Line) -> None:
    line.writes("hello")
    opens_window(line)
    (thread,) = line.threads()
    path, key = f"/support/threads/{thread['id']}/reply", str(uuid4())

    answers = [line.api.post(path, {"body": "How can I help?"}, role="support", uid="s1", key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [sent["text"] for sent in line.received()] == ["How can I help?"]
    said = answers[0].json["messages"][-1]
    assert (said["direction"], said["status"]) == ("out", "sent")


def test_a_closed_window_a_closed_thread_and_bad_answers_are_refused(line: Line) -> None:
    line.writes("hello")
    (thread,) = line.threads()
    path = f"/support/threads/{thread['id']}"
    for body in ({}, {"body": ""}, {"body": 7}, {"body": "x" * 4097}, {"body": "a", "x": 1}):
        assert line.api.post(f"{path}/reply", body, role="support").status_code == 400
    assert line.api.post(f"{path}/reply", {"body": "a"}, role="customer").status_code == 403
    assert line.api.post(f"/support/threads/{uuid4()}/reply", {"body": "a"}, role="support").status_code == 404

    close_window(line)
    refused = line.api.post(f"{path}/reply", {"body": "a"}, role="support", uid="s")
    assert (refused.status_code, refused.json["details"]["reason"]) == (409, "WINDOW_CLOSED")
    assert line.api.post(f"{path}/close", role="support", uid="s").json["status"] == "closed"
    assert rtdb.get(f"support/{thread['id']}") is None
    assert line.api.post(f"{path}/reply", {"body": "a"}, role="support").status_code == 409

    line.writes("again")
    assert line.threads()[0]["id"] != thread["id"]


def test_a_lost_answer_to_a_reply_is_settled_by_its_status(line: Line) -> None:
    line.writes("hello")
    opens_window(line)
    (thread,) = line.threads()
    path = f"/support/threads/{thread['id']}"
    line.fault("act_then_drop")
    assert line.api.post(f"{path}/reply", {"body": "We look."}, role="support", uid="s1").status_code == 503
    (sent,) = line.received()

    notice = {
        "id": sent["id"],
        "status": "sent",
        "timestamp": "1790000000",
        "biz_opaque_callback_data": sent["callback_data"],
    }
    line.work_on(line.webhook({"statuses": [notice]}))

    said = line.api.get(path, role="support", uid="s").json["messages"][-1]
    assert said["status"] == "sent"


def test_a_hidden_number_still_gets_a_conversation(line: Line) -> None:
    user = f"IN.{uuid4().int}"
    message = {
        "from_user_id": user,
        "id": f"wamid.{uuid4()}",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": "hi"},
    }

    line.work_on(line.webhook({"contacts": [{"user_id": user}], "messages": [message]}))

    query = "SELECT t.id FROM support_threads AS t WHERE t.contact_id = %s"
    assert isinstance(line.db.value(query, user), UUID)

"""A customer with a WhatsApp number, and WhatsApp's sandbox as Meta would behave."""

import hashlib
import hmac
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from plazza.data.sql import run_transaction
from plazza.whatsapp.actions import sending
from plazza.whatsapp.models import Template
from tests.support import auth
from tests.support.auth import People
from tests.support.client import Answer, Client
from tests.support.database import Database
from tests.support.servers import Servers

NUMBER = "106540000000001"


class Line:
    """One customer, the messages to them at the sandbox, and Meta's webhook calls about them."""

    def __init__(self, api: Client, db: Database, people: People, sandbox: str) -> None:
        self.api, self.db, self.people, self.sandbox = api, db, people, sandbox
        self.uid = people.sign_up()
        self.phone = people.phone(self.uid)

    def queue(self, template: Template = Template.ORDER_DELIVERED, subject: str | None = None, *texts: str) -> UUID:
        """Keep a message and give its id."""
        given, about = list(texts) or ["PLZ-TEST2345"], subject or f"order:{uuid4()}"
        run_transaction(lambda tx: sending.queue(tx, self.uid, template, about, given))
        query = "SELECT id FROM notifications WHERE uid = %s AND template = %s AND subject = %s"
        return self.db.value(query, self.uid, template.value, about)

    def status(self, message: UUID) -> str:
        return self.db.value("SELECT status FROM notifications WHERE id = %s", message)

    def make_due(self, message: UUID) -> None:
        """Let a message's waiting time be over."""
        self.db.execute("UPDATE notifications SET next_attempt_at = now() - interval '1 second' WHERE id = %s", message)

    def received(self, template: str = "") -> list[dict[str, Any]]:
        """Give what reached this number."""
        url = f"{self.sandbox}/_sandbox/whatsapp/messages"
        return requests.get(url, params={"to": self.phone, "template": template}, timeout=5).json()["messages"]

    def fault(self, kind: str, **over: Any) -> None:
        """Let the next call fail."""
        body = {"provider": "whatsapp", "times": 1, "kind": kind} | over
        assert requests.post(f"{self.sandbox}/_sandbox/faults", json=body, timeout=5).status_code == 201

    def fails_with(self, code: int) -> None:
        """Let messages to this number be refused."""
        url = f"{self.sandbox}/_sandbox/whatsapp/recipients/{self.phone}"
        outcome = f"fail:{code}" if code else "read"
        assert requests.put(url, json={"outcome": outcome}, timeout=5).ok

    def webhook(self, value: dict[str, Any], *, signature: str | None = None, number: str = NUMBER) -> Answer:
        """Send a change as Meta does."""
        whole = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, **value}
        body = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": whole}]}]}
        return self.raw_webhook(json.dumps(body).encode(), signature)

    def raw_webhook(self, raw: bytes, signature: str | None = None) -> Answer:
        mac = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={mac}" if signature is None else signature}
        return self.api.call("POST", "/webhooks/whatsapp", None, role=None, raw=raw, headers=headers)

    def report(self, message: UUID, status: str, **over: Any) -> None:
        """Tell what became of a message, and work on it."""
        sent_as = self.db.value("SELECT provider_message_id FROM notifications WHERE id = %s", message)
        notice = {"id": sent_as or f"wamid.{message}", "status": status, "timestamp": "1790000000"}
        self.work_on(self.webhook({"statuses": [notice | {"biz_opaque_callback_data": str(message)} | over]}))

    def writes(self, body: str, message_id: str | None = None, **over: Any) -> None:
        """Let the customer write, and work on it."""
        said = {"from": self.phone, "id": message_id or f"wamid.{uuid4()}", "timestamp": "4102444800", "type": "text"}
        contacts = [{"wa_id": self.phone, "user_id": f"IN.{self.phone}"}]
        self.work_on(self.webhook({"contacts": contacts, "messages": [said | {"text": {"body": body}} | over]}))

    def work_on(self, answer: Answer) -> None:
        """Let the stored webhooks be worked on."""
        assert answer.status_code == 200, answer.json
        from plazza.whatsapp.consumers import process_webhook

        stored = "SELECT event_id FROM webhook_events WHERE provider = 'whatsapp' AND status = 'stored'"
        for row in self.db.rows(stored):
            process_webhook(row[0])

    def send_all(self) -> None:
        """Send what is queued for this customer."""
        query = "SELECT id FROM notifications WHERE uid = %s AND status = 'queued' ORDER BY created_at"
        for row in self.db.rows(query, self.uid):
            sending.send(row[0])

    def threads(self) -> list[dict[str, Any]]:
        """Give this customer's open conversations."""
        found = self.api.get("/support/threads?limit=100", role="support", uid="s").json["items"]
        return [thread for thread in found if thread["uid"] == self.uid]


@pytest.fixture(scope="session")
def people(parts: Servers) -> People:
    """Accounts in the auth emulator."""
    return auth.start(parts)


@pytest.fixture
def line(api: Client, db: Database, people: People, parts: Servers) -> Line:
    """A customer's line; pauses of other tests are over."""
    requests.delete(f"{parts.sandbox_url}/_sandbox/faults", timeout=5)
    db.execute("DELETE FROM whatsapp_pauses")
    return Line(api, db, people, parts.sandbox_url)

"""Taking in events, once each, and counting what they say about products."""

from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

from plazza import clock, settings
from plazza.clock import INDIA
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Invalid
from plazza.user_events import rules, store
from plazza.user_events.models import Recorded, Refused, SessionView, StartSession, TrackedEvent


def record(uid: str, events: Sequence[TrackedEvent]) -> Recorded:
    """Record a person's events: known ids are passed over, those too old or in the future are named.

    Raises Invalid for more than BATCH_SIZE events.
    """
    if len(events) > settings.number("BATCH_SIZE"):
        raise Invalid(f"A batch holds up to {settings.number('BATCH_SIZE')} events.", field="events")
    at = clock.now()
    refused = [Refused(id=event.id, reason=why) for event in events if (why := rules.refusal(event.at, at))]
    bad = {entry.id for entry in refused}
    taken = {event.id: event for event in events if event.id not in bad}
    recorded = run_transaction(lambda tx: _record(tx, uid, list(taken.values()))) if taken else 0
    return Recorded(recorded=recorded, duplicates=len(events) - len(refused) - recorded, refused=refused)


def _record(tx: Tx, uid: str, events: list[TrackedEvent]) -> int:
    at = clock.now()
    new_ids = store.insert_events(tx, uid, events, at)
    new = [event for event in events if event.id in new_ids]
    seen = {event.session_id: event for event in sorted(new, key=lambda event: event.at)}
    for session_id, last in sorted(seen.items()):
        store.upsert_session(tx, uid, session_id, last.platform or "web", min(last.at, at))
    signals = _signals(new)
    if signals:
        store.add_signals(tx, signals)
    return len(new)


def _signals(events: Sequence[TrackedEvent]) -> list[store.Signal]:
    counts = Counter(
        (event.product_id, event.at.astimezone(INDIA).date(), rules.SIGNALS[event.name])
        for event in events
        if event.name in rules.SIGNALS and event.product_id is not None
    )
    days = sorted({(product_id, day) for product_id, day, _ in counts})
    return [
        store.Signal(*day, **{kind: counts[(*day, kind)] for kind in ("views", "cart_additions", "purchases")})
        for day in days
    ]


def start_session(uid: str, body: StartSession) -> SessionView:
    """Begin a session; with an id that is known it is the same session."""
    session_id = body.id or uuid4().hex

    def work(tx: Tx) -> SessionView:
        store.upsert_session(tx, uid, session_id, body.platform, clock.now())
        return store.get_session(tx, uid, session_id)

    return run_transaction(work)


def end_session(uid: str, session_id: str) -> SessionView:
    """End a session. Raises NotFound."""

    def work(tx: Tx) -> SessionView:
        store.end_session(tx, uid, session_id, clock.now())
        return store.get_session(tx, uid, session_id)

    return run_transaction(work)


def close_idle_sessions() -> int:
    """End the sessions in which nothing happened for 30 minutes; give how many."""
    before, limit, total = clock.now() - rules.IDLE, settings.number("BATCH_SIZE"), 0
    while (count := run_transaction(lambda tx: store.end_idle_sessions(tx, before, limit))) > 0:
        total += count
    return total

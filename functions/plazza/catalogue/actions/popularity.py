"""Popularity: views, cart additions and purchases of the last weeks, younger ones counting more."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

from plazza import clock, settings
from plazza.catalogue.actions import changes
from plazza.catalogue.rules.popularity import WINDOW_DAYS, score
from plazza.catalogue.store import products as store
from plazza.data.sql import Tx, read, run_transaction
from plazza.user_events.store import Signal, list_signals

_FIRST = UUID(int=0)


def refresh_popularity() -> int:
    """Bring every product's popularity up to date; give how many changed. Their documents follow through the outbox."""
    today, size = clock.today(), settings.number("BATCH_SIZE")
    wanted = _scores(read(lambda tx: list_signals(tx, today - timedelta(days=WINDOW_DAYS))), today)
    ids = sorted(set(wanted) | set(_popular(size)))
    return sum(
        run_transaction(lambda tx, part=ids[at : at + size]: _set(tx, part, wanted)) for at in range(0, len(ids), size)
    )


def _scores(signals: list[Signal], today: date) -> dict[UUID, int]:
    days: defaultdict[UUID, list[Signal]] = defaultdict(list)
    for signal in signals:
        days[signal.product_id].append(signal)
    return {
        product_id: score([((today - s.day).days, s.views, s.cart_additions, s.purchases) for s in listed])
        for product_id, listed in days.items()
    }


def _popular(size: int) -> list[UUID]:
    """Give the products that have any popularity now: those may have to lose it."""
    found: list[UUID] = []
    after = _FIRST
    while page := read(lambda tx, last=after: store.list_popularities(tx, last, size)):
        found += page
        after = max(page)
    return found


def _set(tx: Tx, ids: list[UUID], wanted: dict[UUID, int]) -> int:
    now = store.get_popularities(tx, ids)
    changed = [
        store.Popularity(ident, wanted.get(ident, 0))
        for ident in ids
        if ident in now and now[ident] != wanted.get(ident, 0)
    ]
    if changed:
        store.set_popularities(tx, changed, clock.now())
        for one in changed:
            changes.announce(tx, one.id)
    return len(changed)

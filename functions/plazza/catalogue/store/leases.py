"""The leases table: work that only one may do at a time."""

from datetime import datetime
from uuid import UUID

from plazza.data.sql import Tx


def take_lease(tx: Tx, name: str, owner: UUID, now: datetime, until: datetime) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    query = """
        INSERT INTO leases (name, owner, expires_at) VALUES (%(name)s, %(owner)s, %(until)s)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
         WHERE leases.owner = %(owner)s OR leases.expires_at < %(now)s"""
    return tx.execute(query, {"name": name, "owner": owner, "now": now, "until": until}) == 1


def delete_lease(tx: Tx, name: str, owner: UUID) -> None:
    """Give a lease back; one that somebody else holds by now stays."""
    tx.execute("DELETE FROM leases WHERE name = %s AND owner = %s", (name, owner))

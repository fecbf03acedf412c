"""Idempotency keys: the same key and body give the same answer, whatever happened in between.

A key is claimed in the transaction of the change itself, so there is no moment at which one is stored without the other.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from uuid import UUID, uuid4, uuid5

from psycopg.errors import UniqueViolation

from plazza import clock
from plazza.data.sql import ResultUnknown, Tx, read, run_transaction
from plazza.errors import Conflict, PlazzaError
from plazza.schema import Model

Answer = TypeVar("Answer", bound=Model)

_NAMESPACE = UUID("6d1d3f0e-3b0a-4d52-9a5e-6a2e4f7c9b11")


class _Stored(NamedTuple):
    fingerprint: str
    answer: str | None


class Once:
    """One request that creates something: its caller, route, key and body."""

    def __init__(self, uid: str, method: str, path: str, key: str | None, body: bytes) -> None:
        self.uid = uid
        self.key = key
        self.replayed = False
        self._fingerprint = hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()

    def new_id(self, what: str) -> UUID:
        """Give the id of the thing that this request creates: the same one each time the key is used again."""
        if self.key is None:
            return uuid4()
        return uuid5(_NAMESPACE, f"{what}\n{self.uid}\n{self.key}\n{self._fingerprint}")

    def answer(self, kind: type[Answer]) -> Answer | None:
        """Give the answer already stored under the key, before any work is done. Raises Conflict for another body."""
        return None if self.key is None else read(lambda tx: self._stored(tx, kind))

    def run(self, kind: type[Answer], work: Callable[[Tx], Answer]) -> Answer:
        """Run `work` in a transaction and store what it gives, or give what is stored.

        Raises Conflict when the key was used for another request, and what `work` raises.
        """
        if self.key is None:
            return run_transaction(work)

        def claim_and_work(tx: Tx) -> Answer:
            tx.send(
                "INSERT INTO idempotency_keys (uid, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)",
                (self.uid, self.key, self._fingerprint, clock.now()),
            )
            self.replayed = False
            try:
                result = work(tx)
            except PlazzaError:
                tx.wait()  # for the claim: who asks again under a used key gets its answer, whatever speaks against it now
                raise
            tx.send(
                "UPDATE idempotency_keys SET answer = %s WHERE uid = %s AND key = %s",
                (result.model_dump_json(), self.uid, self.key),
            )
            return result

        try:
            return run_transaction(claim_and_work)
        except (ResultUnknown, UniqueViolation) as exc:
            if isinstance(exc, UniqueViolation) and exc.diag.constraint_name != "idempotency_keys_pkey":
                raise
            stored = self.answer(kind)
            if stored is None:
                raise
            return stored

    def _stored(self, tx: Tx, kind: type[Answer]) -> Answer | None:
        query = "SELECT fingerprint, answer FROM idempotency_keys WHERE uid = %s AND key = %s"
        stored = tx.row(_Stored, query, (self.uid, self.key))
        if stored is None:
            return None
        if stored.fingerprint != self._fingerprint:
            raise Conflict("This Idempotency-Key was used for another request; use a new one.")
        if stored.answer is None:
            return None
        self.replayed = True
        return kind.model_validate_json(stored.answer)

"""Which step may follow which, when a code is right, and how far is far."""

import hashlib
import hmac
import math
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from plazza.delivery.models import Status
from plazza.errors import Conflict

CODE_VALID = timedelta(minutes=15)
MAX_TRIES = 5
FRESH_AT_THE_DOOR = timedelta(minutes=5)
"""A code with less time than this is issued anew when the rider arrives."""
MAX_ATTEMPTS = 5
FAR_M = 250
EARTH_RADIUS_M = 6_371_000
FILE_ENDINGS = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}


class Move(StrEnum):
    """A step of a delivery."""

    ASSIGN = "assign"
    PICK_UP = "pick up"
    ARRIVE = "arrive"
    PROVE = "prove"
    FAIL = "fail"
    REATTEMPT = "reattempt"
    CANCEL = "cancel"
    REISSUE_CODE = "reissue the code"


ON_THE_WAY = frozenset({Status.PICKED_UP, Status.ARRIVED})
OPEN = ON_THE_WAY | {Status.ASSIGNED}
"""What a rider has to bring."""

MOVES: dict[Move, frozenset[Status]] = {
    Move.ASSIGN: frozenset({Status.UNASSIGNED, Status.ASSIGNED}),
    Move.PICK_UP: frozenset({Status.ASSIGNED}),
    Move.ARRIVE: frozenset({Status.PICKED_UP}),
    Move.PROVE: ON_THE_WAY,
    Move.FAIL: ON_THE_WAY,
    Move.REATTEMPT: frozenset({Status.FAILED}),
    Move.CANCEL: frozenset({Status.UNASSIGNED, Status.ASSIGNED}),
    Move.REISSUE_CODE: ON_THE_WAY,
}
"""From which status each step may be taken."""


def check_move(move: Move, status: Status) -> None:
    """Raise Conflict when a delivery in this status cannot take this step."""
    if status not in MOVES[move]:
        raise Conflict(
            f"A delivery that is {status.replace('_', ' ')} cannot {move}.", delivery_status=status, move=move.value
        )


def make_code(key: str, delivery_id: UUID, issue: int) -> str:
    """Derive the six digits of an issue: the same each time, so that the code itself is stored nowhere."""
    digest = hmac.new(key.encode(), f"code\n{delivery_id}\n{issue}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def hash_code(key: str, delivery_id: UUID, issue: int, code: str) -> str:
    """Give what is stored of a code: without the key, a million guesses tell nothing."""
    return hmac.new(key.encode(), f"hash\n{delivery_id}\n{issue}\n{code}".encode(), hashlib.sha256).hexdigest()


class Issued(NamedTuple):
    """What is held of an issued code."""

    hash: str | None
    expires_at: datetime | None
    tries: int

    @property
    def is_locked(self) -> bool:
        """No try is left."""
        return self.tries >= MAX_TRIES

    def is_good(self, at: datetime) -> bool:
        """It can be used at this instant."""
        return self.hash is not None and self.expires_at is not None and at < self.expires_at and not self.is_locked


def check_code(issued: Issued, given_hash: str, at: datetime) -> bool:
    """Tell whether the given code is the issued one.

    Raises Conflict, with its reason, when there is no code that a try could be spent on.
    """
    if issued.hash is None or issued.expires_at is None:
        raise Conflict("No code has been issued for this delivery.", reason="NO_CODE")
    if issued.is_locked:
        raise Conflict("The code is locked; the store must issue a new one.", reason="LOCKED", tries_left=0)
    if at >= issued.expires_at:
        raise Conflict("The code has expired; the store must issue a new one.", reason="EXPIRED")
    return hmac.compare_digest(issued.hash.encode(), given_hash.encode())


def proof_file_ending(path: str, order_id: UUID, rider_uid: str) -> str | None:
    """Give jpg or png when the path is where this rider's proofs of this order are, else None."""
    pattern = rf"proofs/{order_id}/{re.escape(rider_uid)}_[A-Za-z0-9-]{{1,64}}\.(jpg|png)"
    match = re.fullmatch(pattern, path)
    return match[1] if match else None


class Place(NamedTuple):
    """A point on the map."""

    latitude: float
    longitude: float


def distance_m(one: Place, other: Place) -> int:
    """Give the great-circle distance of two places in metres, by the haversine formula."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat, half_lng = (lat2 - lat1) / 2, math.radians(other.longitude - one.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lng) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord))))


def is_far(metres: int | None) -> bool:
    """Tell whether staff must look at a proof from there; an unknown place counts as far."""
    return metres is None or metres > FAR_M

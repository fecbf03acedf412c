"""Changes of products, one after the other, each told to the index as the outbox does: again until it is in.

`python -m ops.prove.changing FILE SEED`; FILE is a JSON list of skus. SIGTERM ends it: it tells the index what is left, says how many
changes there were, and ends with 0 when all are told.
"""

import json
import random
import signal
import sys
import time
from pathlib import Path
from uuid import UUID

from ops.paths import use_functions

use_functions()

from plazza.catalogue.actions.index import write_product  # noqa: E402 -- their folder is on the path only now
from plazza.catalogue.actions.products import put_product  # noqa: E402
from plazza.catalogue.models.products import PutProduct  # noqa: E402
from plazza.catalogue.store import products as store  # noqa: E402
from plazza.data.search import SearchDown  # noqa: E402
from plazza.data.sql import run_transaction  # noqa: E402

_PAUSE_SEC = 0.05
_LAST_SEC = 30.0


def change_price(sku: str, paise: int) -> UUID:
    """Give a product another price, as staff do. Gives its id."""
    product = run_transaction(lambda tx: store.lock_by_sku(tx, [sku]))[sku]
    said = {name: getattr(product, name) for name in PutProduct.model_fields}
    body = PutProduct.model_validate(said | {"mrp_paise": paise, "price_paise": paise})
    return put_product(sku, body).product.id


def _main() -> None:
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    skus: list[str] = json.loads(Path(sys.argv[1]).read_text())
    dice = random.Random(int(sys.argv[2]))  # noqa: S311 -- no secret
    untold: set[UUID] = set()
    changes = 0
    while not ended:
        untold.add(change_price(dice.choice(skus), dice.randrange(1_000, 90_000)))
        changes += 1
        _tell(untold)
        time.sleep(_PAUSE_SEC)
    give_up_at = time.monotonic() + _LAST_SEC
    while untold and time.monotonic() < give_up_at:
        _tell(untold)
    print(f"{changes} changes, {len(untold)} untold")
    sys.exit(1 if untold else 0)


def _tell(untold: set[UUID]) -> None:
    for one in list(untold):
        try:
            write_product(one)
        except SearchDown:
            time.sleep(_PAUSE_SEC)
            return
        untold.discard(one)


if __name__ == "__main__":
    _main()

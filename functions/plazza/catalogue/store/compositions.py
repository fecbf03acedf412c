"""SQL of the compositions that products have, each once."""

from collections.abc import Iterable

from plazza.data.sql import Tx


def add_compositions(tx: Tx, salt_names: Iterable[str]) -> None:
    """Let search know compositions, as `products.salt_names` writes them; the known ones and the empty one change nothing."""
    query = "INSERT INTO compositions (salt_names) SELECT unnest(%s::TEXT[]) ON CONFLICT (salt_names) DO NOTHING"
    tx.execute(query, (sorted({names for names in salt_names if names}),))

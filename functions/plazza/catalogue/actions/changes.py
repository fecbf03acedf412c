"""What follows every change of a product: its document in the index, and an end to the answers that show it."""

from uuid import UUID

from plazza.data import answers, outbox
from plazza.data.sql import Tx


def announce(tx: Tx, product_id: UUID) -> None:
    """Announce a changed product, and let answers that show it be made anew right after the commit."""
    outbox.announce(tx, "product.changed", product_id)
    forget_after(tx, product_id)


def forget_after(tx: Tx, product_id: UUID) -> None:
    """Let answers that show a product be made anew after the commit: for what its document in the index does not hold."""
    answers.forget_after(tx, "catalogue", f"product:{product_id}")


def forget(product_id: UUID) -> None:
    """Let answers that show a product be made anew, once the index shows its change too."""
    answers.forget("catalogue", f"product:{product_id}")


def forget_all() -> None:
    """Let every answer about products be made anew: after a batch of an import, and when another index answers or is mended."""
    answers.forget("catalogue", "products")

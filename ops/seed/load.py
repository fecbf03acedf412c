"""The entry to the sample data: whoever starts a system calls `seed`, whoever has only databases calls `load`."""

from ops.endpoints import Endpoints
from ops.paths import use_functions


def seed(system: Endpoints) -> dict[str, int]:
    """Fill a system's databases and auth emulator, once. Gives how many of each thing there are."""
    return load(
        cockroach_url=system.cockroach_url,
        postgres_url=system.postgres_url,
        auth_host=system.auth_host,
        project_id=system.project,
    )


def load(*, cockroach_url: str, postgres_url: str, auth_host: str | None, project_id: str) -> dict[str, int]:
    """Fill both databases, and the auth emulator when its host is given. Gives how many of each thing there are."""
    # The sample products get their search keys from the catalogue's own rules, which live in the functions' folder.
    use_functions()
    from ops.seed.fill import fill

    return fill(cockroach_url=cockroach_url, postgres_url=postgres_url, auth_host=auth_host, project_id=project_id)

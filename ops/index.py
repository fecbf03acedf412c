"""Fill the product index of a local system through the catalogue's own build, when it is empty."""

import os
import subprocess

from ops import mappings
from ops.endpoints import Endpoints
from ops.errors import OpsError
from ops.paths import FUNCTIONS, FUNCTIONS_VENV
from ops.settings import LocalSettings

_BUILD = "from plazza.catalogue.actions import index; index.build()"


def fill(found: Endpoints, settings: LocalSettings) -> str:
    """Build the index from the products when it has no document. Gives a note."""
    before = mappings.status(found.search_url)
    if before.documents:
        return f"{before.documents} products in {before.index}"
    environment = {**os.environ, **found.emulator_environment(), **settings.values, **settings.secrets}
    built = subprocess.run(
        [FUNCTIONS_VENV / "bin" / "python", "-c", _BUILD],
        cwd=FUNCTIONS, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if built.returncode != 0:
        raise OpsError(f"the product index was not built:\n{built.stderr.strip()[-1500:]}")
    after = mappings.status(found.search_url)
    return f"{after.documents} products in {after.index}"

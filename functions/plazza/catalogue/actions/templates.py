"""The query templates of `mappings/templates/`: files that an engine may store, rendered here by the same rule."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
_VALUE = re.compile(r"\{\{#toJson\}\}(\w+)\{\{/toJson\}\}")


def render(name: str, **values: Any) -> dict[str, Any]:
    """Give the request body of a template. Every `{{#toJson}}name{{/toJson}}` becomes that value as JSON. Raises KeyError for one not given."""
    return json.loads(_VALUE.sub(lambda found: json.dumps(values[found[1]]), _read(name)))


@lru_cache(maxsize=8)
def _read(name: str) -> str:
    return (MAPPINGS / "templates" / f"{name}.json").read_text()


@lru_cache(maxsize=1)
def index_definition() -> dict[str, Any]:
    """Give settings and mappings of the product index."""
    return json.loads((MAPPINGS / "products.json").read_text())

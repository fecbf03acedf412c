"""The query templates of `mappings/templates/`: files that an engine may store, rendered here by the same rule."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
_VALUE = re.compile(r"\{\{#toJson\}\}(\w+)\{\{/toJson\}\}")


def render(name: str, **values: Any) -> bytes:
    """Give the request body of a template. Every `{{#toJson}}name{{/toJson}}` becomes that value as JSON. Raises KeyError for one not given."""
    parts = list(_read(name))
    written: dict[str, str] = {}
    for at in range(1, len(parts), 2):
        value = parts[at]
        parts[at] = written.get(value) or written.setdefault(value, json.dumps(values[value]))
    return "".join(parts).encode()


@lru_cache(maxsize=8)
def _read(name: str) -> Sequence[str]:
    """Give a template's text, without the blanks that people read it by, and its values' names in turn."""
    lines = (MAPPINGS / "templates" / f"{name}.json").read_text().splitlines()
    return _VALUE.split("".join(line.strip() for line in lines))


@lru_cache(maxsize=1)
def index_definition() -> dict[str, Any]:
    """Give settings and mappings of the product index."""
    return json.loads((MAPPINGS / "products.json").read_text())

"""The query templates of `mappings/templates/`: mustache files that an engine may store, rendered here by the same rule."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
_VERSION = re.compile(r"^\{\{! [a-z-]+, version \d+ \}\}\n")
# An engine writes strings with `{{name}}` between quotes, and all else with toJson, which leaves a string's quotes out.
_VALUE = re.compile(r'"\{\{(\w+)\}\}"|\{\{#toJson\}\}(\w+)\{\{/toJson\}\}')


def render(name: str, **values: Any) -> dict[str, Any]:
    """Give the request body of a template.

    Every `"{{name}}"` becomes that text, every `{{#toJson}}name{{/toJson}}` that list, object or number. Raises KeyError for a value not given.
    """
    return json.loads(_VALUE.sub(lambda found: json.dumps(values[found[1] or found[2]]), _read(name)))


@lru_cache(maxsize=8)
def _read(name: str) -> str:
    return _VERSION.sub("", (MAPPINGS / "templates" / f"{name}.json").read_text())


@lru_cache(maxsize=1)
def index_definition() -> dict[str, Any]:
    """Give settings and mappings of the product index."""
    return json.loads((MAPPINGS / "products.json").read_text())

"""The query templates of `mappings/templates/`: mustache files that an engine may store, rendered here by the same rule."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
_VERSION = re.compile(r"^\{\{! [a-z-]+, version \d+ \}\}\n")
# An engine writes strings with `{{name}}` between quotes, and all else with toJson, which leaves a string's quotes out.
_VALUE = re.compile(r'(?:"\{\{|\{\{#toJson\}\})(\w+)(?:\}\}"|\{\{/toJson\}\})')


def render(name: str, **values: Any) -> bytes:
    """Give the request body of a template, as JSON.

    Every `"{{name}}"` becomes that text, every `{{#toJson}}name{{/toJson}}` that list, object or number. Raises KeyError for a value not given.
    """
    parts = list(_read(name))
    written: dict[str, str] = {}
    for at in range(1, len(parts), 2):
        value = parts[at]
        parts[at] = written.get(value) or written.setdefault(value, json.dumps(values[value]))
    return "".join(parts).encode()


@lru_cache(maxsize=8)
def _read(name: str) -> Sequence[str]:
    """Give a template's text, without its version and the blanks that people read it by, and its values' names in turn."""
    text = _VERSION.sub("", (MAPPINGS / "templates" / f"{name}.json").read_text())
    return _VALUE.split("".join(line.strip() for line in text.splitlines()))


@lru_cache(maxsize=1)
def index_definition() -> dict[str, Any]:
    """Give settings and mappings of the product index."""
    return json.loads((MAPPINGS / "products.json").read_text())

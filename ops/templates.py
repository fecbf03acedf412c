"""The query templates as an engine stores them: each under its name and version, so that a new one never changes what another asks by."""

import json
import re
from typing import NamedTuple

from ops import mappings
from ops.errors import OpsError
from ops.http import call, request
from ops.paths import MAPPINGS

_FIRST_LINE = re.compile(r"\{\{! ([a-z-]+), version (\d+) \}\}\n")


class Template(NamedTuple):
    """A template file; `script_id` is what the engine knows it by, such as `products-search-v1`."""

    file: str
    script_id: str
    source: str


class Registered(NamedTuple):
    """A template, and what became of it: `new`, `same`, or `different` from what the engine has, which then stays as it was."""

    script_id: str
    state: str


def read() -> list[Template]:
    """Read `mappings/templates/`. Raises OpsError for a file whose first line does not say its name and version."""
    return [_template(file.name, file.read_text()) for file in sorted((MAPPINGS / "templates").glob("*.json"))]


def register(urls: str) -> list[Registered]:
    """Store the templates that are new to the engine."""
    url = mappings.answering(urls)
    return [
        Registered(template.script_id, _register(f"{url}/_scripts/{template.script_id}", template))
        for template in read()
    ]


def _template(file: str, text: str) -> Template:
    first = _FIRST_LINE.match(text)
    if first is None:
        raise OpsError(
            f"mappings/templates/{file} must begin with a line such as {{{{! products-search, version 1 }}}}"
        )
    return Template(file, f"{first[1]}-v{first[2]}", text)


def _register(url: str, template: Template) -> str:
    status, text = request(url)
    if status == 404:
        call(url, "PUT", {"script": {"lang": "mustache", "source": template.source}})
        return "new"
    if status != 200:
        raise OpsError(f"The search cluster answered {status} when asked for {template.script_id}: {text[:200]}")
    return "same" if json.loads(text)["script"]["source"] == template.source else "different"

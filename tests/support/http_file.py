"""Reads `docs/api.http`: requests between `###` lines, file variables, and references to named answers as VS Code's REST Client knows them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ops.paths import ROOT

FILE = ROOT / "docs" / "api.http"
_VARIABLE = re.compile(r"@([a-z_]+) = (.*)")
_USED = re.compile(r"\{\{([^{}]+)\}\}")
_ANSWER = re.compile(r"(\w+)\.response\.body\.\$(.+)")
_STEP = re.compile(r"\.(\w+)|\[(-?\d+):?\]")


class Request(NamedTuple):
    """A request as it stands in the file, and the variables that stand before it (of an earlier one, too)."""

    name: str | None
    method: str
    url: str
    headers: dict[str, str]
    body: str
    variables: dict[str, str]


def read(text: str) -> list[Request]:
    """Give the requests in their order."""
    found: list[Request] = []
    variables: dict[str, str] = {}
    for block in re.split(r"^###.*\n", text, flags=re.MULTILINE):
        head, _, body = block.partition("\n\n") if re.match(r"(?:[@#].*\n)*[A-Z]+ ", block) else ("", "", block)
        variables |= dict(_VARIABLE.findall(head or body))
        lines = [line for line in head.splitlines() if line and line[0] not in "#@"]
        if not lines:
            continue
        method, url = lines[0].split(" ")
        names = re.findall(r"^# @name (\w+)$", head, re.MULTILINE)
        headers = dict(line.split(": ", 1) for line in lines[1:])
        found.append(Request(names[0] if names else None, method, url, headers, body.strip(), dict(variables)))
    return found


def fill(text: str, value_of: Callable[[str], str]) -> str:
    """Give a text with the value of each `{{…}}` in it."""
    return _USED.sub(lambda found: value_of(found[1]), text)


def names_in(text: str) -> Iterator[str]:
    """Give what a text needs, as it stands between the braces."""
    yield from _USED.findall(text)


def value_in(answers: dict[str, Any], reference: str) -> str | None:
    """Give the value that a reference finds in a named answer; None when it is no reference."""
    found = _ANSWER.fullmatch(reference)
    if found is None:
        return None
    value = answers[found[1]]
    for key, index in _STEP.findall(found[2]):
        value = value[key] if key else value[int(index)]
    return str(value)

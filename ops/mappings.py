"""The search index: its mapping file, the index behind the alias `products`, and what doctor asks about them."""

import json
import time
from dataclasses import dataclass
from typing import Any

from ops.errors import OpsError
from ops.http import answers, call, request
from ops.paths import MAPPINGS

ALIAS = "products"


@dataclass(frozen=True)
class IndexStatus:
    """The index the alias points to ("" for none), its mapping's version, and the file's version."""

    index: str
    version: int | None
    wanted: int | None
    documents: int


def definition() -> dict[str, Any]:
    """Read `mappings/products.json`. Raises OpsError when it is missing or no JSON."""
    file = MAPPINGS / "products.json"
    try:
        return json.loads(file.read_text())
    except FileNotFoundError as error:
        raise OpsError(f"{file} is missing") from error
    except ValueError as error:
        raise OpsError(f"{file} is not JSON: {error}") from error


def create(urls: str) -> str:
    """Create `products-<timestamp>` with the alias when there is no alias yet. Gives a note."""
    url = _answering(urls)
    found = status(url)
    if found.index:
        return f"{ALIAS} is {found.index}"
    body = {key: value for key, value in definition().items() if key in ("settings", "mappings")}
    index = f"{ALIAS}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
    call(f"{url}/{index}", "PUT", {**body, "aliases": {ALIAS: {"is_write_index": True}}})
    return f"{index} created, with the alias {ALIAS}"


def status(urls: str) -> IndexStatus:
    """Ask which index the alias points to and which version its mapping has."""
    url = _answering(urls)
    wanted = definition().get("mappings", {}).get("_meta", {}).get("version")
    code, text = request(f"{url}/{ALIAS}/_mapping")
    if code == 404:
        return IndexStatus("", None, wanted, 0)
    if code != 200:
        raise OpsError(f"The search cluster answered {code} when asked for {ALIAS}: {text[:200]}")
    index, answer = next(iter(json.loads(text).items()))
    version = answer["mappings"].get("_meta", {}).get("version")
    return IndexStatus(index, version, wanted, int(call(f"{url}/{ALIAS}/_count")["count"]))


def _answering(urls: str) -> str:
    """Give the first node that answers of those in ELASTICSEARCH_URL; the first when none does, so that its error is told."""
    nodes = [url.strip() for url in urls.split(",") if url.strip()]
    return next((url for url in nodes if answers(url)), nodes[0])

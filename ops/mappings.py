"""The search index: its mapping file, the index behind the alias `products`, and what doctor asks about them."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from ops.errors import OpsError
from ops.http import answers, call, request
from ops.paths import MAPPINGS

ALIAS = "products"
FORBIDDEN = frozenset(
    {
        # Each walks through terms or documents: their time grows with the catalogue, and a long query makes them unbounded.
        "wildcard", "regexp", "prefix", "fuzzy", "fuzziness", "script", "script_score", "script_fields", "query_string",
        "simple_query_string", "match_phrase_prefix", "match_bool_prefix", "more_like_this", "function_score",
        # Not in Elasticsearch 8, Elasticsearch 9 and OpenSearch alike.
        "runtime", "runtime_mappings", "retriever", "rank", "knn", "pit", "semantic", "synonyms_set", "updateable", "esql",
    }
)  # fmt: skip
FORBIDDEN_TYPES = frozenset(
    {"dense_vector", "sparse_vector", "knn_vector", "semantic_text", "flattened", "wildcard", "search_as_you_type"}
)
PLUGINS = ("phonetic", "icu_", "kuromoji", "smartcn", "nori")
"""Filters and tokenizers that an engine has only with a plug-in."""

_COMMENT, _PLACEHOLDER = re.compile(r"\{\{!.*?\}\}"), re.compile(r"\{\{#toJson\}\}\w+\{\{/toJson\}\}")


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


def forbidden_clauses() -> list[str]:
    """Give each use of what mappings and query templates must not hold, as "file: what"."""
    found: list[str] = []
    for file in sorted(MAPPINGS.rglob("*.json")):
        text = _PLACEHOLDER.sub("null", _COMMENT.sub("", file.read_text()))
        found += [f"{file.relative_to(MAPPINGS)}: {what}" for what in _forbidden(json.loads(text))]
    return found


def _forbidden(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in cast("dict[str, Any]", part).items():
            if key in FORBIDDEN or (key in {"type", "tokenizer"} and str(value).startswith(PLUGINS)):
                yield key if key in FORBIDDEN else f"{key} {value}"
            yield from _forbidden(value)
    elif isinstance(part, list):
        for value in cast("list[Any]", part):
            yield from _forbidden(value)
    elif isinstance(part, str) and part in FORBIDDEN_TYPES:
        yield part


def create(urls: str) -> str:
    """Create `products-<timestamp>` with the alias when there is no alias yet. Gives a note."""
    url = answering(urls)
    found = status(url)
    if found.index:
        return f"{ALIAS} is {found.index}"
    body = {key: value for key, value in definition().items() if key in ("settings", "mappings")}
    index = f"{ALIAS}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
    call(f"{url}/{index}", "PUT", {**body, "aliases": {ALIAS: {"is_write_index": True}}})
    return f"{index} created, with the alias {ALIAS}"


def status(urls: str) -> IndexStatus:
    """Ask which index the alias points to and which version its mapping has."""
    url = answering(urls)
    wanted = definition().get("mappings", {}).get("_meta", {}).get("version")
    code, text = request(f"{url}/{ALIAS}/_mapping")
    if code == 404:
        return IndexStatus("", None, wanted, 0)
    if code != 200:
        raise OpsError(f"The search cluster answered {code} when asked for {ALIAS}: {text[:200]}")
    index, answer = next(iter(json.loads(text).items()))
    version = answer["mappings"].get("_meta", {}).get("version")
    return IndexStatus(index, version, wanted, int(call(f"{url}/{ALIAS}/_count")["count"]))


def answering(urls: str) -> str:
    """Give the first node that answers of those in ELASTICSEARCH_URL; the first when none does, so that its error is told."""
    nodes = [url.strip() for url in urls.split(",") if url.strip()]
    return next((url for url in nodes if answers(url)), nodes[0])

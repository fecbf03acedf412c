"""Structured outputs: checks a JSON schema by Claude's rules, and fills one from what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST, MOST_PROPERTIES = 12, 500
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties"),
)
EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


class BadSchema(ValueError):
    """A schema that structured outputs refuse, with the reason as its text."""


def check_schema(schema: Any) -> None:
    """Raise BadSchema unless Claude would take this schema: closed objects, no recursion, no bounds."""
    if not isinstance(schema, dict):
        raise BadSchema("schema must be an object")
    _check(schema, schema, "schema", ())


def fill(schema: Mapping[str, Any], known: Any) -> Any:
    """Give a value of the schema: what is known goes where a property has its name, the rest is null, else empty."""
    return _fill(schema, schema, known)


def _check(root: Mapping[str, Any], node: Any, at: str, through: tuple[str, ...]) -> None:
    if not isinstance(node, dict):
        raise BadSchema(f"{at} must be an object")
    if len(through) > DEEPEST or at.count(".") > 3 * DEEPEST:
        raise BadSchema(f"{at} is nested too deeply")
    reference = node.get("$ref")
    if reference is not None:
        if reference in through:
            raise BadSchema(f"{at}: recursive schemas are not supported")
        _check(root, _resolve(root, reference, at), at, (*through, str(reference)))
        return
    for bound in BOUNDS:
        if bound in node:
            raise BadSchema(f"{at}: property '{bound}' is not supported")
    if node.get("minItems", 0) not in (0, 1):
        raise BadSchema(f"{at}: 'minItems' values other than 0 or 1 are not supported")
    _check_types(node, at)
    for name in ("anyOf", "allOf"):
        for number, part in enumerate(node.get(name, [])):
            _check(root, part, f"{at}.{name}[{number}]", through)
    if "array" in _types(node) and "items" in node:
        _check(root, node["items"], f"{at}.items", through)
    if "object" in _types(node):
        _check_object(root, node, at, through)


def _check_types(node: Mapping[str, Any], at: str) -> None:
    if "oneOf" in node or "not" in node:
        raise BadSchema(f"{at}: 'oneOf' and 'not' are not supported; use 'anyOf'")
    if unknown := _types(node) - TYPES:
        raise BadSchema(f"{at}: unknown type {', '.join(sorted(unknown))}")
    if not _types(node) and not any(key in node for key in ("anyOf", "allOf", "enum", "const")):
        raise BadSchema(f"{at}: a type is required")


def _check_object(root: Mapping[str, Any], node: Mapping[str, Any], at: str, through: tuple[str, ...]) -> None:
    properties = node.get("properties", {})
    if node.get("additionalProperties") is not False:
        raise BadSchema(f"{at}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if not isinstance(properties, dict) or len(properties) > MOST_PROPERTIES:
        raise BadSchema(f"{at}: 'properties' must be an object of at most {MOST_PROPERTIES}")
    if missing := [name for name in node.get("required", []) if name not in properties]:
        raise BadSchema(f"{at}: required properties are not defined: {', '.join(map(str, missing))}")
    for name, part in properties.items():
        _check(root, part, f"{at}.properties.{name}", through)


def _types(node: Mapping[str, Any]) -> set[str]:
    given = node.get("type", [])
    return {str(one) for one in given} if isinstance(given, list) else {str(given)}


def _resolve(root: Mapping[str, Any], reference: Any, at: str) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise BadSchema(f"{at}: only references within the schema are supported")
    node: Any = root
    for step in reference[2:].split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    if node is None:
        raise BadSchema(f"{at}: {reference} is not defined")
    return node


def _fill(root: Mapping[str, Any], node: Mapping[str, Any], known: Any) -> Any:
    if "$ref" in node:
        return _fill(root, _resolve(root, node["$ref"], "schema"), known)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        options = node["enum"]
        return known if known in options else None if None in options else options[0] if options else None
    branches = node.get("anyOf") or node.get("allOf")
    if branches:
        return _fill_branch(root, branches, known)
    return _fill_typed(root, node, known)


def _fill_branch(root: Mapping[str, Any], branches: list[Mapping[str, Any]], known: Any) -> Any:
    """Choose the branch that can hold what is known; null when nothing is and a branch allows it."""
    if known is None and any("null" in _types(branch) for branch in branches):
        return None
    fitting = [branch for branch in branches if _fits(_types(branch) or {"object"}, known)]
    concrete = [branch for branch in branches if _types(branch) != {"null"}]
    return _fill(root, (fitting or concrete or branches)[0], known)


def _fill_typed(root: Mapping[str, Any], node: Mapping[str, Any], known: Any) -> Any:
    types = _types(node)
    if "object" in types and (isinstance(known, dict) or types == {"object"}):
        facts = known if isinstance(known, dict) else {}
        properties = node.get("properties", {})
        wanted = [name for name in properties if name in facts or name in node.get("required", [])]
        return {name: _fill(root, properties[name], facts.get(name)) for name in wanted}
    if "array" in types and (isinstance(known, list) or types == {"array"}):
        return [_fill(root, node.get("items", {}), one) for one in known] if isinstance(known, list) else []
    if _fits(types, known):
        return known
    if "null" in types:
        return None
    if "string" in types and isinstance(known, int | float):
        return str(known)
    return next((EMPTY[kind] for kind in ("string", "integer", "number", "boolean") if kind in types), None)


def _fits(types: set[str], known: Any) -> bool:
    """Say whether a value is of one of the types."""
    if isinstance(known, bool):
        return "boolean" in types
    kinds: dict[type, set[str]] = {
        str: {"string"},
        int: {"integer", "number"},
        float: {"number"},
        dict: {"object"},
        list: {"array"},
        type(None): {"null"},
    }
    return bool(kinds.get(type(known), set()) & types)

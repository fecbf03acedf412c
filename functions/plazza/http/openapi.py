"""One OpenAPI 3.1 document from the routes and models themselves."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from plazza.http.api import Api, File, Route, Text

_REF = "#/components/schemas/{model}"
_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
_ERROR = {
    "type": "object",
    "required": ["status", "code", "message", "details", "traceId"],
    "properties": {
        "status": {"const": "error"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "details": {"type": "object"},
        "traceId": {"type": "string"},
    },
}
_ERRORS = {
    "400": "Bad input",
    "401": "No caller",
    "403": "Wrong role",
    "404": "Not there",
    "409": "Conflict",
    "413": "Too large",
}
_MORE_ERRORS = {"429": "Too many requests", "500": "Our mistake", "503": "A part is down"}


def document(apis: Iterable[Api]) -> dict[str, Any]:
    """Give the document of all routes; it is the same each time for the same code."""
    routes = [(api, route) for api in apis for route in api.routes]
    models = sorted({model for _, route in routes for model in _models(route)}, key=lambda model: model.__name__)
    refs, schemas = models_json_schema(
        [(model, mode) for model in models for mode in ("validation", "serialization")], ref_template=_REF
    )
    paths: dict[str, Any] = {}
    for api, route in routes:
        path = "/api/v1" + _CONVERTER.sub(r"{\2}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(api, route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plazza", "version": "1"},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {"Error": _ERROR, **schemas.get("$defs", {})},
            "securitySchemes": {"firebase": {"type": "http", "scheme": "bearer", "bearerFormat": "Firebase ID token"}},
        },
    }


def _models(route: Route) -> list[type[BaseModel]]:
    given = [route.hints.get("body"), route.hints.get("return")]
    return [kind for kind in given if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _operation(api: Api, route: Route, refs: Any) -> dict[str, Any]:
    hints, options = route.hints, route.options
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": (route.handler.__doc__ or "").strip().splitlines()[0],
        "tags": [api.name],
        "parameters": _path_parameters(route.path) + _query_parameters(hints.get("query")),
        "responses": _responses(hints.get("return"), str(options.get("status", 200)), refs),
    }
    if options["roles"]:
        operation["security"] = [{"firebase": sorted(options["roles"])}]
    if "once" in hints:
        operation["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 8, "maxLength": 100}}
        )
    if "body" in hints:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(hints["body"], "validation", refs)}},
        }
    return operation


def _schema(kind: Any, mode: str, refs: Any) -> Any:
    return refs.get((kind, mode)) or TypeAdapter(kind).json_schema(mode=mode, ref_template=_REF)  # type: ignore[arg-type] -- mode is one of two words


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} | ({"format": "uuid"} if kind == "uuid" else {}),
        }
        for kind, name in _CONVERTER.findall(path)
    ]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in _inlined(schema)["properties"].items()
    ]


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the small enums of a query in place: they are named nowhere else."""
    definitions = schema.get("$defs", {})

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            ref = value.get("$ref", "")
            found = definitions.get(ref.rsplit("/", 1)[-1])
            return put(found) if ref and found else {name: put(part) for name, part in value.items()}
        return [put(part) for part in value] if isinstance(value, list) else value

    return put({"properties": schema.get("properties", {})})


def _responses(kind: Any, status: str, refs: Any) -> dict[str, Any]:
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    responses: dict[str, Any] = {
        code: {"description": text, **error} for code, text in (_ERRORS | _MORE_ERRORS).items()
    }
    if kind is None or kind is type(None):
        return {"204": {"description": "Done"}, **responses}
    if kind is File:
        return {status: {"description": "A file", "content": {"application/octet-stream": {}}}, **responses}
    if kind is Text:
        return {status: {"description": "Plain text", "content": {"text/plain": {}}}, **responses}
    schema = _schema(kind, "serialization", refs)
    return {status: {"description": "Success", "content": {"application/json": {"schema": schema}}}, **responses}

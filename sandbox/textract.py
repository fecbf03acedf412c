"""Speaks Amazon Textract: really reads one page a call, unless a control call states what a file says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import uuid
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from sandbox import documents
from sandbox.config import Config
from sandbox.ocr import Line, MissingModel, Reader
from sandbox.providers import Panel
from sandbox.state import State
from sandbox.textract_blocks import blocks, placed

STATED, READ = "textract_document", "textract_read"
FEATURES: Final = {"TABLES", "FORMS", "QUERIES", "SIGNATURES", "LAYOUT"}
SIGNED: Final = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=([^/\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=\S+, ?Signature=[0-9a-f]{64}$"
)
SURE: Final = 99.9  # the confidence of what was never a picture
MOST_LINES: Final = 2_000


class Refused(Exception):
    """An answer by error name, as the SDK raises it."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


def blueprint(state: State) -> Blueprint:
    """Return Textract's one endpoint."""
    textract = Blueprint("textract", __name__, url_prefix="/textract")
    reader = Reader(state.config.ocr_data)

    @textract.post("")
    @textract.post("/")
    def call() -> Response:
        try:
            _check_signature(state.config)
            answer = _operate(state, reader)
        except Refused as refused:
            return _answer({"__type": refused.name, "Message": refused.message}, refused.status)
        return _answer(answer, 200)

    return textract


def control(state: State) -> Blueprint:
    """Return the calls that state what a file says."""
    calls = Blueprint("textract_control", __name__, url_prefix="/_sandbox/textract")

    @calls.put("/documents/<sha256>")
    def state_document(sha256: str) -> tuple[Response, int]:
        body = request.get_json(silent=True)
        problem = _problem(sha256.lower(), body)
        if problem or not isinstance(body, dict):
            return jsonify(error=problem), 400
        state.put(STATED, sha256.lower(), {"pages": body["pages"]})
        return jsonify(sha256=sha256.lower(), pages=len(body["pages"])), 200

    @calls.get("/documents")
    def list_documents() -> Response:
        return jsonify(stated=dict(state.items(STATED)), read=dict(state.items(READ)))

    @calls.delete("/documents/<sha256>")
    def forget_document(sha256: str) -> tuple[str, int]:
        state.delete(STATED, sha256.lower())
        return "", 204

    return calls


def panel(state: State) -> Panel:
    """Return the files that were read, newest first."""
    rows = [
        (sha256[:12], str(seen["operation"]), str(seen["lines"]), f"{seen['confidence']:.1f}", str(seen["source"]))
        for sha256, seen in state.latest(READ, 50)
    ]
    return Panel("Textract: documents read", ("SHA-256", "Operation", "Lines", "Confidence", "Source"), list(rows))


def _answer(body: dict[str, Any], status: int) -> Response:
    # The SDK shows this id in every exception; a fresh one a call, as real answers have.
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), status, headers, content_type="application/x-amz-json-1.1")


def _check_signature(config: Config) -> None:
    """Refuse a call that is not signed for this key, region and service. The hash itself is not checked."""
    header = request.headers.get("Authorization", "")
    if not header:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    signed = SIGNED.match(header)
    if not signed or not request.headers.get("X-Amz-Date"):
        raise Refused(
            "IncompleteSignatureException", "Authorization header is not a complete AWS4-HMAC-SHA256 signature."
        )
    key, region, service = signed.groups()
    if key != config.aws_key_id:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if region != config.aws_region or service != "textract":
        scope = f"'{region}/{service}', expected '{config.aws_region}/textract'"
        raise Refused(
            "InvalidSignatureException", f"Credential should be scoped to a valid region and service: {scope}."
        )


def _operate(state: State, reader: Reader) -> dict[str, Any]:
    operation = request.headers.get("X-Amz-Target", "").removeprefix("Textract.")
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Refused("SerializationException", "The request body is not a JSON object.")
    if operation == "StartDocumentTextDetection":
        raise Refused(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )
    if operation == "GetDocumentTextDetection":
        raise Refused("InvalidJobIdException", "Request has invalid Job Id")
    if operation not in ("DetectDocumentText", "AnalyzeDocument"):
        raise Refused("UnknownOperationException", "The operation is not one this stand-in knows.")
    if operation == "AnalyzeDocument":
        _check_features(body)
    content = _content(body)
    sha256 = hashlib.sha256(content).hexdigest()
    lines, source = _lines(state, reader, content, sha256)
    mean = sum(word.confidence for line in lines for word in line.words) / max(
        1, sum(len(line.words) for line in lines)
    )
    state.put(READ, sha256, {"operation": operation, "lines": len(lines), "confidence": mean, "source": source})
    version = {"DetectDocumentText": "DetectDocumentTextModelVersion", "AnalyzeDocument": "AnalyzeDocumentModelVersion"}
    return {"DocumentMetadata": {"Pages": 1}, "Blocks": blocks(lines, sha256), version[operation]: "1.0"}


def _check_features(body: dict[str, Any]) -> None:
    features = body.get("FeatureTypes")
    if not isinstance(features, list) or not features or not set(map(str, features)) <= FEATURES:
        raise Refused("InvalidParameterException", f"FeatureTypes must name some of {', '.join(sorted(FEATURES))}.")
    queries = (
        (body.get("QueriesConfig") or {}).get("Queries") if isinstance(body.get("QueriesConfig") or {}, dict) else None
    )
    if "QUERIES" in features and not (isinstance(queries, list) and 0 < len(queries) <= 15):
        raise Refused("InvalidParameterException", "QUERIES needs 1 to 15 queries in QueriesConfig.")


def _content(body: dict[str, Any]) -> bytes:
    document = body.get("Document")
    if not isinstance(document, dict) or len(document) != 1:
        raise Refused("InvalidParameterException", "Document must have exactly one of Bytes and S3Object.")
    if "S3Object" in document:
        raise Refused(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )
    try:
        content = base64.b64decode(document.get("Bytes") or "", validate=True)
    except (binascii.Error, ValueError, TypeError) as problem:
        raise Refused("SerializationException", "Document.Bytes is not base64.") from problem
    if not content:
        raise Refused("InvalidParameterException", "Document.Bytes must not be empty.")
    return content


def _lines(state: State, reader: Reader, content: bytes, sha256: str) -> tuple[list[Line], str]:
    """Give a document's lines and where they are from: a control call, a PDF's text, or its picture."""
    stated = state.get(STATED, sha256)
    if stated and len(content) <= documents.MOST_BYTES:
        return placed(_stated_lines(stated["pages"])), "stated"
    try:
        opened = documents.open_document(content)
        text = placed([(line, SURE) for line in opened.lines[:MOST_LINES]])
        known = {line.text.casefold() for line in text}
        seen = [line for image in opened.images for line in reader.read(image) if line.text.casefold() not in known]
    except documents.Unsupported as problem:
        raise Refused("UnsupportedDocumentException", str(problem)) from problem
    except documents.TooLarge as problem:
        raise Refused("DocumentTooLargeException", str(problem)) from problem
    except documents.Broken as problem:
        raise Refused("BadDocumentException", str(problem)) from problem
    except MissingModel as problem:
        raise Refused("InternalServerError", str(problem), 500) from problem
    return [*text, *seen], "text and picture" if text and seen else "text" if text else "picture"


def _stated_lines(pages: list[dict[str, Any]]) -> list[tuple[str, float]]:
    if len(pages) > 1:
        raise Refused("UnsupportedDocumentException", "Request has unsupported document format: more than one page")
    return [(line["text"], float(line.get("confidence", SURE))) for line in pages[0]["lines"]]


def _problem(sha256: str, body: Any) -> str:
    """Say what is wrong with a stated document; nothing when it is well."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        return "the path must end in the file's SHA-256 in hex"
    pages = body.get("pages") if isinstance(body, dict) else None
    if not isinstance(pages, list) or not 0 < len(pages) <= 100:
        return "pages must be a list of 1 to 100 pages"
    for page in pages:
        lines = page.get("lines") if isinstance(page, dict) else None
        if not isinstance(lines, list) or len(lines) > MOST_LINES:
            return f"each page must have a list of at most {MOST_LINES} lines"
        for line in lines:
            if not isinstance(line, dict) or not isinstance(line.get("text"), str):
                return "each line must have a text"
            confidence = line.get("confidence", SURE)
            if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 100:
                return "confidence must be a number from 0 to 100"
    return ""

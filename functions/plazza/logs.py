"""One JSON line per request or event, in the form that Cloud Logging and Error Reporting read.

A line carries keys and counts, never a person: phone numbers, e-mail addresses, tokens and provider keys are masked even
when somebody passes them by mistake.
"""

import json
import os
import re
import sys
import traceback
from contextvars import ContextVar
from typing import Any

from plazza import settings

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_MASKS = (
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "<token>"),
    (re.compile(r"\bAIza[\w-]{4,}|\brzp_(?:test|live)_\w+|\bpat[A-Za-z0-9]{8,}\.\w+|\bsk-ant-\S+"), "<key>"),
    (re.compile(r"(?i)(key|token|secret|password)=[^&\s]+"), r"\1=<key>"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://<login>@"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "<email>"),
    (re.compile(r"(?<![\w-])\+?91[ -]?[6-9]\d{9}\b|(?<![\w-])[6-9]\d{9}\b"), "<phone>"),
)

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The id that ties the lines of one request together, and that the caller sees as `traceId`."""


def redact(text: str) -> str:
    """Mask what could name or impersonate a person."""
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def write(severity: str, message: str, **fields: Any) -> None:
    """Write one line; `severity` is DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    threshold = _LEVELS.get(settings.optional("LOG_LEVEL").upper(), 20)
    if _LEVELS[severity] < threshold:
        return
    line: dict[str, Any] = {"severity": severity, "message": redact(message)}
    trace = trace_id.get()
    if trace:
        project = os.environ.get("GCLOUD_PROJECT", "")
        line |= {"traceId": trace, "logging.googleapis.com/trace": f"projects/{project}/traces/{trace}"}
    line |= {
        name: redact(value) if isinstance(value, str) else value for name, value in fields.items() if value is not None
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def error(message: str, exc: BaseException, **fields: Any) -> None:
    """Write an error with its stack, in the form that Error Reporting groups by.

    The exception's own text is left out of the message: a provider's or a driver's may hold a key or an address. The stack is
    written without the values that the text held. Only a missing setting says which it is: that text is our own.
    """
    frames = "".join(traceback.format_tb(exc.__traceback__))
    stack = f"Traceback (most recent call last):\n{frames}{type(exc).__name__}"
    setting = str(exc) if isinstance(exc, settings.MissingSetting) else None
    kind = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
    known: dict[str, Any] = {"error_class": type(exc).__name__, "setting": setting, "@type": kind}
    write("ERROR", message, stack_trace=stack, **known, **fields)

"""AWS Textract: the lines of one page. Reading twice costs money and changes nothing, so a failure may be asked again."""

import threading
from typing import Any, NamedTuple

from plazza import settings
from plazza.providers.errors import ProviderDown, ProviderRefused

CONNECT_SEC, READ_SEC, ATTEMPTS = 3, 20, 2
MAX_BYTES = 10 * 1024 * 1024
_RETRYABLE = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "InternalServerError",
        "ServiceUnavailableException",
        "ServiceUnavailable",
    }
)


class Line(NamedTuple):
    """A line as it was read; `confidence` from 0 to 100."""

    text: str
    confidence: float


_lock = threading.Lock()
_clients: dict[tuple[str, str], Any] = {}


def read_page(content: bytes) -> list[Line]:
    """Give the lines of one page (JPEG, PNG or a PDF of one page), top to bottom.

    Raises ProviderDown, and ProviderRefused for a page that Textract cannot read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().detect_document_text(Document={"Bytes": content})
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _RETRYABLE or (isinstance(status, int) and status >= 500):
            raise ProviderDown("Textract", "DetectDocumentText", status) from exc
        raise ProviderRefused("Textract", "DetectDocumentText", status, code) from exc
    except BotoCoreError as exc:
        raise ProviderDown("Textract", "DetectDocumentText") from exc
    blocks = answer.get("Blocks") or []
    return [
        Line(str(b["Text"]), float(b.get("Confidence", 0)))
        for b in blocks
        if b.get("BlockType") == "LINE" and b.get("Text")
    ]


def _client() -> Any:
    key = settings.get("AWS_ACCESS_KEY"), settings.get("AWS_SECRET_KEY")
    with _lock:
        if key not in _clients:
            import boto3
            from botocore.config import Config

            _clients[key] = boto3.client(
                "textract",
                region_name=settings.get("AWS_REGION"),
                endpoint_url=settings.optional("TEXTRACT_BASE_URL") or None,
                aws_access_key_id=key[0],
                aws_secret_access_key=key[1],
                config=Config(
                    connect_timeout=CONNECT_SEC,
                    read_timeout=READ_SEC,
                    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                ),
            )
        return _clients[key]

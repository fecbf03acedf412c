"""AWS Textract: the lines of one page. Reading twice costs money and changes nothing, so a failure may be asked again."""

import threading
from typing import Any, NamedTuple

from plazza import settings
from plazza.providers.errors import ProviderDown, ProviderRefused

CONNECT_SEC, READ_SEC, ATTEMPTS = 3, 20, 2
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
_clients: dict[tuple[str, ...], Any] = {}


def read_page(content: bytes) -> list[Line]:
    """Give the lines of one page (JPEG, PNG or a PDF of one page), top to bottom.

    Raises ProviderDown, and ProviderRefused for a page that Textract cannot read.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        answer = _client().detect_document_text(Document={"Bytes": content})
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _RETRYABLE or status == 429 or (isinstance(status, int) and status >= 500):
            raise ProviderDown("Textract", "DetectDocumentText", status) from exc
        raise ProviderRefused("Textract", "DetectDocumentText", status, code) from exc
    except (BotoCoreError, ResponseParserError) as exc:
        raise ProviderDown("Textract", "DetectDocumentText") from exc
    # Even an empty page has a block, so an answer without any is a broken one.
    blocks = answer.get("Blocks")
    if not blocks:
        raise ProviderDown("Textract", "DetectDocumentText: unreadable answer")
    lines = (block for block in blocks if block.get("BlockType") == "LINE" and block.get("Text"))
    return [Line(str(line["Text"]), float(line.get("Confidence", 0))) for line in lines]


def _client() -> Any:
    region, url = settings.get("AWS_REGION"), settings.optional("TEXTRACT_BASE_URL")
    key = settings.get("AWS_ACCESS_KEY"), settings.get("AWS_SECRET_KEY"), region, url
    with _lock:
        if key not in _clients:
            import boto3
            from botocore.config import Config

            _clients[key] = boto3.client(
                "textract",
                region_name=region,
                endpoint_url=url or None,
                aws_access_key_id=key[0],
                aws_secret_access_key=key[1],
                config=Config(
                    connect_timeout=CONNECT_SEC,
                    read_timeout=READ_SEC,
                    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                ),
            )
        return _clients[key]

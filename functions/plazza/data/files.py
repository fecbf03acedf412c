"""Cloud Storage: files in and out of the default bucket, by path, each read bounded."""

from firebase_admin import storage
from google.api_core.exceptions import GoogleAPIError, NotFound
from google.cloud.storage import Blob, Bucket
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from plazza.data import firebase
from plazza.errors import NotFound as NoSuchThing
from plazza.errors import TooLarge, Unavailable

TIMEOUT_SEC = 10
# The library asks again for two minutes by itself, longer than any caller waits.
_RETRY = DEFAULT_RETRY.with_timeout(TIMEOUT_SEC)


def _bucket() -> Bucket:
    return storage.bucket(app=firebase.app())


def read_bytes(path: str, max_bytes: int) -> bytes:
    """Give a file's bytes. Raises NotFound, TooLarge, Unavailable."""
    try:
        blob = _bucket().get_blob(path, timeout=TIMEOUT_SEC, retry=_RETRY)
        if blob is None:
            raise NoSuchThing("No such file.")
        if (blob.size or 0) > max_bytes:
            raise TooLarge("The file is above its limit.", limit_bytes=max_bytes)
        return blob.download_as_bytes(timeout=TIMEOUT_SEC, retry=_RETRY)
    except NotFound as exc:
        raise NoSuchThing("No such file.") from exc
    except (GoogleAPIError, RequestException) as exc:
        raise Unavailable("The file store does not answer; try again.") from exc


def write_bytes(path: str, content: bytes, content_type: str) -> None:
    """Write a file over whatever is there. Raises Unavailable."""
    try:
        blob: Blob = _bucket().blob(path)
        blob.cache_control = "private, no-store"
        blob.upload_from_string(content, content_type=content_type, timeout=TIMEOUT_SEC, retry=_RETRY)
    except (GoogleAPIError, RequestException) as exc:
        raise Unavailable("The file store does not answer; try again.") from exc


def delete(path: str) -> None:
    """Delete a file; one that is gone already is fine. Raises Unavailable."""
    try:
        _bucket().blob(path).delete(timeout=TIMEOUT_SEC, retry=_RETRY)
    except NotFound:
        return
    except (GoogleAPIError, RequestException) as exc:
        raise Unavailable("The file store does not answer; try again.") from exc

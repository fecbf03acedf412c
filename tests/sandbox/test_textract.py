"""Textract through boto3: real reading, limits, errors by name, signature, faults."""

import hashlib
import io
from typing import Any

import boto3
import botocore.exceptions
import pypdf
import pytest
import requests
from botocore.config import Config
from PIL import Image, ImageDraw, ImageFont

from tests.sandbox.conftest import Sandbox

LINES = ("Dr. Meera Sample, MBBS", "Reg. No. KMC-40213", "Date: 14/05/2026", "1. Tab. Amlodin 5", "1-0-0 x 30 days")


def client(sandbox: Sandbox, *, key: str = "AKIASANDBOX0000000", region: str = "ap-south-1", read: float = 60) -> Any:
    config = Config(connect_timeout=3, read_timeout=read, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client(
        "textract",
        region_name=region,
        endpoint_url=f"{sandbox.url}/textract",
        aws_access_key_id=key,
        aws_secret_access_key="sandbox-aws-secret",
        config=config,
    )


def drawn(turn: float = 0) -> Image.Image:
    page = Image.new("RGB", (1000, 1300), "white")
    draw = ImageDraw.Draw(page)
    for row, line in enumerate(LINES):
        draw.text((90, 120 + 110 * row), line, font=ImageFont.load_default(34), fill=(20, 20, 50))
    return page.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def png(turn: float = 0) -> bytes:
    out = io.BytesIO()
    drawn(turn).save(out, "PNG")
    return out.getvalue()


def pdf(pages: int, *, password: str = "") -> bytes:
    out = io.BytesIO()
    drawn().save(out, "PDF", save_all=True, append_images=[drawn()] * (pages - 1), resolution=120, quality=95)
    if not password:
        return out.getvalue()
    writer, locked = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue())), io.BytesIO()
    writer.encrypt(password, algorithm="RC4-128")
    writer.write(locked)
    return locked.getvalue()


def texts(answer: dict[str, Any]) -> list[str]:
    return [block["Text"] for block in answer["Blocks"] if block["BlockType"] == "LINE"]


def code(sandbox: Sandbox, content: bytes) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client(sandbox).detect_document_text(Document={"Bytes": content})
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 5])
def test_a_page_is_read_whichever_way_up(sandbox: Sandbox, turn: float) -> None:
    answer = client(sandbox).detect_document_text(Document={"Bytes": png(turn)})

    assert answer["DocumentMetadata"] == {"Pages": 1}
    assert texts(answer) == list(LINES)
    blocks = {block["Id"]: block for block in answer["Blocks"]}
    page = answer["Blocks"][0]
    first = blocks[page["Relationships"][0]["Ids"][0]]
    words = [blocks[one]["Text"] for one in first["Relationships"][0]["Ids"]]
    assert words == LINES[0].split()
    for block in answer["Blocks"]:
        box = block["Geometry"]["BoundingBox"]
        assert 0 <= box["Left"] <= box["Left"] + box["Width"] <= 1.0001
        assert len(block["Geometry"]["Polygon"]) == 4
    assert all(50 < block["Confidence"] <= 100 for block in answer["Blocks"][1:])


def test_boxes_lie_where_the_words_are_on_the_page_as_sent(sandbox: Sandbox) -> None:
    """The first line stands at the upper left; on a page turned upside down, at the lower right."""
    for turn, left, top in ((0, 0.09, 0.09), (180, 1 - 0.09, 1 - 0.09)):
        line = client(sandbox).detect_document_text(Document={"Bytes": png(turn)})["Blocks"][1]

        corner = line["Geometry"]["Polygon"][0]
        assert abs(corner["X"] - left) < 0.03
        assert abs(corner["Y"] - top) < 0.03


def test_one_page_pdfs_are_read_and_others_refused(sandbox: Sandbox) -> None:
    answer = client(sandbox).detect_document_text(Document={"Bytes": pdf(1)})

    assert texts(answer) == list(LINES)
    assert code(sandbox, pdf(2)) == "UnsupportedDocumentException"
    assert code(sandbox, pdf(1, password="secret")) == "UnsupportedDocumentException"
    assert code(sandbox, b"%PDF-1.7 nothing more") == "BadDocumentException"


def test_files_that_cannot_be_read_are_refused_by_name(sandbox: Sandbox) -> None:
    assert code(sandbox, b"GIF89a" + bytes(50)) == "UnsupportedDocumentException"
    assert code(sandbox, png()[:300]) == "BadDocumentException"
    assert code(sandbox, b"\xff\xd8\xff" + bytes(10 * 1024 * 1024)) == "DocumentTooLargeException"
    wide = io.BytesIO()
    Image.new("L", (10_001, 8), 255).save(wide, "PNG")
    assert code(sandbox, wide.getvalue()) == "BadDocumentException"


def test_an_empty_page_is_one_block(sandbox: Sandbox) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(blank, "JPEG")

    answer = client(sandbox).detect_document_text(Document={"Bytes": blank.getvalue()})

    assert [block["BlockType"] for block in answer["Blocks"]] == ["PAGE"]


def test_a_stated_document_says_what_was_stated(sandbox: Sandbox) -> None:
    content = b"\xff\xd8\xff any bytes"
    path = f"/textract/documents/{hashlib.sha256(content).hexdigest()}"
    lines = [{"text": "Tab Dolo 650", "confidence": 41.5}]
    sandbox.call("PUT", path, {"pages": [{"lines": lines}]})

    answer = client(sandbox).analyze_document(Document={"Bytes": content}, FeatureTypes=["FORMS", "TABLES"])

    assert texts(answer) == ["Tab Dolo 650"]
    assert answer["Blocks"][1]["Confidence"] == 41.5
    sandbox.call("PUT", path, {"pages": [{"lines": []}, {"lines": []}]})
    assert code(sandbox, content) == "UnsupportedDocumentException"
    sandbox.call("PUT", path, {"pages": []}, status=400)


def test_a_call_must_be_signed_for_this_key_and_region(sandbox: Sandbox) -> None:
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"key": "AKIAOTHER"}, "UnrecognizedClientException"),
        ({"region": "eu-west-1"}, "InvalidSignatureException"),
    ]
    for wrong, name in refusals:
        with pytest.raises(botocore.exceptions.ClientError, match=name):
            client(sandbox, **wrong).detect_document_text(Document={"Bytes": png()})

    unsigned = requests.post(f"{sandbox.url}/textract/", json={}, timeout=20)
    assert (unsigned.status_code, unsigned.json()["__type"]) == (400, "MissingAuthenticationTokenException")


def test_asynchronous_calls_need_a_bucket(sandbox: Sandbox) -> None:
    textract = client(sandbox)
    with pytest.raises(textract.exceptions.InvalidS3ObjectException):
        textract.start_document_text_detection(DocumentLocation={"S3Object": {"Bucket": "scans", "Name": "page.png"}})
    with pytest.raises(textract.exceptions.InvalidJobIdException):
        textract.get_document_text_detection(JobId="j" * 20)


def test_faults_arrive_as_the_sdk_names_them(sandbox: Sandbox) -> None:
    textract = client(sandbox, read=1)
    document = {"Bytes": png()}
    sandbox.fault("textract", "status", status=400, body={"__type": "ThrottlingException", "Message": "Rate exceeded"})
    with pytest.raises(textract.exceptions.ThrottlingException):
        textract.detect_document_text(Document=document)
    sandbox.fault("textract", "status", status=500)
    with pytest.raises(textract.exceptions.InternalServerError):
        textract.detect_document_text(Document=document)
    sandbox.fault("textract", "drop")
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        textract.detect_document_text(Document=document)
    hanging = sandbox.fault("textract", "hang")
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        textract.detect_document_text(Document=document)
    sandbox.http.delete(f"{sandbox.url}/_sandbox/faults/{hanging}", timeout=20)

"""What the sandbox is started with: the credentials it accepts and where its files are."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """Settings of one sandbox process; every credential has a default that local settings use too."""

    razorpay_key_id: str = "rzp_test_sandbox"
    razorpay_key_secret: str = "sandbox-razorpay-secret"
    razorpay_webhook_secret: str = "sandbox-webhook-secret"
    razorpay_webhook_secret_old: str = "sandbox-webhook-secret-old"
    maps_key: str = "AIzaSandbox"
    whatsapp_token: str = "sandbox-whatsapp-token"
    whatsapp_app_secret: str = "sandbox-app-secret"
    whatsapp_verify_token: str = "sandbox-verify-token"
    whatsapp_phone_number_id: str = "106540000000001"
    aws_key_id: str = "AKIASANDBOX0000000"
    aws_secret: str = "sandbox-aws-secret"
    aws_region: str = "ap-south-1"
    anthropic_key: str = "sandbox-anthropic-key"
    airtable_token: str = "patSandbox.token"
    airtable_base: str = "appSandbox0000001"
    airtable_webhook_secret: str = "c2FuZGJveC1haXJ0YWJsZS1zZWNyZXQ="
    razorpay_webhook: str = ""
    whatsapp_webhook: str = ""
    public_url: str = "http://127.0.0.1"
    places: Path = field(default=Path("ops/seed/areas.csv"))
    ocr_data: Path = field(default=Path(".plazza/ocr"))


CREDENTIALS = tuple(name for name in Config.__dataclass_fields__ if name not in {"public_url", "places", "ocr_data"})


def from_environment() -> dict[str, str]:
    """Return the settings given as `SANDBOX_<NAME>` in the environment, by field name."""
    found = {name: os.environ.get(f"SANDBOX_{name.upper()}", "") for name in CREDENTIALS}
    return {name: value for name, value in found.items() if value}

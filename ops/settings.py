"""The settings a local system hands to the functions: sandbox credentials, or real ones where somebody set them."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ops.endpoints import Endpoints
from ops.errors import OpsError
from ops.paths import FUNCTIONS

STORES = ("COCKROACH_DB_URL", "POSTGRES_URL", "REDIS_URL", "ELASTICSEARCH_URL")
SECRETS = (
    *STORES, "RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_WEBHOOK_SECRET_PREVIOUS",
    "GOOGLE_MAPS_API_KEY", "WHATSAPP_API_KEY", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY", "ANTHROPIC_API_KEY", "AIRTABLE_API_KEY", "OTP_KEY",
)  # fmt: skip
# The emulator takes RTDB triggers in this region only; a warning says so for every other.
EMULATED_DATABASE_REGION = "us-central1"
_MADE_UP = ("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", "OTP_KEY")  # made at random where nobody sets them, and kept
_FILES = (".env", ".env.local", ".secret.local")


class Provider(NamedTuple):
    """An outside provider: the variable of its base URL, the sandbox's path, and the sandbox's credentials."""

    base_url: str
    path: str
    credentials: dict[str, str]


PROVIDERS = {
    "Razorpay": Provider("RAZORPAY_BASE_URL", "/razorpay", {
        "RAZORPAY_KEY_ID": "rzp_test_sandbox", "RAZORPAY_KEY_SECRET": "sandbox-razorpay-secret",
        "RAZORPAY_WEBHOOK_SECRET": "sandbox-webhook-secret",
    }),
    "Google Maps": Provider("MAPS_BASE_URL", "/maps", {"GOOGLE_MAPS_API_KEY": "AIzaSandbox"}),
    "WhatsApp": Provider("WHATSAPP_BASE_URL", "/whatsapp", {
        "WHATSAPP_API_KEY": "sandbox-whatsapp-token", "WHATSAPP_APP_SECRET": "sandbox-app-secret",
        "WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token", "WHATSAPP_PHONE_NUMBER_ID": "106540000000001",
    }),
    "Textract": Provider("TEXTRACT_BASE_URL", "/textract", {
        "AWS_ACCESS_KEY": "AKIASANDBOX0000000", "AWS_SECRET_KEY": "sandbox-aws-secret", "AWS_REGION": "ap-south-1",
    }),
    "Claude": Provider("ANTHROPIC_BASE_URL", "/anthropic", {"ANTHROPIC_API_KEY": "sandbox-anthropic-key"}),
    "Airtable": Provider("AIRTABLE_BASE_URL", "/airtable", {
        "AIRTABLE_API_KEY": "patSandbox.token", "AIRTABLE_BASE_ID": "appSandbox0000001",
    }),
}  # fmt: skip
_SANDBOX_WEBHOOK_SECRET_PREVIOUS = "sandbox-webhook-secret-old"  # noqa: S105 -- the sandbox's invented credential


@dataclass(frozen=True)
class LocalSettings:
    """Values by name; `secrets` reach a function only where it declares them. `real` names what is not local."""

    values: dict[str, str]
    secrets: dict[str, str]
    real: tuple[str, ...]
    needs_sandbox: bool


def given_settings() -> dict[str, str]:
    """Collect what somebody set: the functions' own .env files, and above them the environment."""
    found: dict[str, str] = {}
    for name in _FILES:
        found.update(read_env_file(FUNCTIONS / name))
    names = {*SECRETS, *_plain_names()}
    found.update({name: value for name, value in os.environ.items() if name in names and value})
    return {name: value for name, value in found.items() if name in names and value}


def local_settings(found: Endpoints, given: dict[str, str], keys_file: Path, allowed_origin: str) -> LocalSettings:
    """Make the settings of a local system. Raises OpsError for a provider whose real credentials are incomplete."""
    values = {
        "REGION": "asia-south1",
        "DATABASE_REGION": EMULATED_DATABASE_REGION,
        "BUCKET_REGION": "asia-south1",
        "WHATSAPP_API_VERSION": "v25.0",
        "ANTHROPIC_MODEL": "claude-haiku-5-5",
        "BATCH_SIZE": "500",
        "LOG_LEVEL": "info",
        "ALLOWED_ORIGINS": allowed_origin,
        "COCKROACH_DB_URL": found.cockroach_url,
        "POSTGRES_URL": found.postgres_url,
        "REDIS_URL": found.redis_url,
        "ELASTICSEARCH_URL": found.search_url,
        **_kept_keys(keys_file),
    }
    real = [name for name in STORES if name in given]
    for name, provider in PROVIDERS.items():
        own = {key: given[key] for key in provider.credentials if key in given}
        if not own and provider.base_url not in given:
            values |= {**provider.credentials, provider.base_url: found.sandbox_url + provider.path}
            continue
        missing = sorted(provider.credentials.keys() - own.keys() - {"AWS_REGION"})
        if missing:
            raise OpsError(f"{name} is set to the real one, but {', '.join(missing)} is not set")
        real.append(name)
    if "Razorpay" not in real:
        values["RAZORPAY_WEBHOOK_SECRET_PREVIOUS"] = _SANDBOX_WEBHOOK_SECRET_PREVIOUS
    values |= {
        name: value for name, value in given.items() if name not in ("REGION", "DATABASE_REGION", "BUCKET_REGION")
    }
    return LocalSettings(
        {name: value for name, value in values.items() if name not in SECRETS},
        {name: values[name] for name in SECRETS},
        tuple(real),
        needs_sandbox=any(name not in real for name in PROVIDERS),
    )


def read_env_file(file: Path) -> dict[str, str]:
    """Read `NAME=value` lines; quotes around a value are dropped. A missing file is empty."""
    found: dict[str, str] = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name.removeprefix("export ").strip()] = value.strip().strip("\"'")
    return found


def write_env_file(file: Path, values: dict[str, str]) -> None:
    """Write values for the Firebase CLI, readable by their owner only."""
    lines = "".join(f"{name}={json.dumps(value)}\n" for name, value in sorted(values.items()))
    file.touch(mode=0o600)
    file.write_text(lines)


def _kept_keys(file: Path) -> dict[str, str]:
    """Give the keys that are made at random once and kept with the data."""
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    made = {name: kept.get(name) or secrets.token_hex(32) for name in _MADE_UP}
    if made != kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(made))
    return made


def _plain_names() -> set[str]:
    names = {key for provider in PROVIDERS.values() for key in (*provider.credentials, provider.base_url)}
    return {*names, "WHATSAPP_API_VERSION", "ANTHROPIC_MODEL", "BATCH_SIZE", "LOG_LEVEL", "ALLOWED_ORIGINS"}

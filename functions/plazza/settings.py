"""Every setting and secret, declared once; each is read lazily and names itself when it is missing.

Every function's cold start loads this module, so it imports nothing but the SDK's parameters. A secret is in a function's
environment only where its options name it: reading it elsewhere raises MissingSetting instead of answering "".
"""

import os

from firebase_functions.params import IntParam, SecretParam, StringParam


class MissingSetting(RuntimeError):
    """A setting is absent or malformed; the message names the variable and where it is set."""


# Secrets: Secret Manager in production, `.secret.local` of the emulator.
COCKROACH_DB_URL = SecretParam("COCKROACH_DB_URL", description="The system of record: orders, stock, money.")
POSTGRES_URL = SecretParam("POSTGRES_URL", description="Places, areas and coupons.")
REDIS_URL = SecretParam(
    "REDIS_URL", description="Cache, rate limits and search counts; without an answer everything but those goes on."
)
ELASTICSEARCH_URL = SecretParam("ELASTICSEARCH_URL", description="Nodes of one search cluster, comma separated.")
RAZORPAY_KEY_ID = SecretParam("RAZORPAY_KEY_ID", description="The merchant's key; Checkout shows it to customers.")
RAZORPAY_KEY_SECRET = SecretParam(
    "RAZORPAY_KEY_SECRET", description="Signs calls to Razorpay and what Checkout hands over."
)
RAZORPAY_WEBHOOK_SECRET = SecretParam("RAZORPAY_WEBHOOK_SECRET", description="Signs Razorpay's webhooks.")
RAZORPAY_WEBHOOK_SECRET_PREVIOUS = SecretParam(
    "RAZORPAY_WEBHOOK_SECRET_PREVIOUS",
    description="The one before it, taken as well while it is changed; may be empty.",
)
GOOGLE_MAPS_API_KEY = SecretParam("GOOGLE_MAPS_API_KEY", description="Geocoding and distances, for servers.")
WHATSAPP_API_KEY = SecretParam("WHATSAPP_API_KEY", description="Token of the WhatsApp Cloud API.")
WHATSAPP_APP_SECRET = SecretParam("WHATSAPP_APP_SECRET", description="Signs WhatsApp's webhooks.")
WHATSAPP_VERIFY_TOKEN = SecretParam(
    "WHATSAPP_VERIFY_TOKEN", description="What WhatsApp says when it subscribes to our webhook."
)
AWS_ACCESS_KEY = SecretParam("AWS_ACCESS_KEY", description="Who asks Textract.")
AWS_SECRET_KEY = SecretParam("AWS_SECRET_KEY", description="Its secret.")
ANTHROPIC_API_KEY = SecretParam("ANTHROPIC_API_KEY", description="Claude, which reads prescriptions.")
AIRTABLE_API_KEY = SecretParam(
    "AIRTABLE_API_KEY", description="Token of the base: products come from it, orders go to it."
)
OTP_KEY = SecretParam("OTP_KEY", description="Derives delivery codes; at random, and for ever the same.")

# Where things run. RTDB exists in three regions only, and its triggers must run in its own.
REGION: str = StringParam("REGION", default="asia-south1", description="Region of the functions.")  # pyright: ignore[reportAssignmentType] -- the SDK takes a param as region, its types do not
DATABASE_REGION: str = StringParam(
    "DATABASE_REGION", default="asia-southeast1", description="Region of the RTDB instance."
)  # pyright: ignore[reportAssignmentType] -- the SDK takes a param as region, its types do not
BUCKET_REGION: str = StringParam("BUCKET_REGION", default="asia-south1", description="Region of the default bucket.")  # pyright: ignore[reportAssignmentType] -- the SDK takes a param as region, its types do not
THREADS = IntParam(
    "THREADS", default=8, description="Requests an instance serves at once; the size of its database pools."
)

# Providers: identifiers, and base URLs for another host than the provider's own ("" means its own).
WHATSAPP_PHONE_NUMBER_ID = StringParam(
    "WHATSAPP_PHONE_NUMBER_ID", default="", description="The number that messages come from, by its id."
)
WHATSAPP_API_VERSION = StringParam(
    "WHATSAPP_API_VERSION", default="v25.0", description="Version of the WhatsApp Cloud API."
)
AIRTABLE_BASE_ID = StringParam("AIRTABLE_BASE_ID", default="", description="The base in Airtable.")
AWS_REGION = StringParam("AWS_REGION", default="ap-south-1", description="Region of Textract.")
ANTHROPIC_MODEL = StringParam(
    "ANTHROPIC_MODEL", default="claude-haiku-5-5", description="The model that reads prescriptions."
)
RAZORPAY_BASE_URL = StringParam("RAZORPAY_BASE_URL", default="", description="Another host than Razorpay's own.")
MAPS_BASE_URL = StringParam("MAPS_BASE_URL", default="", description="Another host than Google's own.")
WHATSAPP_BASE_URL = StringParam("WHATSAPP_BASE_URL", default="", description="Another host than WhatsApp's own.")
TEXTRACT_BASE_URL = StringParam("TEXTRACT_BASE_URL", default="", description="Another host than Textract's own.")
ANTHROPIC_BASE_URL = StringParam("ANTHROPIC_BASE_URL", default="", description="Another host than Claude's own.")
AIRTABLE_BASE_URL = StringParam("AIRTABLE_BASE_URL", default="", description="Another host than Airtable's own.")

# Behaviour.
BATCH_SIZE = IntParam("BATCH_SIZE", default=500, description="Rows or events handled at once.")
LOG_LEVEL = StringParam("LOG_LEVEL", default="info", description="debug, info, warning or error.")
ALLOWED_ORIGINS = StringParam(
    "ALLOWED_ORIGINS", default="", description="Web origins that may call the API, comma separated."
)

_PARAMS = {
    param.name: param for param in list(globals().values()) if isinstance(param, SecretParam | StringParam | IntParam)
}


def get(name: str) -> str:
    """Give a setting's value. Raises MissingSetting when it is unbound or empty and has no default."""
    value = optional(name)
    if not value:
        raise MissingSetting(
            f"{name} is not set: bind it as a secret of this function, or set it in functions/.env.<project>."
        )
    return value


def optional(name: str) -> str:
    """Give a setting's value, or "" when it is not set. An undeclared name is a KeyError: a mistake of the caller."""
    param = _PARAMS[name]
    value = os.environ.get(name)
    return value or ("" if isinstance(param, SecretParam) else str(param.default or ""))


def number(name: str) -> int:
    """Give a whole-number setting. Raises MissingSetting when it is absent or no positive number."""
    value = get(name)
    if not value.isdecimal() or int(value) < 1:
        raise MissingSetting(f"{name} must be a positive whole number, and is {value!r}.")
    return int(value)


def is_emulated() -> bool:
    """Tell whether the code runs inside the Firebase emulator suite."""
    return os.environ.get("FUNCTIONS_EMULATOR") == "true"


def project_id() -> str:
    """Give the Google Cloud project. Raises MissingSetting."""
    project = os.environ.get("GCLOUD_PROJECT") or os.environ.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        raise MissingSetting("GCLOUD_PROJECT is not set: Cloud Functions and the emulators set it.")
    return project


def refuse_emulators_in_production() -> None:
    """Raise MissingSetting when an auth emulator is named for a real project: its tokens are unsigned."""
    if os.environ.get("FIREBASE_AUTH_EMULATOR_HOST") and not project_id().startswith("demo-"):
        raise MissingSetting(
            "FIREBASE_AUTH_EMULATOR_HOST must not be set for a project whose id does not begin with demo-."
        )

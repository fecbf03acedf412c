"""`ops docs`: write docs/openapi.json from the routes and models, or check that it is what they say."""

import argparse
import importlib
import json
import sys

from ops.paths import FUNCTIONS, ROOT

FILE = ROOT / "docs" / "openapi.json"
ROUTES = (
    "catalogue.routes.products",
    "catalogue.routes.admin",
    "catalogue.routes.prescriptions",
    "payment.routes.payments",
    "payment.routes.webhook",
    "order.routes.orders",
    "order.routes.inventory",
    "location.routes",
    "user_events.routes",
    "discount.routes",
    "whatsapp.routes.messages",
    "whatsapp.routes.webhook",
    "delivery.routes",
    "platform.routes.accounts",
    "platform.routes.health",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--check", action="store_true", help="exit 1 when the file is not what the code says")


def main(options: argparse.Namespace) -> int:
    """Write the document, or compare it."""
    wanted = text()
    if options.check:
        if FILE.exists() and FILE.read_text() == wanted:
            return 0
        print(f"{FILE.relative_to(ROOT)} is not what the code says: run `python -m ops docs`", file=sys.stderr)
        return 1
    FILE.write_text(wanted)
    print(f"{FILE.relative_to(ROOT)} written")
    return 0


def text() -> str:
    """Give the document as it would be written."""
    if str(FUNCTIONS) not in sys.path:
        sys.path.insert(0, str(FUNCTIONS))
    openapi = importlib.import_module("plazza.http.openapi")
    apis = [importlib.import_module(f"plazza.{name}").api for name in ROUTES]
    return json.dumps(openapi.document(apis), indent=1, sort_keys=True) + "\n"

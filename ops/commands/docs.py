"""`ops docs`: write docs/openapi.json and the README's table of settings from the code, or check that they are what it says."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from ops import manifest, readme, setting_table
from ops.paths import ROOT, use_functions

FILE, README = ROOT / "docs" / "openapi.json", ROOT / "README.md"
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
    parser.add_argument("--check", action="store_true", help="exit 1 when a file is not what the code says")


def main(options: argparse.Namespace) -> int:
    """Write both, or compare them."""
    wanted = texts()
    stale = [file for file in wanted if not file.exists() or file.read_text() != wanted[file]]
    names = ", ".join(str(file.relative_to(ROOT)) for file in stale)
    if options.check:
        if stale:
            print(f"{names}: not what the code says; run `.venv/bin/python -m ops docs`", file=sys.stderr)
        return 1 if stale else 0
    for file in stale:
        file.write_text(wanted[file])
    print(f"{names} written" if stale else "all as the code says")
    return 0


def texts() -> dict[Path, str]:
    """Give each file as it would be written."""
    settings = setting_table.table(manifest.load())
    read_me = readme.with_table(README.read_text(), setting_table.BEGIN, settings, setting_table.END)
    return {FILE: text(), README: read_me}


def text() -> str:
    """Give the document as it would be written."""
    use_functions()
    openapi = importlib.import_module("plazza.http.openapi")
    apis = [importlib.import_module(f"plazza.{name}").api for name in ROUTES]
    return json.dumps(openapi.document(apis), indent=1, sort_keys=True) + "\n"

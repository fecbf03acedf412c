"""`ops mappings [status|create]`: the search index behind ELASTICSEARCH_URL or that of a local system."""

import argparse

from ops import mappings
from ops.endpoints import required, use_local_urls


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("what", nargs="?", choices=["status", "create"], default="status", help="default: status")
    parser.add_argument("--base", type=int, help="base port of a running local system, instead of ELASTICSEARCH_URL")


def main(options: argparse.Namespace) -> int:
    """Create the index if there is none, or show what is there."""
    if options.base is not None:
        use_local_urls(options.base)
    url = required("ELASTICSEARCH_URL")
    if options.what == "create":
        print(mappings.create(url))
        return 0
    found = mappings.status(url)
    if not found.index:
        print(f"{mappings.ALIAS}: no index; make it with `python -m ops mappings create`")
        return 1
    print(
        f"{mappings.ALIAS} → {found.index}: {found.documents} documents, mapping version {found.version}, file {found.wanted}"
    )
    return 0 if found.version == found.wanted else 1

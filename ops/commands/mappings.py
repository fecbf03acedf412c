"""`ops mappings [status|create|build|swap|rollback|repair|templates]`: the search index behind ELASTICSEARCH_URL or that of a local system."""

import argparse
import time

from ops import mappings, templates
from ops.endpoints import required, use_local_urls
from ops.errors import OpsError
from ops.paths import use_functions
from ops.results import peak_mb, print_table, result

_WHAT = ("status", "create", "build", "swap", "rollback", "repair", "templates")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("what", nargs="?", choices=_WHAT, default="status", help="default: status")
    parser.add_argument("index", nargs="?", help="swap: the index that is to answer")
    parser.add_argument("--base", type=int, help="base port of a running local system, instead of ELASTICSEARCH_URL")


def main(options: argparse.Namespace) -> int:
    """Do it, show what is there, and exit 0 when the index agrees with the products and the mapping file, or the templates with theirs."""
    if options.base is not None:
        use_local_urls(options.base)
    url = required("ELASTICSEARCH_URL")
    if options.what == "create":
        print(mappings.create(url))
        return 0
    if options.what == "templates":
        return _register(url)
    required("COCKROACH_DB_URL")
    use_functions()
    return _act(options.what, options.index)


def _register(url: str) -> int:
    found = templates.register(url)
    print_table([{"template": one.script_id, "is": one.state} for one in found])
    states = [one.state for one in found]
    if "different" in states:
        print("A stored version is never changed: raise the version in the first line of the file that is different.")
    counts = {state: states.count(state) for state in ("new", "same", "different")}
    return result("mappings-templates", ok=not counts["different"], **counts)


def _act(what: str, name: str | None) -> int:
    from plazza.catalogue.actions import index
    from plazza.catalogue.models.index import RepairedIndex
    from plazza.errors import PlazzaError

    if (what == "swap") != (name is not None):
        raise OpsError("name the index with swap, and only with swap; `ops mappings status` shows which there are")
    began = time.monotonic()
    try:
        work = {"build": index.build, "rollback": index.rollback, "repair": index.repair, "status": index.status}
        done = index.swap(name) if name is not None else work[what]()
    except PlazzaError as error:
        raise OpsError(f"{error} {error.details or ''}".strip()) from error
    figures: dict[str, object] = {}
    found = done
    if isinstance(done, RepairedIndex):
        found = done.status
        figures = done.model_dump(exclude={"status"})
    shown = found.model_dump()
    print_table([{"what": key, "is": shown[key]} for key in shown])
    ok = shown["differing_buckets"] == 0 and shown["mapping_version"] == shown["index_mapping_version"]
    kept = {key: shown[key] for key in ("documents", "products", "differing_buckets")}
    return result(f"mappings-{what}", ok=ok, **kept, **figures, seconds=time.monotonic() - began, peak_mb=peak_mb())

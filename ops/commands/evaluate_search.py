"""`ops evaluate-search QUERIES.jsonl`: ask the search route every judged query, and say how well it answers beside a plain search."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ops.endpoints import Endpoints
from ops.errors import OpsError
from ops.evaluation.scores import EVERY_KIND, Answer, Figures, Judged, Scored, by_kind, read_queries, score
from ops.paths import LOCAL, use_functions
from ops.results import print_table, result
from ops.steps import Screen
from ops.system import System, local_system

LEAST_SUCCESS1, LEAST_SUCCESS5, LEAST_KIND5, LEAST_MRR10 = 0.80, 0.95, 0.85, 0.85
LEAST_FALLBACK5 = 0.80
_SHOWN = 70


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        'QUERIES: one JSON object a line, {"q", "kind", "relevant": [skus], "dangerous": [skus]}.\n'
        "Without --url a throwaway system is started; with --products it holds that list alone, else the sample catalogue.\n"
        f"ok: success@1 ≥ {LEAST_SUCCESS1}, success@5 ≥ {LEAST_SUCCESS5} and ≥ {LEAST_KIND5} in every kind, MRR@10 ≥ {LEAST_MRR10}, nothing\n"
        f"dangerous first, none among the first three without a mark; with --fallback success@5 ≥ {LEAST_FALLBACK5}, nothing dangerous first."
    )
    parser.add_argument("queries", type=Path, metavar="QUERIES.jsonl")
    parser.add_argument(
        "--products",
        type=Path,
        metavar="FILE",
        help="a list of products to import first, as `ops import products` takes it",
    )
    parser.add_argument("--fallback", action="store_true", help="end the search engine first: the database answers")
    parser.add_argument("--url", help="a running local system's base URL, instead of a throwaway one")


def main(options: argparse.Namespace) -> int:
    """Evaluate; exit 0 only when every figure holds."""
    queries = read_queries(options.queries)
    if options.fallback and options.url:
        raise OpsError("--fallback ends the search engine, which only a throwaway system allows: leave --url out")
    if options.products is not None and not options.products.is_file():
        raise OpsError(f"{options.products} is no file")
    screen = Screen()
    with local_system(is_throwaway=True, url=options.url, screen=screen, has_sample=options.products is None) as system:
        _use(system.endpoints)
        if options.products is not None:
            _import(options.products, screen, is_indexed=not options.fallback)
        plain = _baseline(queries, screen)
        if options.fallback:
            system.end_part("search")
            screen.line("the search engine was ended")
        answers, degraded = _ask(system, queries, screen)
    scored = [score(judged, answer) for judged, answer in zip(queries, answers, strict=True)]
    figures = by_kind(scored, answers)
    print_table(
        _rows(figures, by_kind([score(judged, one) for judged, one in zip(queries, plain, strict=True)], plain))
    )
    _print_failing(scored, answers)
    wanted = len(queries) if options.fallback else 0
    if degraded != wanted:
        print(f"{degraded} of {len(queries)} answers came from the database, where {wanted} should", file=sys.stderr)
    total = figures[EVERY_KIND]
    holds = _holds_in_database(total) if options.fallback else _holds(figures)
    shown = {
        "success1": total.success1,
        "success5": total.success5,
        "mrr10": total.mrr10,
        "dangerous1": total.dangerous1,
    }
    return result("evaluate-search", ok=holds and degraded == wanted, **shown)


def _use(found: Endpoints) -> None:
    """Point this process, which imports and indexes, at the system's stores."""
    use_functions()
    os.environ.update(COCKROACH_DB_URL=found.cockroach_url, ELASTICSEARCH_URL=found.search_url)
    os.environ.setdefault("BATCH_SIZE", "500")
    os.environ.setdefault("LOG_LEVEL", "warning")


def _import(file: Path, screen: Screen, *, is_indexed: bool) -> None:
    from ops.importing import products
    from plazza.catalogue.actions import index

    screen.line(f"importing {file}")
    refused = LOCAL / "imports" / f"{file.name}.refused.csv"
    run = products.import_products(
        products.Settings(file, refused, 500, products.processes()), products.Progress(sys.stdout)
    )
    screen.line(f"imported: {run.created} new, {run.updated} changed, {run.refused} refused")
    if is_indexed:
        screen.line("building the index")
        built = index.build()
        screen.line(f"{built.documents} products in {built.index}")


def _baseline(queries: Sequence[Judged], screen: Screen) -> list[Answer]:
    from ops.evaluation import baseline

    with baseline.plain_index(_progress(screen, "plain index")) as index:
        return baseline.ask(index, queries)


def _ask(system: System, queries: Sequence[Judged], screen: Screen) -> tuple[list[Answer], int]:
    from ops.evaluation.asking import Asker

    asker = Asker(system.endpoints.api_url, screen.line)
    return asker.ask(queries, _progress(screen, "queries")), asker.degraded


def _progress(screen: Screen, what: str) -> Callable[[int, int], None]:
    def show(done: int, count: int) -> None:
        if done == count:
            screen.line(f"{what}: {count}")
        else:
            screen.running([f"{what}: {done} of {count}"])

    return show


def _rows(figures: dict[str, Figures], plain: dict[str, Figures]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for kind, one in figures.items():
        other = plain[kind]
        row: dict[str, object] = {
            "kind": kind,
            "queries": one.queries,
            "success@1": one.success1,
            "success@5": one.success5,
        }
        row |= {"MRR@10": one.mrr10, "dangerous@1": one.dangerous1, "unmarked@3": one.unmarked3, "empty": one.empty}
        row |= {
            "plain @1": other.success1,
            "plain @5": other.success5,
            "plain MRR": other.mrr10,
            "plain dangerous": other.dangerous1,
        }
        rows.append(row)
    return rows


def _print_failing(scored: Sequence[Scored], answers: Sequence[Answer]) -> None:
    """Print each query whose answer is not what it should be, and what stood first instead."""
    rows: list[dict[str, object]] = []
    for one, answer in zip(scored, answers, strict=True):
        wrong = ["dangerous first"] if one.is_dangerous else []
        wrong += [f"unmarked {', '.join(one.unmarked)}"] if one.unmarked else []
        wrong += [f"place {one.place}" if one.place else "not among ten"] if one.place != 1 else []
        if wrong:
            first = answer.skus[0] if answer.skus else "nothing"
            rows.append(
                {"kind": one.judged.kind, "query": one.judged.q[:_SHOWN], "first": first, "wrong": "; ".join(wrong)}
            )
    if rows:
        print()
        print_table(rows)


def _holds(figures: dict[str, Figures]) -> bool:
    total = figures[EVERY_KIND]
    return (
        total.success1 >= LEAST_SUCCESS1
        and total.success5 >= LEAST_SUCCESS5
        and total.mrr10 >= LEAST_MRR10
        and all(one.success5 >= LEAST_KIND5 for one in figures.values())
        and total.dangerous1 == total.unmarked3 == 0
    )


def _holds_in_database(total: Figures) -> bool:
    return total.success5 >= LEAST_FALLBACK5 and total.dangerous1 == 0

"""How a command that measures or proves something reports: a table, and as its last line `RESULT <name> ok|fail …`."""

from collections.abc import Mapping, Sequence


def result(name: str, *, ok: bool, **figures: object) -> int:
    """Print the line that machines read. Gives the exit code: 0 only when it is well."""
    shown = " ".join(f"{key}={_plain(value)}" for key, value in figures.items())
    print(f"RESULT {name} {'ok' if ok else 'fail'} {shown}".rstrip(), flush=True)
    return 0 if ok else 1


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows under the first row's names, in columns."""
    if not rows:
        return
    names = list(rows[0])
    lines = [names, *[[_plain(row.get(name, "")) for name in names] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def peak_mb() -> int:
    """Give the most memory that this process ever had."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

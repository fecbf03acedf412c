"""Tables in the README that are made from the code, each between two marks."""

from ops.errors import OpsError


def with_table(text: str, begin: str, table: str, end: str) -> str:
    """Put a table between its marks. Raises OpsError when the text has none."""
    head, found, rest = text.partition(begin)
    _, ending, tail = rest.partition(end)
    if not found or not ending:
        raise OpsError(f"README.md has no place for a table; put in the lines\n{begin}\n{end}")
    return f"{head}{begin}\n{table}\n{end}{tail}"

"""Cut a migration file into its statements: at a `;` that ends a line, outside of quotes and comments."""

from ops.errors import OpsError


def split(text: str) -> list[str]:
    """Give the statements of a file without their `;` and without whole-line comments around them.

    A `;` inside a string, a quoted name, a comment or a dollar-quoted body does not count. Raises OpsError for a file that
    ends inside a quote, or whose last statement has no `;`.
    """
    statements: list[str] = []
    start = position = 0
    while position < len(text):
        end = _skip(text, position)
        if end is not None:
            position = end
        elif text[position] == ";" and not text[position + 1 : _line_end(text, position)].strip():
            statements.append(text[start:position])
            position += 1
            start = position
        else:
            position += 1
    rest = _without_comments(text[start:])
    if rest:
        raise OpsError(f"the last statement does not end with `;` at a line's end: {rest[:60]}")
    return [statement for statement in (_without_comments(part) for part in statements) if statement]


def _skip(text: str, position: int) -> int | None:
    """Give where the quote or comment that begins here ends, or None when none begins here."""
    if text.startswith("--", position):
        return _line_end(text, position)
    if text.startswith("/*", position):
        return _after(text, "*/", position + 2)
    if text[position] in "'\"":
        return _after(text, text[position], position + 1)
    if text[position] == "$":
        tag_end = text.find("$", position + 1)
        tag = text[position : tag_end + 1]
        if tag_end > 0 and (tag == "$$" or tag[1:-1].isidentifier()):
            return _after(text, tag, tag_end + 1)
    return None


def _after(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    if found < 0:
        raise OpsError(f"a quote or comment is not closed: {text[position - len(mark) : position + 40]!r}")
    return found + len(mark)


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _without_comments(part: str) -> str:
    """Drop the whole-line comments before a statement and the space around it."""
    lines = part.strip().splitlines()
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("--")):
        lines.pop(0)
    return "\n".join(lines).strip()

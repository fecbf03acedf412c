"""The table of settings, made from their declarations and from the secrets that functions name."""

import importlib
from collections.abc import Sequence

from firebase_functions.params import IntParam, SecretParam, StringParam

from ops.manifest import Function
from ops.paths import use_functions

BEGIN, END = "<!-- settings: made by `python -m ops docs` -->", "<!-- settings: end -->"


def table(functions: Sequence[Function]) -> str:
    """Give the table for the README, in Markdown: secrets with the services whose functions name them, and what all functions have."""
    use_functions()
    settings = importlib.import_module("plazza.settings")
    lines = ["| Setting | Services | Secret | Default | What it is |", "|---|---|---|---|---|"]
    for param in vars(settings).values():
        if isinstance(param, SecretParam):
            held = {function.service for function in functions if param.name in function.secrets}
            shown = "all" if held == {function.service for function in functions} else ", ".join(sorted(held))
            lines.append(f"| `{param.name}` | {shown} | yes | - | {param.description} |")
        elif isinstance(param, StringParam | IntParam):
            default = f"`{param.default}`" if param.default else "-"
            lines.append(f"| `{param.name}` | all | no | {default} | {param.description} |")
    return "\n".join(lines)

"""The search engine's jars: what the lock file says, and whether the disk agrees. Standard library only."""

import hashlib
import tomllib
from pathlib import Path

from ops.paths import ENGINE, JARS

LOCK = ENGINE / "jgo.lock.toml"


def locked() -> dict[str, str]:
    """Give the lock file's jars: file name → sha256."""
    entries = tomllib.loads(LOCK.read_text())["dependencies"]
    return {_file_name(entry): entry["sha256"] for entry in entries}


def present() -> dict[str, Path]:
    """Give the jars on disk by file name."""
    return {path.name: path for folder in ("jars", "modules") for path in sorted((JARS / folder).glob("*.jar"))}


def problem() -> str:
    """Compare disk and lock: "" when every jar is there with its sum and nothing else is, otherwise a sentence."""
    wanted, found = locked(), present()
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    wrong = [name for name, path in found.items() if name in wanted and _sum(path) != wanted[name]]
    for what, names in (
        ("missing", missing),
        ("not in the lock file", extra),
        ("another sha256 than the lock file", wrong),
    ):
        if names:
            return f"{len(names)} jar(s) of the search engine, {what}: {', '.join(names[:3])}. Run `make setup`."
    return ""


def class_path() -> str:
    """Give Java's class path of the engine."""
    return ":".join(str(JARS / folder / "*") for folder in ("jars", "modules"))


def _file_name(entry: dict[str, str]) -> str:
    classifier = f"-{entry['classifier']}" if entry.get("classifier") else ""
    return f"{entry['artifactId']}-{entry['version']}{classifier}.jar"


def _sum(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

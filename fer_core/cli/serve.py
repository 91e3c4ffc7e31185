"""``fer serve``: predictions over HTTP."""

import argparse
import ipaddress
import socket
import sys
from typing import TYPE_CHECKING

from fer_core.cli.common import default_run
from fer_core.errors import FerError, reason
from fer_core.extras import optional

if TYPE_CHECKING:
    from fer_core.inference.recognizer import Recognizer

HOST, PORT = "127.0.0.1", 8000
MOST_MB, MOST_MEGAPIXELS = 25.0, 50.0
BACKLOG = 128  # connections that wait to be accepted


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer serve``."""
    command = commands.add_parser("serve", help="answer with the face table of each photo sent over HTTP")
    command.add_argument(
        "--run",
        action="append",
        help="which network, more than once for several; requests that name none get the first (default: the "
        "best on PublicTest)",
    )
    command.add_argument("--host", default=HOST, help=f"the address to listen on (default: {HOST})")
    command.add_argument("--port", type=_port, default=PORT, help=f"0 takes a free one (default: {PORT})")
    command.add_argument(
        "--workers", type=_count, help="photos handled at once (default: one a core, at most 4)"
    )
    command.add_argument(
        "--max-mb", type=_positive, default=MOST_MB, help=f"of a photo (default: {MOST_MB:g})"
    )
    command.add_argument(
        "--max-megapixels", type=_positive, default=MOST_MEGAPIXELS,
        help=f"of a photo (default: {MOST_MEGAPIXELS:g})",
    )  # fmt: skip
    command.set_defaults(command=serve)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, received {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, received {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"expected a number above 0, received {text!r}")
    return number


def serve(options: argparse.Namespace) -> int:
    """``fer serve``: listens until Ctrl-C."""
    with optional():
        import uvicorn
    from fer_core.inference.api import create_app
    from fer_core.inference.api_limits import Limits

    limits = Limits(most_mb=options.max_mb, most_megapixels=options.max_megapixels)
    if options.workers is not None:
        limits = Limits(limits.most_mb, limits.most_megapixels, options.workers)
    app = create_app(_load(options.run), limits)
    with _listen(options.host, options.port) as listener:
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        print(f"Listening on {address}; {address}/docs describes it. Stop with Ctrl-C.", file=sys.stderr)
        if not ipaddress.ip_address(host).is_loopback:
            print(
                "Other computers reach this address, which has neither password nor HTTPS: put a proxy in "
                "front of it, as docs/hosting.md shows.",
                file=sys.stderr,
            )
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])
    return 0


def _load(names: list[str] | None) -> "dict[str, Recognizer]":
    from fer_core.inference.recognizer import Recognizer

    found = [Recognizer(name) for name in names] if names else [Recognizer(default_run())]
    return {each.name: each for each in found}


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        FerError: if the address is none of this machine's, or taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        why = reason(error).partition(" (while")[0]
        raise FerError(
            f"--host and --port must name a free address of this machine. Received: {host}, {port}: {why}."
        ) from error

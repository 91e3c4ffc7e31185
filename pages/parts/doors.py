"""What the app opens to its visitors: the server's files, downloads to it, what others have connected.

On the computer itself (``server.address`` is localhost, as .streamlit/config.toml says) all of it is open;
where other computers can reach the app it is closed, unless whoever runs it says otherwise:

FER_PUBLIC       1: closed whatever the address, for an app behind a proxy; 0: open, in a network one trusts
FER_DATA_ROOTS   folders, parted as in PATH: data may be named by path, but only in these
"""

import ipaddress
import os
from pathlib import Path

import streamlit as st

from fer_core.errors import DataError

PUBLIC, ROOTS = "FER_PUBLIC", "FER_DATA_ROOTS"
UPLOADS_PREFIX = "fer-uploads-"  # of the folders in which uploads lie while they are used


def is_public() -> bool:
    """Whether strangers may be among the visitors."""
    said = os.environ.get(PUBLIC, "").strip()
    return said != "0" if said else not _listens_on_loopback(st.get_option("server.address"))


def may_name_paths() -> bool:
    """Whether a visitor may name a path on the server, which ``check_path`` then checks."""
    return not is_public() or bool(_roots() and not os.environ.get(PUBLIC, "").strip())


def check_path(text: str) -> Path:
    """The path that a visitor named, as the pages may read it.

    Raises:
        DataError: if it lies outside the folders of ``FER_DATA_ROOTS``, or where uploads are kept.
    """
    try:
        path = Path(os.path.expanduser(text.strip().strip("\"'"))).resolve()
    except (OSError, ValueError, RuntimeError):  # what no file system takes, or a home that nobody has
        raise DataError(f"{text} must be a path. Received: one that no file can have.") from None
    roots = _roots()
    if roots and not any(path.is_relative_to(root) for root in roots):
        raise DataError(f"{text} must lie in {' or '.join(map(str, roots))}. Received: another folder.")
    if any(part.startswith(UPLOADS_PREFIX) for part in path.parts):
        raise DataError(f"{text} must be your own copy. Received: an upload of this app.")
    return path


def _roots() -> list[Path]:
    return [Path(text).resolve() for text in os.environ.get(ROOTS, "").split(os.pathsep) if text]


def _listens_on_loopback(address: str | None) -> bool:
    """Without an address Streamlit listens to every network."""
    if address is None:
        return False
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"

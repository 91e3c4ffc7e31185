"""Locks that other processes see: who trains a run, or writes it anew. A killed process holds none."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fer_core.errors import RunError

PATIENCE_SECONDS = 0.3  # for one that only looks whether something is to be tidied up
FOLDER = ".locks"  # beside the folders that are locked; the files in it are empty and stay


@contextmanager
def hold(path: Path, doing: str) -> Iterator[None]:
    """Have ``path``, a folder that need not exist, for oneself until the ``with`` ends.

    Args:
        path: what nobody else may write meanwhile.
        doing: what others are told: "being trained".

    Raises:
        RunError: if another has it; the message says who, and since when.
        OSError: if the folder of ``path`` cannot be written.
    """
    from filelock import FileLock, Timeout

    lock, holder = _files(path)
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock, timeout=PATIENCE_SECONDS)
    try:
        held.acquire()
    except Timeout:
        raise RunError(f"{path} is in use: it is {_describe(holder)}. Wait until that ends.") from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"doing": doing, "pid": os.getpid(), "since": since}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        held.release()


def require_free(path: Path) -> None:
    """Refuse ``path`` where another has it; nothing is written where nobody ever had.

    Raises:
        RunError: as ``hold``.
    """
    if _files(path)[0].exists():
        with hold(path, "being looked at"):
            pass


def _files(path: Path) -> tuple[Path, Path]:
    """The lock, and what its holder says of itself."""
    folder = path.parent / FOLDER
    return folder / f"{path.name}.lock", folder / f"{path.name}.json"


def _describe(holder: Path) -> str:
    """What the holder says of itself; it may have ended a moment ago."""
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f"{facts['doing']} by process {facts['pid']}, since {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "being written by another process"

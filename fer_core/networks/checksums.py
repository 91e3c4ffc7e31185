"""Whether a model file is the one that its run recorded: asked before native code reads it.

A damaged file would answer otherwise in silence, or end the process that loads it. provenance.json holds the
SHA-256 of a run's model files under "sha256"; runs of before 0.25 hold none.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from fer_core import files
from fer_core.errors import RunError
from fer_core.paths import PROVENANCE

KEY = "sha256"  # in provenance.json: the name of a file -> its SHA-256


def checksums(*paths: Path) -> dict[str, str]:
    """The SHA-256 of files, by their names, as provenance.json holds them."""
    return {path.name: _sha256(path) for path in paths}


def require_intact(path: Path) -> bool:
    """Refuse a model file that is not the one that its run recorded.

    Returns:
        Whether it is the recorded one; False where no provenance.json beside it tells.

    Raises:
        RunError: if it is another, or there is no such file.
    """
    files.require_regular_file(path, what="model")
    provenance = path.with_name(PROVENANCE)
    recorded = files.read_json(provenance).get(KEY) if provenance.is_file() else None
    if not isinstance(recorded, dict) or path.name not in recorded:
        return False
    found = _sha256(path)
    if found != recorded[path.name]:
        raise RunError(
            f"{path} is damaged or was exchanged: its SHA-256 must be {recorded[path.name]}, as {PROVENANCE} "
            f"says. Received: {found}."
        )
    return True


def _sha256(path: Path) -> str:
    """Read once a process, and again when the file has changed."""
    stat = path.stat()
    return _digest(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

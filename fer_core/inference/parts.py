"""The face table of a batch on disk: a folder of Parquet parts, all by one network with one set of settings.

    _batch.json            the network and the settings
    part-00000.parquet     rows, in the order in which they were predicted; every input whole in one part

A part is written aside and renamed, so it is whole or absent, whatever ends the process. The paths in the
parts are what is done.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core import files
from fer_core.errors import OutputError
from fer_core.extras import optional
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.checksums import checksums

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "_batch.json"  # whoever reads a folder of Parquet passes over names with "_" or "."
PARTS, TORN = "part-*.parquet", "_torn-"
MOST_ROWS = 50_000  # of a part: 5 MB, and 50 MB of memory
MOST_SECONDS = 60.0  # of work that a killed process may cost


class Parts:
    """Takes rows and writes them in parts, after those that the folder holds.

    Args:
        folder: one that ``claim`` has accepted, and that nobody else writes to.
        say: takes a sentence on a part that cannot be read.

    Attributes:
        folder: as given.
        done: the paths of what is predicted, as ``face_table.as_text`` gives them.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        OSError: if the folder cannot be read.
    """

    def __init__(self, folder: Path, *, say: Callable[[str], object]) -> None:
        with optional():
            import pyarrow
        self._arrow = pyarrow
        self.folder = folder
        self.done: set[str] = set()
        for part in sorted(folder.glob(PARTS)):
            self._note(part, say)
        numbers = [int(part.stem.rsplit("-", 1)[1]) for part in folder.glob(f"*{PARTS}")]
        self._next = max(numbers, default=-1) + 1
        self._tables: list[pa.Table] = []
        self._rows, self._since = 0, time.monotonic()

    def add(self, table: "pa.Table") -> None:
        """Keep the rows of some inputs, all of each; now and then a part is written.

        Raises:
            OSError: if the part cannot be written.
        """
        self._tables.append(table)
        self._rows += table.num_rows
        if self._rows >= MOST_ROWS or time.monotonic() - self._since >= MOST_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what was added since the last part.

        Raises:
            OSError: if it cannot be written.
        """
        from pyarrow import parquet

        tables, self._tables, self._rows = self._tables, [], 0
        if tables:
            path = self.folder / f"part-{self._next:05d}.parquet"
            with files.replace_whole(path, fsync=True) as partial:
                whole = self._arrow.concat_tables(tables)
                parquet.write_table(whole, partial, compression="zstd", write_page_checksum=True)
            self._next += 1
        self._since = time.monotonic()

    def _note(self, part: Path, say: Callable[[str], object]) -> None:
        """Read what a part holds; one that is not whole is put aside, and its inputs are predicted again."""
        from pyarrow import parquet

        try:
            paths = parquet.read_table(part, columns=["path"], page_checksum_verification=True)["path"]
            self.done.update(paths.unique().to_pylist())
        except (self._arrow.ArrowException, OSError, KeyError) as error:
            if getattr(error, "errno", None):  # the disk's, not the file's
                raise
            aside = part.with_name(TORN + part.name)
            part.replace(aside)
            say(f"{part} is damaged, so what it held is predicted again; it is {aside.name} now.")


def describe(recognizer: Recognizer, frames_per_second: float) -> dict[str, Any]:
    """What must be the same in all parts of a folder."""
    (digest,) = checksums(recognizer.path).values()
    return {
        "run": recognizer.name,
        "sha256": digest,
        "detector": recognizer.detector,
        "face_threshold": recognizer.face_threshold,
        "frames_per_second": frames_per_second,
    }


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Make a folder one of these settings, or find that it is.

    Args:
        folder: made if it is not there.
        settings: from ``describe``.

    Raises:
        OutputError: if it holds anything else, or a batch by another network or with other settings.
        OSError: if it cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / MANIFEST
    if not manifest.exists():
        if any(not path.name.startswith(".") for path in folder.iterdir()):
            raise OutputError(
                f"A batch must go into a new or empty folder, or one that an earlier batch filled. "
                f"Received: {folder}, which holds other files."
            )
        files.write_json(manifest, settings)
        return
    found = files.read_json(manifest)
    if found != settings:
        raise OutputError(
            f"{folder} holds a batch by {_say(found)}. Received: {_say(settings)}. Name another folder."
        )


def _say(settings: dict[str, Any]) -> str:
    """Settings as part of a sentence."""
    return (
        f"the network {settings.get('run')} ({str(settings.get('sha256'))[:8]}) with "
        f"{settings.get('detector')}, face threshold {settings.get('face_threshold')}, "
        f"{settings.get('frames_per_second')} frames a second"
    )

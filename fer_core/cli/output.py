"""Where ``fer predict --output`` points: a table in a file, or a folder of annotated pictures."""

import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from fer_core.errors import OutputError
from fer_core.inference.face_table import CSV, JSON, FaceRow, TableWriter

TABLES = {".csv": CSV, ".json": JSON}


class Output:
    """Takes rows and pictures, and keeps what it is for. Use it in a ``with``.

    Nothing is replaced but a table of the same name. What cannot be written is said once and ends the
    writing, not the command: it prints every row anyway.

    Args:
        target: a file that ends in .csv or .json; a folder, made where there is none; or None for neither.

    Attributes:
        failed: whether something could not be written.

    Raises:
        OutputError: if the target cannot be opened, before anything is computed.
    """

    def __init__(self, target: Path | None) -> None:
        self.failed = False
        self._folder: Path | None = None
        self._table: TableWriter | None = None
        self._stack = ExitStack()
        if target is None:
            return
        try:
            if target.suffix.lower() in TABLES:
                self._table = self._open_table(target)
                return
            if (
                target.suffix[1:].isalpha() and not target.is_dir()
            ):  # "faces.xlsx" wants no folder of that name
                raise OSError(0, "another kind of file")
            target.mkdir(parents=True, exist_ok=True)
            self._folder = target
        except OSError as error:
            raise OutputError(
                f"--output must be a folder, or a file that ends in {' or '.join(TABLES)}, that can be "
                f"written. Received: {target} ({error.strerror})."
            ) from error

    def _open_table(self, path: Path) -> TableWriter:
        from fer_core.files import replace_whole

        partial = self._stack.enter_context(replace_whole(path))
        stream = open(partial, "w", encoding="utf-8", errors="backslashreplace", newline="")  # noqa: SIM115
        self._stack.enter_context(stream)
        return self._stack.enter_context(TableWriter(stream, TABLES[path.suffix.lower()]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._try(self._stack.close)

    @property
    def wants_pictures(self) -> bool:
        """Whether annotated pictures are kept: drawing them takes its time."""
        return self._folder is not None and not self.failed

    def add_row(self, row: FaceRow) -> None:
        """Keep a row of the table."""
        table = self._table
        if table is not None and not self.failed:
            self._try(lambda: table.write(row))

    def add_picture(self, name: str, source: str, save: Callable[[Path], object]) -> None:
        """Keep a picture under a name, or with a number behind where another has that name.

        Args:
            name: the file's, such as "photo-faces.png".
            source: what it shows, for the message that names another.
            save: writes it to a path.
        """
        if self._folder is None or self.failed:
            return
        wanted = path = self._folder / name
        number = 1
        while path.exists():
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")
        if self._try(lambda: _save_whole(path, save)) and path != wanted:
            print(f"fer: {source} is drawn in {path}: {wanted.name} is there already.", file=sys.stderr)

    def _try(self, write: Callable[[], object]) -> bool:
        """Whether it was written; the first failure is said, and closes what is open."""
        try:
            write()
        except OSError as error:
            self.failed = True
            with suppress(OSError):
                self._stack.__exit__(type(error), error, error.__traceback__)
            said = f"fer: --output cannot be written any more: {error.strerror or error}."
            print(said, "What follows is printed alone.", file=sys.stderr)
        return not self.failed


def _save_whole(path: Path, save: Callable[[Path], object]) -> None:
    from fer_core.files import replace_whole

    with replace_whole(path) as partial:
        save(partial)

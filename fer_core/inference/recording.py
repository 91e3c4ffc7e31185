"""A recording of the live video: its face table, and the annotated pictures as an MP4 film.

The film lies in a temporary file without a name, which is gone with the recording or the program.
"""

import logging
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from fer_core.errors import reason
from fer_core.inference.face_table import CSV, FaceRow
from fer_core.vision.mp4 import Mp4Writer
from fer_core.vision.pictures import Picture

if TYPE_CHECKING:
    from fer_core.inference.prediction import Prediction

MOST_ROWS = 200_000  # three hours of one face at 15 frames a second, about 40 MB
MOST_SECONDS = 600.0  # of film, about 100 MB; the table goes on

log = logging.getLogger(__name__)


class Recording:
    """Takes frame after frame until it is stopped; not safe between threads.

    Attributes:
        is_running: whether it takes further frames.
        seconds: the length of its film; None while there is none.
        error: why the film ended early; empty where it did not.
    """

    def __init__(self) -> None:
        self.is_running, self.error = True, ""
        self.seconds: float | None = None
        self._start: float | None = None
        self._rows: list[str] = []  # lines of a CSV, which take half the memory of their numbers
        self._file: BinaryIO | None = None
        self._film: Mp4Writer | None = None
        self._is_filming = True
        self._open = ExitStack()  # file and film
        weakref.finalize(self, self._open.close)

    @property
    def row_count(self) -> int:
        """How many rows its table has."""
        return len(self._rows)

    def take(self, picture: Picture, faces: "Iterable[tuple[int, Prediction]]", now: float) -> None:
        """Add a frame: a row a face, and its picture; nothing once it has stopped.

        Args:
            picture: RGB uint8 (H, W, 3), annotated.
            faces: number and prediction of each.
            now: seconds on any clock.
        """
        if not self.is_running:
            return
        self._start = now if self._start is None else self._start
        at = now - self._start
        rows = (FaceRow("camera", number, each.face, each.probabilities, at) for number, each in faces)
        self._rows.extend(map(CSV.row, islice(rows, MOST_ROWS - len(self._rows))))
        if self._is_filming:
            self._take_picture(picture, at)
        if len(self._rows) >= MOST_ROWS:
            self.stop()

    def _take_picture(self, picture: Picture, at: float) -> None:
        try:
            if self._film is None:
                file = tempfile.TemporaryFile()  # noqa: SIM115 (the stack closes it)
                self._file = cast(BinaryIO, self._open.enter_context(file))
                self._film = Mp4Writer(self._file)
                self._open.callback(_give_up, self._film)
            self._film.write(picture, at)
            self.seconds = at
        except Exception as error:  # a full disk, or whatever the encoder says: the stream goes on
            self._fail(error)
        if at >= MOST_SECONDS:
            self._end_film()

    def _end_film(self) -> None:
        is_filming, self._is_filming = self._is_filming, False
        if is_filming and self._film is not None:
            try:
                self._film.close()
            except Exception as error:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        """End the film; what was written before can be played."""
        log.error("The film could not be written", exc_info=error)
        self._is_filming, self.error = False, reason(error)
        if self._film is not None:
            _give_up(self._film)

    def stop(self) -> None:
        """Take no further frame; what was recorded stays."""
        self.is_running = False
        self._end_film()

    def csv(self) -> str:
        """The face table: a row a face and frame, times from the first frame, as in the film."""
        return "".join([CSV.head, *self._rows])

    def mp4(self) -> bytes:
        """The film so far; empty where there is none."""
        if self._file is None:
            return b""
        end = self._file.tell()
        self._file.seek(0)
        data = self._file.read()
        self._file.seek(end)
        return data


def _give_up(film: Mp4Writer) -> None:
    """Close a film of which nobody wants to hear any more."""
    with suppress(Exception):
        film.close()

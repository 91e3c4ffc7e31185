"""Many photos and videos, on all cores: ``predict_files(["photos/"])`` yields the face table's rows.

The rows come in the order in which the files are named and found, whatever core predicts them. A photo
without a face has a row, and so has what could not be read, whatever is wrong with it.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fer_core.errors import DataError, FerError, reason
from fer_core.inference.engines import Results, map_local
from fer_core.inference.face_table import FaceRow, photo_rows, to_arrow
from fer_core.inference.image_tables import Input
from fer_core.inference.inputs import find_inputs
from fer_core.inference.ray_engine import map_ray
from fer_core.inference.recognizer import Recognizer, RunFolder
from fer_core.inference.video import VideoReader
from fer_core.paths import DEFAULT_RUN
from fer_core.vision.detection import FACE_THRESHOLD
from fer_core.vision.frames import FRAMES_PER_SECOND, kind_of
from fer_core.vision.frames import SUFFIXES as VIDEO_SUFFIXES
from fer_core.vision.pictures import load_picture

if TYPE_CHECKING:
    import pyarrow as pa

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")
CHUNK = 16  # photos that a core takes at once: half a second to three
CHUNK_BYTES = 4_000_000  # of photos that come as bytes, a few chunks a core wait in memory
Chunk = tuple[Input, ...]


class StoppedError(Exception):
    """Nobody waits for the result any more."""


class Reader:
    """What a core does: inputs in, rows out. It is pickled with its recognizer, by the run's name.

    Args:
        recognizer: predicts; one thread, as each core has its own.
        frames_per_second: of a video, see ``sample_frames``.
    """

    def __init__(self, recognizer: Recognizer, *, frames_per_second: float = FRAMES_PER_SECOND) -> None:
        self.recognizer = recognizer
        self.frames_per_second = frames_per_second

    def __call__(self, chunk: Chunk, is_stopped: Callable[[], bool] = bool) -> list[FaceRow]:
        """The rows of a chunk.

        Args:
            chunk: the inputs.
            is_stopped: asked before each photo and frame.

        Raises:
            StoppedError: once ``is_stopped`` says so.
        """
        return [row for each in chunk for row in self._read(each, is_stopped)]

    def failed(self, chunk: Chunk, sentence: str) -> list[FaceRow]:
        """The rows of inputs of which each ended the process that read it."""
        return [FaceRow(each.path, error=f"{each.path} {sentence}") for each in chunk]

    def _read(self, source: Input, is_stopped: Callable[[], bool]) -> list[FaceRow]:
        if is_stopped():
            raise StoppedError
        rows: list[FaceRow] = []
        try:
            if source.wrong:
                rows.append(FaceRow(source.path, error=source.wrong))
            elif kind_of(_file(source)) == "video":
                self._read_video(source, rows, is_stopped)
            else:
                rows += photo_rows(source.path, self.recognizer.predict(load_picture(_file(source))))
        except FerError as error:
            rows.append(FaceRow(source.path, error=str(error)))
        except StoppedError:
            raise
        except Exception as error:  # one photo of a million must not cost the others
            said = f"{source.path} could not be predicted: {type(error).__name__}: {reason(error)}."
            rows.append(FaceRow(source.path, error=said))
        return rows

    def _read_video(self, source: Input, rows: list[FaceRow], is_stopped: Callable[[], bool]) -> None:
        """Add a video's rows, as far as it can be read, and a row for what was left out."""
        reader = VideoReader(
            self.recognizer,
            _file(source),
            frames_per_second=self.frames_per_second,
            keeps_key_frames=False,
        )
        try:
            while reader.read_next():
                if is_stopped():
                    raise StoppedError
        finally:
            reader.stop()
            rows += reader.rows
        if reader.remark or not reader.rows:
            rows.append(FaceRow(source.path, error=reader.remark))


def _file(source: Input) -> str | io.BytesIO:
    """A path, or bytes under the name that a message calls them."""
    if source.data is None:
        return source.path
    file = io.BytesIO(source.data)
    file.name = source.path
    return file


class TableReader(Reader):
    """A ``Reader`` that makes its rows an Arrow table, so that whoever gathers them has less to do."""

    def __call__(self, chunk: Chunk, is_stopped: Callable[[], bool] = bool) -> "pa.Table":
        """The rows of a chunk; see ``Reader``."""
        return to_arrow(super().__call__(chunk, is_stopped))

    def failed(self, chunk: Chunk, sentence: str) -> "pa.Table":
        """See ``Reader``."""
        return to_arrow(super().failed(chunk, sentence))


def predict_files(
    sources: Iterable[str | Path],
    *,
    run: RunFolder | str | Path = DEFAULT_RUN,
    face_threshold: float = FACE_THRESHOLD,
    frames_per_second: float = FRAMES_PER_SECOND,
    engine: Engine = "local",
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[FaceRow]:
    """The rows of every face in many photos and videos, as soon as all rows before them are there.

    Args:
        sources: photos, videos, folders with all below them, patterns such as "*.jpg", lists of these (.txt
            files, "-" for standard input), and Parquet files with a column of image files' bytes.
        run: see ``Recognizer``.
        face_threshold: see ``Recognizer``.
        frames_per_second: of a video, see ``sample_frames``.
        engine: "local", a process a core of this machine, or "ray", Ray Data, also over many machines.
        workers: how many processes; by default one a core.
        address: of a Ray cluster, "auto" for the one that this machine is part of; by default Ray runs on
            this machine alone.

    Raises:
        RunError: if the run or its model is missing or broken.
        PictureError: if the threshold is outside (0, 1].
        DataError: if a list cannot be read, or there is no such engine or number of workers.
        MissingExtraError: if a package is missing that a source or the engine needs.

    Example:
        Processes are started anew, so a script of your own needs the first line (``multiprocessing``):

        >>> if __name__ == "__main__":
        ...     for row in predict_files(["photos/", "film.mp4"]):
        ...         print(row.path, row.values()["emotion"])
    """
    reader = Reader(load_recognizer(run, face_threshold), frames_per_second=frames_per_second)
    found = chunks(find_inputs(map(str, sources)))
    results = map_chunks(reader, found, engine=engine, workers=workers, address=address)
    return _rows(results)


def _rows(results: Results) -> Iterator[FaceRow]:
    for result in results:
        yield from result.rows


def load_recognizer(run: RunFolder | str | Path, face_threshold: float) -> Recognizer:
    """The recognizer of a worker: one thread, and found again from any folder."""
    if isinstance(run, str | Path) and (Path(run).suffix == ".tflite" or len(Path(run).parts) > 1):
        run = Path(run).absolute()
    return Recognizer(run, face_threshold=face_threshold, threads=1)


def chunks(inputs: Iterable[Input]) -> Iterator[Chunk]:
    """What a core takes at once: some photos, or one video."""
    chunk: list[Input] = []
    size = 0
    for each in inputs:
        is_video = each.data is None and each.path.lower().endswith(_VIDEO_ENDS)
        if chunk and (is_video or len(chunk) == CHUNK or size >= CHUNK_BYTES):
            yield tuple(chunk)
            chunk, size = [], 0
        if is_video:
            yield (each,)
        else:
            chunk.append(each)
            size += len(each.data or b"")
    if chunk:
        yield tuple(chunk)


_VIDEO_ENDS = tuple(f".{suffix}" for suffix in VIDEO_SUFFIXES if suffix not in ("gif", "webp"))


def map_chunks(
    reader: Reader,
    chunks: Iterable[Chunk],
    *,
    engine: Engine = "local",
    workers: int | None = None,
    address: str | None = None,
) -> Results:
    """Each chunk's result, in the order of the chunks; close it to stop.

    Args:
        reader: is pickled to each worker.
        chunks: taken only as fast as they are worked off.
        engine: see ``predict_files``.
        workers: see ``predict_files``.
        address: see ``predict_files``.

    Raises:
        DataError: see ``predict_files``.
        MissingExtraError: see ``predict_files``.
        RunError: see ``predict_files``.
    """
    if engine not in ENGINES:
        raise DataError(f"The engine must be {' or '.join(ENGINES)}. Received: {engine}.")
    if engine == "ray":
        return map_ray(reader, chunks, workers, address=address)
    return map_local(reader, chunks, workers)

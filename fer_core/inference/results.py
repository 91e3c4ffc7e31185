"""A finished batch, looked at: counts, faces by confidence, and pages of rows, read part by part.

Nothing here holds the table as a whole: a pass over the parts keeps counts, or some rows.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fer_core import files
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.errors import DataError, RunError, reason
from fer_core.extras import optional
from fer_core.inference.face_table import COLUMNS
from fer_core.inference.parts import MANIFEST, PARTS

if TYPE_CHECKING:
    import pyarrow as pa

Counts = npt.NDArray[np.int64]
BINS = 20  # of the confidence
MOST_FACES = 10  # in a photo that are told apart; more are one class
MOST_VIDEOS = 500  # that can be chosen
BATCH = 65_536  # rows in memory at once


@dataclass(frozen=True)
class Filter:
    """Which faces are meant.

    Attributes:
        emotions: those predicted; none means all.
        low: the least confidence, in [0, 1].
        high: the highest.
        folder: in which the photos and videos lie, at any depth; "" for all.
    """

    emotions: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    folder: str = ""


@dataclass
class Summary:
    """Counts of a batch.

    Attributes:
        files: photos and videos, in the folder that is meant.
        without_face: of these, those that were read and show nobody.
        errors: rows that say what could not be read.
        all_faces: rows with a face, in that folder.
        faces: of these, those that are meant.
        emotions: (7,) of the faces that are meant.
        confidences: (20,) likewise, from 0 to 1.
        faces_per_photo: (12,) photos with 0, 1 ... 10 and more faces.
        folders: a folder -> (7,) its faces that are meant.
        videos: the first 500 videos with faces.
    """

    files: int = 0
    without_face: int = 0
    errors: int = 0
    all_faces: int = 0
    emotions: Counts = field(default_factory=lambda: np.zeros(EMOTION_COUNT, np.int64))
    confidences: Counts = field(default_factory=lambda: np.zeros(BINS, np.int64))
    faces_per_photo: Counts = field(default_factory=lambda: np.zeros(MOST_FACES + 2, np.int64))
    folders: dict[str, Counts] = field(
        default_factory=lambda: defaultdict(lambda: np.zeros(EMOTION_COUNT, np.int64))
    )
    videos: dict[str, None] = field(default_factory=dict)

    @property
    def faces(self) -> int:
        """The faces that are meant."""
        return int(self.emotions.sum())


class Results:
    """The face table in a folder of Parquet parts.

    Attributes:
        folder: where it is.
        settings: of ``fer batch``: "run", "face_threshold", "frames_per_second"; empty for other tables.

    Raises:
        DataError: if the folder holds no such parts; the message names what is wrong.
        MissingExtraError: if pyarrow is not installed.
    """

    def __init__(self, folder: Path) -> None:
        with optional():
            import pyarrow as pa
            from pyarrow import dataset
        parts = sorted(map(str, folder.glob(PARTS)))
        if not parts:
            raise DataError(f"{folder} must be a folder that fer batch filled. Received: one without parts.")
        try:
            self._table = dataset.dataset(parts, format="parquet")
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{folder} holds a part that cannot be read: {reason(error)}.") from error
        lacking = [name for name in COLUMNS if name not in self._table.schema.names]
        if lacking:
            raise DataError(f"The parts in {folder} must be a face table. Received: no {', '.join(lacking)}.")
        self.folder = folder
        self.settings: dict[str, Any] = {}
        if (folder / MANIFEST).is_file():
            try:
                self.settings = files.read_json(folder / MANIFEST)
            except RunError as error:
                raise DataError(str(error)) from error

    def summarize(self, wanted: Filter) -> Summary:
        """Count, in one pass over six columns.

        Raises:
            DataError: if a part is damaged.
        """
        found, last = Summary(), _Last()
        names = ["path", "time", "face", "emotion", "confidence", "error"]
        for batch in self._batches(columns=names, filter=_in_folder(wanted.folder)):
            _count(found, batch, wanted, last)
        _end_file(found, last)
        found.folders = dict(found.folders)
        return found

    def most_confident(self, wanted: Filter, count: int) -> list[dict[str, Any]]:
        """The rows of the faces that are meant with the highest confidence, one a face of a photo or video.

        Raises:
            DataError: if a part is damaged.
        """
        best: list[dict[str, Any]] = []
        for batch in self._batches(filter=_faces(wanted)):
            rows = best + batch.take(_surest(batch)[:count]).to_pylist()
            rows.sort(key=lambda row: -row["confidence"])
            of_faces: dict[tuple[str, int], dict[str, Any]] = {}
            for row in rows:
                of_faces.setdefault((row["path"], row["face"]), row)
            best = list(of_faces.values())[:count]
        return best

    def rows(self, wanted: Filter, count: int) -> "pa.Table":
        """The first rows of the faces that are meant.

        Raises:
            DataError: if a part is damaged.
        """
        return self._head(_faces(wanted), count)

    def errors(self, count: int) -> "pa.Table":
        """The first rows that say what could not be read.

        Raises:
            DataError: if a part is damaged.
        """
        from pyarrow import compute

        return self._head(~compute.field("error").is_null(), count)

    def video(self, path: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """What a video shows over time: seconds (N,) rising, and the mean probabilities (N, 7) of its faces.

        Raises:
            DataError: if a part is damaged.
        """
        from pyarrow import compute

        sums: dict[float, npt.NDArray[np.float64]] = defaultdict(lambda: np.zeros(EMOTION_COUNT + 1))
        meant = (compute.field("path") == path) & ~compute.field("time").is_null()
        for batch in self._batches(columns=["time", *EMOTION_LABELS], filter=meant):
            shares = np.column_stack([batch[name].to_numpy(zero_copy_only=False) for name in EMOTION_LABELS])
            for time, row in zip(batch["time"].to_pylist(), shares, strict=True):
                sums[time] += [*row, 1]
        times = sorted(sums)
        values = np.array([sums[time] for time in times]).reshape(-1, EMOTION_COUNT + 1)
        return np.array(times), (values[:, :-1] / values[:, -1:]).astype(np.float32)

    def _head(self, meant: Any, count: int) -> "pa.Table":
        import pyarrow as pa

        found, left = [], count
        for batch in self._batches(filter=meant):
            found.append(batch.slice(0, left))
            left -= found[-1].num_rows
            if not left:
                break
        return pa.Table.from_batches(found, self._table.schema)

    def _batches(self, **options: Any) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        try:
            yield from self._table.to_batches(
                batch_size=BATCH, batch_readahead=1, fragment_readahead=1, **options
            )
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{self.folder} holds a part that cannot be read: {reason(error)}.") from error


def _in_folder(folder: str) -> Any:
    from pyarrow import compute

    return compute.starts_with(compute.field("path"), folder + os.sep) if folder else None


def _faces(wanted: Filter) -> Any:
    """The faces that are meant, as an expression."""
    from pyarrow import compute

    share = compute.field("confidence")
    meant = (share >= wanted.low) & (share <= wanted.high)
    if wanted.emotions:
        meant &= compute.field("emotion").isin(list(wanted.emotions))
    inside = _in_folder(wanted.folder)
    return meant if inside is None else meant & inside


def _surest(batch: "pa.RecordBatch") -> npt.NDArray[np.int64]:
    """The row with the highest confidence of each face of each file, in falling order of it."""
    order = np.argsort(-batch["confidence"].to_numpy(zero_copy_only=False), kind="stable")
    codes = batch["path"].dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    faces = (codes << 32) + batch["face"].to_numpy(zero_copy_only=False).astype(np.int64)
    _, first = np.unique(faces[order], return_index=True)
    return np.asarray(order[np.sort(first)], dtype=np.int64)


@dataclass
class _Last:
    """The file whose rows are being counted: they stand one after the other."""

    path: str | None = None
    faces: int = 0
    is_video: bool = False
    is_broken: bool = False


def _count(found: Summary, batch: "pa.RecordBatch", wanted: Filter, last: _Last) -> None:
    columns = {name: batch[name] for name in batch.schema.names}
    shares = columns["confidence"].to_numpy(zero_copy_only=False)
    index = {label: number for number, label in enumerate(EMOTION_LABELS)}
    codes = columns["emotion"].dictionary_encode()
    lookup = np.array([index.get(label, -1) for label in codes.dictionary.to_pylist()] + [-1])
    emotions = lookup[codes.indices.fill_null(len(lookup) - 1).to_numpy(zero_copy_only=False)]
    is_meant = (emotions >= 0) & (shares >= wanted.low) & (shares <= wanted.high)
    if wanted.emotions:
        is_meant &= np.isin(emotions, [index[label] for label in wanted.emotions])
    found.emotions += np.bincount(emotions[is_meant], minlength=EMOTION_COUNT)
    found.confidences += np.histogram(shares[is_meant], BINS, (0, 1))[0]
    found.errors += batch.num_rows - columns["error"].null_count
    found.all_faces += batch.num_rows - columns["face"].null_count
    _count_files(found, columns, emotions, is_meant, last)


def _count_files(
    found: Summary, columns: Any, emotions: Counts, is_meant: npt.NDArray[np.bool_], last: _Last
) -> None:
    """Count by file: its rows stand one after the other, those of the last may go on in the next batch."""
    paths = columns["path"].to_numpy(zero_copy_only=False)
    is_face = columns["face"].is_valid().to_numpy(zero_copy_only=False)
    has_time = columns["time"].is_valid().to_numpy(zero_copy_only=False)
    is_broken = columns["error"].is_valid().to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(paths)), bool), paths[1:] != paths[:-1]]))
    for start, stop in zip(starts, [*starts[1:], len(paths)], strict=True):
        path = paths[start]
        if path != last.path:
            _end_file(found, last)
            last.path, last.faces, last.is_video, last.is_broken = path, 0, False, False
        last.faces += int(is_face[start:stop].sum())
        last.is_video |= bool(has_time[start:stop].any())
        last.is_broken |= bool(is_broken[start:stop].any())
        meant = emotions[start:stop][is_meant[start:stop]]
        if len(meant):
            found.folders[os.path.dirname(path)] += np.bincount(meant, minlength=EMOTION_COUNT)


def _end_file(found: Summary, last: _Last) -> None:
    if last.path is None:
        return
    found.files += 1
    found.without_face += not last.faces and not last.is_broken
    if last.is_video:
        if len(found.videos) < MOST_VIDEOS:
            found.videos[last.path] = None
    elif not last.is_broken:
        found.faces_per_photo[min(last.faces, MOST_FACES + 1)] += 1

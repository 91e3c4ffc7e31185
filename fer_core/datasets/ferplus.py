"""The FER+ votes: what ten annotators saw in each image of FER2013.

They join to FER2013 by row position, never by image name: most names are not the row's number, and 173 are
empty. So they fit the rows of fer2013.csv, icml_face_data.csv, train.csv and an .npz in their order, and not
those of a folder of pictures. They are for looking at the data and at errors, never for training.

FER+: Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", 2016, arXiv:1608.01041.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.sources import VOTES_NAME, check_file
from fer_core.emotions import EMOTIONS, Emotion
from fer_core.errors import DataError

VOTE_NAMES = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",  # Not a face.
)
COLUMN_OF = {  # Where each emotion of FER2013 stands among the votes.
    Emotion.ANGRY: VOTE_NAMES.index("anger"),
    Emotion.DISGUST: VOTE_NAMES.index("disgust"),
    Emotion.FEAR: VOTE_NAMES.index("fear"),
    Emotion.HAPPY: VOTE_NAMES.index("happiness"),
    Emotion.SAD: VOTE_NAMES.index("sadness"),
    Emotion.SURPRISE: VOTE_NAMES.index("surprise"),
    Emotion.NEUTRAL: VOTE_NAMES.index("neutral"),
}
HEADER = ("Usage", "Image name", *VOTE_NAMES)
ANNOTATORS = 10
LARGEST_FILE = 1 << 24  # bytes; fer2013new.csv has 1.9 million


@dataclass(frozen=True)
class Votes:
    """The votes on some images.

    Attributes:
        counts: (N, 10) uint8, votes for each of ``names``; a row sums to 10 (one of FER2013's to 9).
        names: the ten choices, in the order of the columns.
        rows: (N,) int64, the FER2013 row of each image, from 0.

    Raises:
        DataError: if the arrays disagree.
    """

    counts: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    names: tuple[str, ...] = VOTE_NAMES

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.counts.dtype != np.uint8 or self.counts.shape != (len(self.rows), len(self.names)):
            raise DataError(
                f"Votes must be ({len(self.rows)}, {len(self.names)}) uint8. "
                f"Received: {self.counts.shape} {self.counts.dtype}."
            )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def emotion_counts(self) -> npt.NDArray[np.uint8]:
        """Votes for FER2013's seven emotions in its order, (N, 7) uint8; contempt and the like are absent."""
        return self.counts[:, [COLUMN_OF[emotion] for emotion in EMOTIONS]]


def load_ferplus(path: Path | str, rows: npt.ArrayLike | None = None) -> Votes:
    """Load the votes on the given rows of FER2013.

    Args:
        path: fer2013new.csv, or a folder that holds it.
        rows: (N,) rows of FER2013 from 0, e.g. ``dataset.rows``, in any order; None for all.

    Raises:
        DataError: if the file is absent or not what it should be, or a row lies beyond its end.
    """
    path = Path(os.path.expanduser(path))
    path = path / VOTES_NAME if path.is_dir() else path
    try:
        check_file(path, LARGEST_FILE)
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            counts = np.array(list(_votes(path, file)), np.uint8).reshape(-1, len(VOTE_NAMES))
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: expected the FER+ votes, fer2013new.csv. Received: {reason}.") from None
    chosen = np.arange(len(counts)) if rows is None else np.asarray(rows, np.int64)
    beyond = chosen[(chosen < 0) | (chosen >= len(counts))]
    if len(beyond):
        raise DataError(f"{path}: expected rows in [0, {len(counts) - 1}]. Received: {beyond[0]}.")
    return Votes(counts[chosen], chosen)


def _votes(path: Path, file: Iterator[str]) -> Iterator[list[int]]:
    """The ten votes of each line, checked."""
    reader = csv.reader(file)
    header = tuple(name.strip() for name in next(reader, []))
    if header != HEADER:
        raise DataError(
            f"{path}, line 1: expected the header {','.join(HEADER)}. Received: {len(header)} columns."
        )
    for fields in reader:
        if len(fields) != len(HEADER) or not all(map(_is_vote, fields[2:])):
            received = f"{len(fields)} fields" if len(fields) != len(HEADER) else "something else"
            raise DataError(
                f"{path}, line {reader.line_num} (the header is line 1): expected Usage, Image name and "
                f"{len(VOTE_NAMES)} whole numbers from 0 to {ANNOTATORS}. Received: {received}."
            )
        yield [int(vote) for vote in fields[2:]]


def _is_vote(text: str) -> bool:
    return text.isdecimal() and len(text) < 4 and int(text) <= ANNOTATORS

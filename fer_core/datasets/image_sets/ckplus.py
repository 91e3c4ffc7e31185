"""CK+ in three forms: the original sequences with emotion files, the folder CK+48, and a CSV.

    cohn-kanade-images/S005/001/S005_001_00000011.png, Emotion/S005/001/S005_001_00000011_emotion.txt
    CK+48/anger/S010_004_00000017.png
    ckextended.csv     emotion,pixels,Usage; 0 to 6 as in FER2013, 7 contempt

Of a labelled sequence the last frame shows the emotion and the first is neutral; the frames between show
neither, and a sequence without an emotion file shows nothing that is known. The folders may be nested.

Lucey et al., "The Extended Cohn-Kanade Dataset (CK+)", 2010.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fer_core.datasets.fer2013_csv import read_csv
from fer_core.datasets.image_sets.image_set import CLASS_NAMES, ImageSet, LeftOut
from fer_core.datasets.image_sets.listing import NO_LABEL, Listed, Listing, split_pictures
from fer_core.datasets.names import CONTEMPT, LABEL_OF
from fer_core.datasets.sources import Folder
from fer_core.emotions import Emotion

NAME = re.compile(r"(S\d+)_(\d+)_(\d+)\.", re.IGNORECASE)
EMOTION_FILE = re.compile(r"(S\d+_\d+)_\d+_emotion\.txt$", re.IGNORECASE)
SIDE_FILE = re.compile(r"S\d+_\d+_\d+_(emotion|landmarks|facs)\.txt$", re.IGNORECASE)
# The number in an emotion file, in its order.
NUMBERS = (
    Emotion.NEUTRAL, Emotion.ANGRY, CONTEMPT, Emotion.DISGUST,
    Emotion.FEAR, Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE,
)  # fmt: skip
BETWEEN = "a frame between the first and the last"
UNLABELLED = "a sequence without an emotion file"
WRONG_NUMBER = "the emotion file must hold a number from 0 to 7"


def list_ckplus(folder: Path) -> Listing:
    """List the pictures below ``folder``, of the original sequences or of CK+48.

    Raises:
        OSError: if a folder cannot be read.
    """
    paths, others = split_pictures(Folder(folder).names())
    left_out = [other for other in others if not SIDE_FILE.match(other.path.split("/")[-1])]
    numbers = dict(_read_emotions(folder, others, left_out))
    pictures, sequences = [], defaultdict(list)
    for path in paths:
        *folders, name = path.split("/")
        found = NAME.match(name)
        label = LABEL_OF.get(folders[-1].lower()) if folders else None
        if found is None:
            left_out.append(LeftOut(path, NO_LABEL))
        elif label is not None:
            pictures.append(Listed(path, label, found[1].upper()))
        else:
            sequences["/".join(folders), found[1].upper(), found[2]].append((int(found[3]), path))
    for (_, subject, number), frames in sequences.items():
        label = numbers.get(f"{subject}_{number}")
        pictures += _ends(sorted(frames), label, subject, left_out)
    return Listing(tuple(sorted(pictures)), tuple(sorted(left_out)))


def _read_emotions(folder: Path, files: list[LeftOut], left_out: list[LeftOut]) -> Iterator[tuple[str, int]]:
    """The label of each sequence, "S005_001"; a file that holds none is left out."""
    for path, _ in files:
        found = EMOTION_FILE.match(path.split("/")[-1])
        if found is None or not (folder / path).is_file():
            continue
        try:
            with (folder / path).open("rb") as file:
                number = float(file.read(100).decode("utf-8-sig", errors="replace"))
            if number != int(number) or not 0 <= number < len(NUMBERS):
                raise ValueError
            yield found[1].upper(), int(NUMBERS[int(number)])
        except (OSError, ValueError, OverflowError):
            left_out.append(LeftOut(path, WRONG_NUMBER))


def _ends(
    frames: list[tuple[int, str]], label: int | None, subject: str, left_out: list[LeftOut]
) -> Iterator[Listed]:
    """The two frames of a sequence whose label is known."""
    paths = [path for _, path in frames]
    if label is None:
        left_out += [LeftOut(path, UNLABELLED) for path in paths]
        return
    yield Listed(paths[-1], label, subject)
    if len(paths) > 1:
        yield Listed(paths[0], Emotion.NEUTRAL, subject)
    left_out += [LeftOut(path, BETWEEN) for path in paths[1:-1]]


def read_ckplus_csv(path: Path) -> ImageSet:
    """Read the CSV; it names no subjects, and its splits share them.

    Raises:
        DataError: naming the file, the line, what was expected and what was found.
        OSError: if the file cannot be read.
    """
    table = read_csv(path, classes=len(CLASS_NAMES))
    rows = np.array([f"row {row}" for row in range(len(table))])
    return ImageSet("CK+", path, table.images, table.labels, rows, groups=None, splits=table.splits)

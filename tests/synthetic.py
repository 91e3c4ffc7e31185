"""Data sets small enough for a test, made of faces drawn by code."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.datasets.synthetic import draw_faces
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS

ALPHABETIC = sorted(EMOTION_LABELS)  # as Hugging Face numbers them: 4 is neutral, and not sad

__all__ = [
    "draw_faces",
    "synthetic_splits",
    "write_fer2013_csv",
    "write_fer2013_npz",
    "write_fer2013_tree",
    "write_icml_csv",
    "write_parquet",
]


def synthetic_splits(
    training: int = 20, public_test: int = 5, private_test: int = 5, *, duplicates: int = 2, seed: int = 0
) -> dict[str, Dataset]:
    """The three official splits, in FER2013's shape, filled with drawn faces.

    As in the real FER2013, a few test images are duplicates of Training images (with the same label).

    Args:
        training, public_test, private_test: faces per emotion in each split.
        duplicates: how many images of each test split copy one of Training; at most all.
        seed: the same seed gives the same faces.

    Returns:
        Split name -> Dataset; rows run on from split to split, as in one file.

    Raises:
        DataError: if a count is negative.
    """
    counts = {TRAINING: training, PUBLIC_TEST: public_test, PRIVATE_TEST: private_test}
    splits: dict[str, Dataset] = {}
    first_row = 0
    for index, split in enumerate(SPLITS):
        images, labels = draw_faces(counts[split], seed=seed * len(SPLITS) + index)
        if split != TRAINING:  # Face i shows emotion i modulo 7 in every split, so duplicates share it.
            source = splits[TRAINING].images[EMOTION_COUNT * (index - 1) :][:duplicates][: len(images)]
            images[: len(source)] = source
        rows = np.arange(first_row, first_row + len(labels), dtype=np.int64)
        splits[split] = Dataset(images, labels, rows, split, name="Drawn faces")
        first_row += len(labels)
    return splits


def write_fer2013_csv(path: Path, splits: Mapping[str, Dataset] | None = None) -> Path:
    """Write ``splits`` (``synthetic_splits()`` when None) as fer2013.csv holds them, and return ``path``."""
    splits = synthetic_splits() if splits is None else splits
    lines = ["emotion,pixels,Usage"]
    for split in SPLITS:
        for image, label in zip(splits[split].images, splits[split].labels, strict=True):
            lines.append(f"{label},{' '.join(map(str, image.ravel().tolist()))},{split}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    return path


def write_fer2013_tree(folder: Path, splits: dict[str, Dataset], *, suffix: str = ".png") -> Path:
    """Write train/<class>/*.png and test/<class>/*.png with the splits in their names; .png is lossless."""
    for split, data in splits.items():
        for row, image, label in zip(data.rows, data.images, data.labels, strict=True):
            half = "train" if split == "Training" else "test"
            target = folder / half / EMOTION_LABELS[label] / f"{split}_{row:05d}{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(target)
    return folder


def write_fer2013_npz(path: Path, splits: dict[str, Dataset], *, names: bool = False) -> Path:
    """Write images, labels and usage, as numbers or as the splits' names."""
    usage = np.concatenate([np.full(len(data), index) for index, data in enumerate(splits.values())])
    np.savez(
        path,
        images=np.concatenate([data.images for data in splits.values()]),
        labels=np.concatenate([data.labels for data in splits.values()]),
        usage=np.array(SPLITS)[usage] if names else usage,
    )
    return path


def write_icml_csv(path: Path, splits: dict[str, Dataset]) -> Path:
    """Write the columns as icml_face_data.csv orders them, with blanks in the header alone."""
    lines = write_fer2013_csv(path, splits).read_text().splitlines()[1:]
    rows = [",".join(np.array(line.split(","))[[0, 2, 1]]) for line in lines]
    path.write_text("\n".join(["emotion, Usage, pixels", *rows]) + "\n")
    return path


def write_parquet(path, data, *, names=ALPHABETIC, column="label", labels=None):
    """As Hugging Face's library does: pictures' files, and the names of the labels in the metadata."""
    import pyarrow.parquet

    pictures = []
    for image in data.images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        pictures.append({"bytes": file.getvalue(), "path": None})
    if labels is None:
        labels = [names.index(EMOTION_LABELS[label]) if names else int(label) for label in data.labels]
    table = pyarrow.table({"image": pictures, column: labels})
    features = {"info": {"features": {column: {"names": names, "_type": "ClassLabel"}}}}
    if names:
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, row_group_size=10)
    return path

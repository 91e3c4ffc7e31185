"""Data sets small enough for a test, made of faces drawn by code."""

from collections.abc import Mapping
from pathlib import Path

from fer_core.datasets.dataset import SPLITS, Dataset
from fer_core.datasets.synthetic import draw_faces, synthetic_splits

__all__ = ["draw_faces", "synthetic_splits", "write_fer2013_csv"]


def write_fer2013_csv(path: Path, splits: Mapping[str, Dataset] | None = None) -> Path:
    """Write ``splits`` (``synthetic_splits()`` when None) as fer2013.csv holds them, and return ``path``."""
    splits = synthetic_splits() if splits is None else splits
    lines = ["emotion,pixels,Usage"]
    for split in SPLITS:
        for image, label in zip(splits[split].images, splits[split].labels, strict=True):
            lines.append(f"{label},{' '.join(map(str, image.ravel().tolist()))},{split}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    return path

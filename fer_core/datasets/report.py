"""What a copy of FER2013 holds, and what is odd about it: the checks behind ``fer data check``."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.class_distribution import class_counts
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.datasets.duplicates import find_duplicates, fingerprint, group_identical
from fer_core.datasets.fer2013 import load_table
from fer_core.datasets.fer2013_csv import open_csv
from fer_core.datasets.table import Form, Table
from fer_core.emotions import EMOTION_LABELS

ORIGINAL_MD5 = {
    "f8428a1edbd21e88f42c73edd2a14f95": "fer2013.csv",
    "b114b9e04e6949e5fe8b6a98b3892b1d": "icml_face_data.csv",
}
ORIGINAL_FINGERPRINTS = {
    TRAINING: "0ffeccc74c3a9bf737142aadc9351c7d31ddd99cd4136222fbc93cbb2014fa95",
    PUBLIC_TEST: "1132e0f96220e39393fdec57010f2dec4b051da9179ee3688f29ae8e1e306cc3",
    PRIVATE_TEST: "af34736e45cd16728ab91d927882aa016ef5e3c1339452966acf6891ea09e5f7",
}
UNKNOWN_ORIGIN = """\
Whether these images are the original's cannot be known: JPEG changes pixels, and their order is another.
For the same reason the FER+ votes cannot be joined to them."""
LOW_CONTRAST = (
    5.0  # Gray levels: images whose pixels vary less than this (standard deviation) show next to nothing.
)


@dataclass(frozen=True)
class DataReport:
    """What ``check_fer2013`` found; rows count from 0 over all splits, as in ``Dataset.rows``.

    Attributes:
        source: the file or folder that was read; form: "csv", "npz", "parquet" or "tree".
        counts: split -> images of each of the seven emotions.
        md5: of the file where it is a CSV, else None.
        original: the name of the original file that this one equals byte for byte, else None.
        original_splits: the splits that hold the original's pixels and labels in the original's order.
        blank_rows: images whose pixels are all the same.
        low_contrast_rows: images that are not blank, but whose standard deviation is below 5 gray levels.
        duplicate_groups, duplicate_images: sets of two or more identical images, and the images in them.
        conflicting_groups, conflicting_images: those of the sets whose labels differ.
        spanning_groups: those of the sets that lie in two or three splits.
        public_in_training: PublicTest images identical to one in Training.
        private_in_training: PrivateTest images identical to one in Training.
        private_in_earlier: PrivateTest images identical to one in Training or PublicTest.
        left_out: what lies in a folder of pictures and is no picture of a class.
        notes: sentences on names of splits or labels that leave something open, and how they were read.
    """

    source: Path
    form: Form
    counts: dict[str, tuple[int, ...]]
    md5: str | None
    original: str | None
    original_splits: tuple[str, ...]
    blank_rows: tuple[int, ...]
    low_contrast_rows: tuple[int, ...]
    duplicate_groups: int
    duplicate_images: int
    conflicting_groups: int
    conflicting_images: int
    spanning_groups: int
    public_in_training: int
    private_in_training: int
    private_in_earlier: int
    left_out: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_original(self) -> bool | None:
        """Whether the file is byte for byte an original; None where no original has this form."""
        return None if self.md5 is None else self.original is not None


def check_fer2013(path: Path | str, *, cache: bool = True) -> DataReport:
    """Read a copy of FER2013 and say what it holds.

    Args:
        path: any form that ``load_fer2013`` reads.
        cache: whether to keep the arrays for the next time.

    Raises:
        DataError: if it cannot be read as FER2013.
    """
    table = load_table(path, cache=cache)
    datasets = {split: table.dataset(split) for split in SPLITS}
    md5 = _md5(table.source) if table.form == "csv" else None
    deviations = _deviations(table.images)
    return DataReport(
        source=table.source,
        form=table.form,
        counts={split: tuple(class_counts(data.labels).tolist()) for split, data in datasets.items()},
        md5=md5,
        original=ORIGINAL_MD5.get(md5 or ""),
        original_splits=tuple(
            split for split, data in datasets.items() if fingerprint(data) == ORIGINAL_FINGERPRINTS[split]
        ),
        blank_rows=tuple(np.flatnonzero(deviations == 0).tolist()),
        low_contrast_rows=tuple(np.flatnonzero((deviations > 0) & (deviations < LOW_CONTRAST)).tolist()),
        **_duplicates(table),
        **_seen_before(datasets),
        left_out=table.left_out,
        notes=table.notes,
    )


def _md5(path: Path) -> str:
    """Of the text, also where the file is gzipped or zipped."""
    digest = hashlib.md5(usedforsecurity=False)
    with open_csv(path) as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _deviations(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Standard deviation of each image's pixels, (N,), in gray levels; a thousand at once spares memory."""
    chunks = [images[start : start + 1000] for start in range(0, len(images), 1000)]
    return np.concatenate([chunk.std(axis=(1, 2)) for chunk in chunks])


def _duplicates(table: Table) -> dict[str, int]:
    """The counts of a report that concern sets of identical images."""
    groups = group_identical(table.images)
    sizes = np.bincount(groups)
    conflicting = _distinct(groups, table.labels) > 1
    return {
        "duplicate_groups": int((sizes > 1).sum()),
        "duplicate_images": int(sizes[sizes > 1].sum()),
        "conflicting_groups": int(conflicting.sum()),
        "conflicting_images": int(sizes[conflicting].sum()),
        "spanning_groups": int((_distinct(groups, table.splits) > 1).sum()),
    }


def _distinct(groups: npt.NDArray[np.int64], values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """How many different values each group holds, (groups,)."""
    pairs = np.unique(np.stack([groups, values]), axis=1)
    return np.bincount(pairs[0])


def _seen_before(datasets: dict[str, Dataset]) -> dict[str, int]:
    """The counts of a report that concern test images seen before."""
    training, public, private = (datasets[split].images for split in (TRAINING, PUBLIC_TEST, PRIVATE_TEST))
    in_training = find_duplicates(private, training)
    return {
        "public_in_training": int(find_duplicates(public, training).sum()),
        "private_in_training": int(in_training.sum()),
        "private_in_earlier": int((in_training | find_duplicates(private, public)).sum()),
    }


def format_report(report: DataReport) -> str:
    """The report as text of several lines, for a terminal."""
    parts = [f"FER2013 in {report.source}", _originality(report), _table(report)]
    parts += ["\n".join(report.notes)] * bool(report.notes) + [_oddities(report), _left_out(report)]
    return "\n\n".join(parts)


def _originality(report: DataReport) -> str:
    if report.original:
        return f"Byte for byte the original {report.original} (MD5 {report.md5})."
    if report.form in ("tree", "parquet"):
        return UNKNOWN_ORIGIN
    first = f"Not an original file (MD5 {report.md5})." if report.md5 else "An .npz has no original file."
    same = ", ".join(report.original_splits) or "no split"
    return f"{first}\nPixels, labels and order are the original's in: {same}."


def _table(report: DataReport) -> str:
    """Counts per split and emotion, with their sums."""
    rows = {split: (*counts, sum(counts)) for split, counts in report.counts.items()}
    rows["All"] = tuple(map(sum, zip(*rows.values(), strict=True)))
    lines = [" " * 11 + "".join(f"{name:>10}" for name in (*EMOTION_LABELS, "all"))]
    lines += [f"{split:<11}" + "".join(f"{count:>10,}" for count in counts) for split, counts in rows.items()]
    return "\n".join(lines)


def _oddities(report: DataReport) -> str:
    public, private = (sum(report.counts[split]) for split in (PUBLIC_TEST, PRIVATE_TEST))
    lines = [
        f"Blank images (all pixels the same): {_rows(report.blank_rows)}",
        f"Low-contrast images (standard deviation below {LOW_CONTRAST:g}): {_rows(report.low_contrast_rows)}",
        f"Groups of identical images: {report.duplicate_groups:,} ({report.duplicate_images:,} images)",
        f"  with conflicting labels: {report.conflicting_groups:,} ({report.conflicting_images:,} images)",
        f"  in more than one split: {report.spanning_groups:,}",
    ]
    if public:
        lines.append(
            f"PublicTest images that are also in Training: {report.public_in_training:,} of {public:,}"
        )
    if private:
        lines += [
            f"PrivateTest images that are also in Training: {report.private_in_training:,} of {private:,}",
            f"  or in Training or PublicTest: {report.private_in_earlier:,} of {private:,}",
        ]
    if not public and not private:
        lines.append("Duplicates across splits cannot be known: all images are Training.")
    return "\n".join([*lines, "Rows count from 0, the first image."])


def _rows(rows: tuple[int, ...], most: int = 20) -> str:
    if not rows:
        return "none"
    more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return f"{len(rows):,}, in rows {', '.join(map(str, rows[:most]))}{more}"


def _left_out(report: DataReport) -> str:
    if not report.left_out:
        return "Nothing was left out."
    names = ", ".join(report.left_out[:10]) + (", ..." if report.left_out[10:] else "")
    return f"Left out, because they are no pictures of a class: {len(report.left_out):,} ({names})."

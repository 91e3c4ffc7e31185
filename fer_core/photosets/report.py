"""What a copy of a set holds, and what is odd about it, as text: ``fer data check`` for all but FER2013."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from fer_core.datasets.identity import group_identical
from fer_core.photosets.photoset import CLASS_NAMES, CONTEMPT, PhotoSet

EXAMPLES = 3  # of the files left out for one reason


def subject_counts(photoset: PhotoSet) -> dict[str, npt.NDArray[np.int64]]:
    """Person or character -> faces of each of the eight classes, (8,); empty where no person is known."""
    if photoset.groups is None:
        return {}
    return {
        str(group): _counts(photoset.labels[photoset.groups == group]) for group in np.unique(photoset.groups)
    }


def reasons(photoset: PhotoSet) -> dict[str, list[str]]:
    """Reason -> the files that were left out for it, the most frequent reason first."""
    counted = Counter(reason for _, reason in photoset.left_out)
    return {
        reason: [path for path, why in photoset.left_out if why == reason]
        for reason, _ in counted.most_common()
    }


def duplicates(photoset: PhotoSet) -> dict[str, int]:
    """Sets of identical faces ("groups"), the faces in them ("images"), and how many of the sets hold
    several labels ("conflicting") or several people ("shared")."""
    numbers = group_identical(photoset.images)
    sizes = np.bincount(numbers, minlength=1)
    people = np.zeros(len(photoset), np.int64)
    if photoset.groups is not None:
        people = np.unique(photoset.groups, return_inverse=True)[1]
    return {
        "groups": int((sizes > 1).sum()),
        "images": int(sizes[sizes > 1].sum()),
        "conflicting": _varied(numbers, photoset.labels.astype(np.int64)),
        "shared": _varied(numbers, people),
    }


def _varied(numbers: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> int:
    """How many groups hold more than one value."""
    pairs = np.unique(np.stack([numbers, values]), axis=1)
    return int((np.bincount(pairs[0], minlength=1) > 1).sum())


def _counts(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    return np.bincount(labels, minlength=len(CLASS_NAMES)).astype(np.int64)


def format_photoset(photoset: PhotoSet) -> str:
    """The report as text of several lines, for a terminal."""
    parts = [f"{photoset.name} in {photoset.source}", _table(photoset), _notes(photoset), _left_out(photoset)]
    return "\n\n".join(parts)


def _table(photoset: PhotoSet) -> str:
    """Counts per subject and emotion, with their sums."""
    rows = subject_counts(photoset) | {"All": _counts(photoset.labels)}
    width = max(10, *(len(name) + 2 for name in rows))
    lines = [" " * width + "".join(f"{name:>10}" for name in (*CLASS_NAMES, "all"))]
    for name, counts in rows.items():
        lines.append(f"{name:<{width}}" + "".join(f"{count:>10,}" for count in (*counts, counts.sum())))
    return "\n".join(lines)


def _notes(photoset: PhotoSet) -> str:
    subjects = len(subject_counts(photoset))
    found = duplicates(photoset)
    lines = [
        f"Subjects: {subjects:,}" if subjects else "Subjects: not told by this form of the set",
        f"Faces in FER2013's seven classes: {len(photoset) - photoset.contempt:,}"
        + (f"; {photoset.contempt:,} of {CLASS_NAMES[CONTEMPT]} are left out" if photoset.contempt else ""),
        f"Groups of identical faces: {found['groups']:,} ({found['images']:,} faces)",
        f"  with conflicting labels: {found['conflicting']:,}",
        f"  of more than one subject: {found['shared']:,}",
    ]
    if photoset.whole:
        lines.append(f"Taken whole, because no face was found in them: {photoset.whole:,}")
    return "\n".join(lines)


def _left_out(photoset: PhotoSet) -> str:
    if not photoset.left_out:
        return "No file was left out."
    lines = [f"Files left out: {len(photoset.left_out):,}"]
    for reason, paths in reasons(photoset).items():
        names = ", ".join(paths[:EXAMPLES]) + (", ..." if paths[EXAMPLES:] else "")
        lines.append(f"  {len(paths):,}: {reason} ({names})")
    return "\n".join(lines)

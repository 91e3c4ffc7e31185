"""What a copy of a set holds, and what is odd about it, as text: ``fer data check`` for all but FER2013."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from fer_core.datasets.duplicates import group_identical
from fer_core.datasets.image_sets.image_set import CLASS_NAMES, ImageSet
from fer_core.datasets.names import CONTEMPT

EXAMPLES = 3  # of the files left out for one reason


def subject_counts(image_set: ImageSet) -> dict[str, npt.NDArray[np.int64]]:
    """Subject or character -> images of each of the eight classes, (8,); empty where no subject is known."""
    if image_set.groups is None:
        return {}
    return {
        str(group): _counts(image_set.labels[image_set.groups == group])
        for group in np.unique(image_set.groups)
    }


def reasons(image_set: ImageSet) -> dict[str, list[str]]:
    """Reason -> the files that were left out for it, the most frequent reason first."""
    counted = Counter(reason for _, reason in image_set.left_out)
    return {
        reason: [path for path, why in image_set.left_out if why == reason]
        for reason, _ in counted.most_common()
    }


def duplicates(image_set: ImageSet) -> dict[str, int]:
    """Groups of identical images ("groups"), the images in them ("images"), and how many of the sets hold
    several labels ("conflicting") or several subjects ("shared")."""
    numbers = group_identical(image_set.images)
    sizes = np.bincount(numbers, minlength=1)
    subjects = np.zeros(len(image_set), np.int64)
    if image_set.groups is not None:
        subjects = np.unique(image_set.groups, return_inverse=True)[1]
    return {
        "groups": int((sizes > 1).sum()),
        "images": int(sizes[sizes > 1].sum()),
        "conflicting": _varied(numbers, image_set.labels.astype(np.int64)),
        "shared": _varied(numbers, subjects),
    }


def _varied(numbers: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> int:
    """How many groups hold more than one value."""
    pairs = np.unique(np.stack([numbers, values]), axis=1)
    return int((np.bincount(pairs[0], minlength=1) > 1).sum())


def _counts(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    return np.bincount(labels, minlength=len(CLASS_NAMES)).astype(np.int64)


def format_image_set(image_set: ImageSet) -> str:
    """The report as text of several lines, for a terminal."""
    head = f"{image_set.name} in {image_set.source}"
    return "\n\n".join([head, _table(image_set), _notes(image_set), _left_out(image_set)])


def _table(image_set: ImageSet) -> str:
    """Counts per subject and emotion, with their sums."""
    rows = subject_counts(image_set) | {"All": _counts(image_set.labels)}
    width = max(10, *(len(name) + 2 for name in rows))
    lines = [" " * width + "".join(f"{name:>10}" for name in (*CLASS_NAMES, "all"))]
    for name, counts in rows.items():
        lines.append(f"{name:<{width}}" + "".join(f"{count:>10,}" for count in (*counts, counts.sum())))
    return "\n".join(lines)


def _notes(image_set: ImageSet) -> str:
    subjects = len(subject_counts(image_set))
    found = duplicates(image_set)
    lines = [
        f"Subjects: {subjects:,}" if subjects else "Subjects: unknown in this form of the set",
        f"Images of FER2013's seven classes: {len(image_set) - image_set.contempt:,}"
        + (f"; {image_set.contempt:,} of {CLASS_NAMES[CONTEMPT]} are left out" if image_set.contempt else ""),
        f"Groups of identical images: {found['groups']:,} ({found['images']:,} images)",
        f"  with conflicting labels: {found['conflicting']:,}",
        f"  of more than one subject: {found['shared']:,}",
    ]
    if image_set.whole:
        lines.append(f"Taken whole, because no face was detected: {image_set.whole:,}")
    return "\n".join(lines)


def _left_out(image_set: ImageSet) -> str:
    if not image_set.left_out:
        return "No file was left out."
    lines = [f"Files left out: {len(image_set.left_out):,}"]
    for reason, paths in reasons(image_set).items():
        names = ", ".join(paths[:EXAMPLES]) + (", ..." if paths[EXAMPLES:] else "")
        lines.append(f"  {len(paths):,}: {reason} ({names})")
    return "\n".join(lines)

"""JAFFE: ``KA.AN1.39.tiff`` is subject KA, anger, take 1, number 39; 213 pictures of 10 women.

Lyons et al., "Coding Facial Expressions with Gabor Wavelets", 1998.
"""

import re
from pathlib import Path

from fer_core.datasets.image_sets.listing import NO_LABEL, Listed, Listing, list_by_name
from fer_core.emotions import EMOTIONS

LABELS = {emotion.label[:2]: emotion for emotion in EMOTIONS}
NAME = re.compile(r"([a-z]{2})[._-](an|di|fe|ha|ne|sa|su)\d*[._-]\d+\.", re.IGNORECASE)


def list_jaffe(folder: Path) -> Listing:
    """List the pictures below ``folder``.

    Raises:
        OSError: if a folder cannot be read.
    """
    return list_by_name(folder, _read)


def _read(path: str) -> Listed | str:
    found = NAME.match(path.rsplit("/", maxsplit=1)[-1])
    return Listed(path, LABELS[found[2].lower()], found[1].upper()) if found else NO_LABEL

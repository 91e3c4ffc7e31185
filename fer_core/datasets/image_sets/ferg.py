"""FERG-DB: ``aia/aia_anger/aia_anger_1.png`` is the character aia's anger; six drawn characters.

Aneja et al., "Modeling Stylized Character Expressions via Deep Learning", 2016. Each picture is filled by
one head, so it is taken whole where the detector, made for people, finds no face in it.
"""

import re
from pathlib import Path

from fer_core.datasets.image_sets.listing import NO_LABEL, Listed, Listing, list_by_name
from fer_core.datasets.names import LABEL_OF

NAME = re.compile(r"([a-z]+)_(anger|disgust|fear|joy|neutral|sadness|surprise)(?:_|\b)", re.IGNORECASE)


def list_ferg(folder: Path) -> Listing:
    """List the pictures below ``folder``; a file whose own name tells nothing takes its folder's.

    Raises:
        OSError: if a folder cannot be read.
    """
    return list_by_name(folder, _read, heads=True)


def _read(path: str) -> Listed | str:
    found = next(filter(None, map(NAME.match, reversed(path.split("/")[-2:]))), None)
    return Listed(path, LABEL_OF[found[2].lower()], found[1].lower()) if found else NO_LABEL

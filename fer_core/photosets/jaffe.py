"""JAFFE: ``KA.AN1.39.tiff`` is subject KA, anger, take 1, number 39; 213 pictures of 10 women.

Lyons et al., "Coding Facial Expressions with Gabor Wavelets", 1998.
"""

import re
from pathlib import Path

from fer_core.photosets.listing import NO_LABEL, WORDS, Listed, Listing, split_pictures, walk
from fer_core.photosets.photoset import LeftOut

NAME = re.compile(r"([a-z]{2})[._-](an|di|fe|ha|ne|sa|su)\d*[._-]\d+\.", re.IGNORECASE)


def list_jaffe(folder: Path) -> Listing:
    """List the pictures below ``folder``.

    Raises:
        OSError: if a folder cannot be read.
    """
    paths, left_out = split_pictures(walk(folder))
    pictures = []
    for path in paths:
        found = NAME.match(path.split("/")[-1])
        if found:
            pictures.append(Listed(path, WORDS[found[2].lower()], found[1].upper()))
        else:
            left_out.append(LeftOut(path, NO_LABEL))
    return Listing(tuple(pictures), tuple(left_out))

"""RaFD: ``Rafd090_01_Caucasian_female_angry_frontal.jpg`` = angle, model, origin, gender, expression, gaze.

Langner et al., "Presentation and validation of the Radboud Faces Database", 2010. 67 models, each from five
angles. Profiles (000 and 180) are left out: half of the five points that frame a face are hidden there.
"""

import re
from pathlib import Path

from fer_core.datasets.image_sets.listing import NO_LABEL, Listed, Listing, list_by_name
from fer_core.datasets.names import LABEL_OF

NAME = re.compile(r"rafd(\d{3})_(\d+)_[a-z]+_[a-z]+_([a-z]+)_[a-z]+\.", re.IGNORECASE)
PROFILES = ("000", "180")
PROFILE = "a profile, which no frontal frame fits"


def list_rafd(folder: Path) -> Listing:
    """List the pictures below ``folder`` from the front and from 45 degrees either side.

    Raises:
        OSError: if a folder cannot be read.
    """
    return list_by_name(folder, _read)


def _read(path: str) -> Listed | str:
    found = NAME.match(path.rsplit("/", maxsplit=1)[-1])
    label = LABEL_OF.get(found[3].lower()) if found else None
    if found is None or label is None:
        return NO_LABEL
    return PROFILE if found[1] in PROFILES else Listed(path, label, f"{int(found[2]):02}")

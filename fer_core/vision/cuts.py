"""Where a film cuts from one shot to the next.

Pictures are RGB uint8 (H, W, 3). Two neighbouring ones are of different shots where neither what lies where
(the correlation of their gray values, which light does not change) nor their colours (the distance of their
histograms, which motion does not change) agree. Among photographs, cuts had a correlation of at most 0.03 and
a distance of at least 0.43; a pan by a tenth of the width at most 0.30 and 0.25, other light 0.99 and 0.57.

Reference:
    Boreczky and Rowe, "Comparison of Video Shot Boundary Detection Techniques", 1996.
"""

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.vision.pictures import Picture

Floats = npt.NDArray[np.float32]

SIZE = (64, 36)  # of the thumbnails that are compared
BINS = 8  # a colour channel
BLANK = 2.0  # gray levels of spread
MOST_CORRELATION, LEAST_DISTANCE = 0.4, 0.33


class CutDetector:
    """Tells for each picture of a film, in their order, whether another shot begins with it."""

    def __init__(self) -> None:
        self._last: tuple[Floats, Floats] | None = None

    def is_cut(self, picture: Picture) -> bool:
        """Whether a new shot begins with this picture; False for the first one, and for one that is blank."""
        described = _describe(picture)
        if described[0].std() < BLANK:  # a fade through black: what comes is compared with what was before
            return False
        last, self._last = self._last, described
        return last is not None and _differ(last, described)


def _describe(picture: Picture) -> tuple[Floats, Floats]:
    """A thumbnail's gray values about their mean, and its colours' shares."""
    small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    counts = cv2.calcHist([small], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3)
    return gray - gray.mean(), np.asarray(counts / counts.sum(), dtype=np.float32)


def _differ(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> bool:
    (gray, colours), (other_gray, other_colours) = one, other
    correlation = float((gray * other_gray).mean() / (gray.std() * other_gray.std()))
    distance = cv2.compareHist(colours, other_colours, cv2.HISTCMP_BHATTACHARYYA)
    return correlation < MOST_CORRELATION and distance > LEAST_DISTANCE

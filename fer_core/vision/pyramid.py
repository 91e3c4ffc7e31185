"""Where a detector looks: a picture at several sizes, in tiles, and the union of what was found there.

Boxes are (x, y, width, height) in pixels. A detector that was trained on faces of a certain range of sizes
sees one such range in each level of the image pyramid; together the levels hold every size.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.floating]
Tile = tuple[slice, slice]  # rows, columns

# YuNet finds 97 of 100 faces of 14 px (width of the box), 85 of 12, and misses or splits those over 300 px.
DETECTABLE_PX = 14
LEAST_SIDE = 16  # in a narrower picture YuNet sees faces where there is none
# Neighbouring levels differ by this factor at most, and a wider face is left to the next level, where it has
# 30 px or more: of one that is too large for a level YuNet finds parts, each as sure as the face.
LEVEL_FACTOR, WIDEST_PX = 6, 180
SMALLEST_FACE_PX = 20.0
# A picture up to this size is searched as it is: small faces score higher, and it costs little.
USUAL_SIDE = 640
# The coarsest level, for a face that fills the picture: its long side, or its short side in a long picture.
COARSE_SIDE, COARSE_SHORT_SIDE = 256, 160
WHOLE_FACE_PX = 280  # where the short side is no longer than this, no face is too large for the level
# A larger level is searched in tiles, which bounds the memory. Any face that the next level may miss lies
# wholly in one of them.
TILE_SIDE, TILE_OVERLAP = 1536, 256
# Two boxes are one face from this intersection over union on, or where so much of the weaker one lies in the
# stronger one: a face seen at too large a size gives parts of itself.
SAME_IOU, SAME_PART = 0.4, 0.65


class Level(NamedTuple):
    """A level of the pyramid: by which factor to resize the picture, and the widest box to take, in it."""

    scale: float
    widest_px: float


def pyramid_levels(height: int, width: int, *, smallest_px: float | None = None) -> list[Level]:
    """The levels in which to search a picture, the finest first; none where no face would fit.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        smallest_px: width in pixels of the smallest face to be found; by default 20, and fewer in a picture
            up to 900 px. Twice as small takes four times as long.
    """
    short, long = sorted((height, width))
    if smallest_px is None:
        finest = max(min(1.0, USUAL_SIDE / long), DETECTABLE_PX / SMALLEST_FACE_PX)
    else:
        finest = min(1.0, DETECTABLE_PX / smallest_px)
    finest = max(finest, min(COARSE_SIDE / long, 1 if long >= COARSE_SIDE else math.inf))
    if short < LEAST_SIDE or short * finest < DETECTABLE_PX - 0.5:
        return []
    coarsest = max(COARSE_SIDE / long, COARSE_SHORT_SIDE / short)
    if short * finest <= WHOLE_FACE_PX or coarsest >= finest:
        return [Level(finest, math.inf)]
    steps = math.ceil(math.log(finest / coarsest, LEVEL_FACTOR))
    factor = (finest / coarsest) ** (1 / steps)
    return [
        Level(finest / factor**step, WIDEST_PX if step < steps else math.inf) for step in range(steps + 1)
    ]


def split_tiles(height: int, width: int) -> Iterator[Tile]:
    """The tiles of a level, row by row: none is longer than 1,536 px, neighbours share 256 px or more."""
    for rows in _split(height):
        for columns in _split(width):
            yield rows, columns


def _split(length: int) -> list[slice]:
    count = max(1, math.ceil((length - TILE_OVERLAP) / (TILE_SIDE - TILE_OVERLAP)))
    size = math.ceil((length + (count - 1) * TILE_OVERLAP) / count)
    starts = np.linspace(0, length - size, count).round().astype(int).tolist()
    return [slice(start, start + size) for start in starts]


def suppress_overlaps(
    boxes: Boxes, scores: npt.NDArray[np.floating], *, contains: float = 0.0
) -> npt.NDArray[np.intp]:
    """Non-maximum suppression: the indices of the boxes that stay, the highest score first.

    A box goes where a box of a higher score overlaps it (IoU above 0.4) or contains two thirds of it. A box
    of a lower score never takes one of a higher: so filtering by score before and after gives the same.

    Args:
        boxes: (N, 4).
        scores: (N,).
        contains: from which score on a box takes those that it contains.
    """
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        both = _intersections(boxes[best], boxes[left])
        area, areas = boxes[best, 2:].prod(), boxes[left, 2:].prod(axis=1)
        same = both > SAME_IOU * (area + areas - both)
        if scores[best] >= contains:
            same |= both > SAME_PART * areas
        left = left[~same]
    return np.array(kept, dtype=np.intp)


def _intersections(box: Boxes, others: Boxes) -> Boxes:
    """(N,) areas that a box (4,) shares with others (N, 4)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    return (high - low).clip(min=0).prod(axis=1)

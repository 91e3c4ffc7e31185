"""The image pyramid holds every size of face, tiles leave no gap, and overlaps are one face."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.vision.pyramid import (
    DETECTABLE_PX,
    TILE_OVERLAP,
    TILE_SIDE,
    WHOLE_FACE_PX,
    WIDEST_PX,
    pyramid_levels,
    split_tiles,
    suppress_overlaps,
)

sides = st.integers(16, 20_000)


@given(sides, sides)
def test_every_size_of_face_has_its_level(height, width):
    levels = pyramid_levels(height, width)
    if not levels:  # too narrow for a face
        assert min(height, width) < 20
        return
    assert DETECTABLE_PX / levels[0].scale <= 20.001
    for finer, coarser in itertools.pairwise(levels):
        assert finer.widest_px * coarser.scale / finer.scale > DETECTABLE_PX
    assert levels[-1].widest_px == np.inf
    largest = min(height, width) * levels[-1].scale
    assert largest <= WHOLE_FACE_PX or max(height, width) * levels[-1].scale <= 256.5


@pytest.mark.parametrize(
    ("shape", "scales"),
    [
        ((240, 320), [1.0]),
        ((100, 100), [2.56]),
        ((480, 640), [1.0, 0.4]),
        ((1080, 1920), [0.7, 4 / 27]),
        ((15, 300), []),
        ((16, 10_000), []),
    ],
)
def test_levels_of_common_pictures(shape, scales):
    levels = pyramid_levels(*shape)
    assert [level.scale for level in levels] == pytest.approx(scales)
    assert all(level.widest_px == WIDEST_PX for level in levels[:-1])


def test_the_smallest_face_sets_the_finest_level():
    assert pyramid_levels(480, 640, smallest_px=28)[0].scale == pytest.approx(0.5)
    assert pyramid_levels(480, 640, smallest_px=10)[0].scale == 1


@given(sides, sides)
def test_tiles_cover_the_level_and_overlap(height, width):
    tiles = list(split_tiles(height, width))
    for axis, length in enumerate((height, width)):
        parts = sorted({(tile[axis].start, tile[axis].stop) for tile in tiles})
        assert (parts[0][0], parts[-1][1]) == (0, length)
        assert all(stop - start <= TILE_SIDE for start, stop in parts)
        assert all(a[1] - b[0] >= TILE_OVERLAP - 1 for a, b in itertools.pairwise(parts))
    assert len(set(map(str, tiles))) == len(tiles)


def test_overlapping_boxes_are_one_and_the_surest_stays():
    boxes = np.array(
        [(0, 0, 100, 100), (10, 5, 100, 100), (20, 30, 30, 30), (90, 90, 100, 100), (300, 0, 9, 9)]
    )
    scores = np.array([0.8, 0.9, 0.6, 0.7, 0.3])
    assert suppress_overlaps(boxes, scores).tolist() == [1, 3, 4]
    assert suppress_overlaps(boxes, scores, contains=0.95).tolist() == [1, 3, 2, 4]
    assert suppress_overlaps(np.empty((0, 4)), np.empty(0)).tolist() == []


@given(st.lists(st.tuples(*[st.floats(1, 99)] * 4, st.floats(0.1, 1)), min_size=1), st.floats(0.1, 1))
def test_filtering_by_score_before_or_after_is_the_same(rows, threshold):
    rows = np.array(rows)
    kept = suppress_overlaps(rows[:, :4], rows[:, 4])
    sure = np.flatnonzero(rows[:, 4] >= threshold)
    before = sure[suppress_overlaps(rows[sure, :4], rows[sure, 4])]
    assert before.tolist() == [index for index in kept if rows[index, 4] >= threshold]

"""Lessons that come again: kept in files, made anew where a file is missing or broken."""

import numpy as np
import pytest

from fer_core.errors import RunError
from fer_core.training.shelf import Shelf

PICTURES = np.arange(2 * 9, dtype=np.uint8).reshape(2, 3, 3, 1)
TARGETS, WEIGHTS = np.eye(2, 7, dtype=np.float32), np.ones(2, np.float32)
MAPS = np.full((2, 1, 1, 5), 3, np.uint8)


class Maker:
    """Makes a lesson, and counts how often."""

    def __init__(self, targets=TARGETS):
        self.lesson, self.times = (PICTURES, targets, WEIGHTS), 0

    def __call__(self):
        self.times += 1
        return self.lesson


def test_a_lesson_is_made_once(tmp_path):
    make = Maker()
    first, again = (Shelf(tmp_path / "kept").take("0", make) for _ in range(2))  # as another process would
    assert make.times == 1
    for one, other, made in zip(first, again, make.lesson, strict=True):
        assert one.dtype == other.dtype == made.dtype
        np.testing.assert_array_equal(one, made)
        np.testing.assert_array_equal(other, made)


def test_maps_are_kept_beside_targets(tmp_path):
    make, shelf = Maker([TARGETS, MAPS]), Shelf(tmp_path / "kept")
    shelf.take("0", make)
    _, (targets, maps), _ = shelf.take("0", make)
    assert make.times == 1
    np.testing.assert_array_equal(targets, TARGETS)
    np.testing.assert_array_equal(maps, MAPS)


def test_each_name_is_a_lesson_of_its_own(tmp_path):
    make, shelf = Maker(), Shelf(tmp_path / "kept")
    for name in ("0", "1", "0"):
        shelf.take(name, make)
    assert make.times == 2


def test_without_a_folder_nothing_is_kept():
    make, shelf = Maker(), Shelf(None)
    for _ in range(2):
        shelf.take("0", make)
    assert make.times == 2
    shelf.clear()


@pytest.mark.parametrize("kept", [0, 100, 700])
def test_a_broken_file_is_made_anew(tmp_path, kept):
    make, shelf = Maker(), Shelf(tmp_path)
    shelf.take("0", make)
    path = tmp_path / "0.npz"
    path.write_bytes(path.read_bytes()[:kept])
    pictures, _, _ = shelf.take("0", make)
    assert make.times == 2
    np.testing.assert_array_equal(pictures, PICTURES)
    shelf.take("0", make)
    assert make.times == 2


def test_a_folder_that_takes_no_file_is_named(tmp_path):
    (tmp_path / "kept").write_text("a file, no folder")
    with pytest.raises(RunError, match=r"A lesson of 0 MB cannot be written to .*kept.*Make room there"):
        Shelf(tmp_path / "kept").take("0", Maker())


def test_cleared_lessons_are_made_anew(tmp_path):
    make, shelf = Maker(), Shelf(tmp_path / "kept")
    shelf.clear()  # nothing is there yet
    shelf.take("0", make)
    shelf.clear()
    assert not (tmp_path / "kept").exists()
    shelf.take("0", make)
    assert make.times == 2

"""The FER+ votes: joined by row, and refused in one sentence where they are not what they should be."""

import os
from pathlib import Path

import numpy as np
import pytest

from fer_core import datasets
from fer_core.datasets import load_ferplus
from fer_core.errors import DataError

FERPLUS_HEADER = ",".join(["Usage", "Image name", *datasets.VOTE_NAMES])


def write_votes(path: Path, count: int = 3) -> Path:
    lines = [f"Training,fer{row:07d}.png,{row},{10 - row}" + ",0" * 8 for row in range(count)]
    path.write_text("\n".join([FERPLUS_HEADER, *lines]) + "\n")
    return path


def test_votes_join_by_row(tmp_path):
    path = write_votes(tmp_path / "fer2013new.csv")
    votes = load_ferplus(path, np.array([2, 0]))
    assert (votes.rows.tolist(), votes.counts[:, :2].tolist()) == ([2, 0], [[2, 8], [0, 10]])
    assert (votes.counts.shape, votes.counts.dtype, len(votes)) == ((2, 10), np.uint8, 2)
    assert votes.names[0] == "neutral"
    assert votes.emotion_counts.tolist() == [[0, 0, 0, 8, 0, 0, 2], [0, 0, 0, 10, 0, 0, 0]]
    assert load_ferplus(str(tmp_path)).counts.sum(axis=1).tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    ("content", "rows", "message"),
    [
        (None, None, r"expected the FER\+ votes, fer2013new\.csv\. Received: No such file"),
        ("", None, r"line 1: expected the header"),
        ("emotion,pixels,Usage\n", None, r"line 1: expected the header .* Received: 3 columns"),
        (f"{FERPLUS_HEADER}\nTraining,a.png,1,2\n", None, r"line 2 .* Received: 4 fields"),
        (f"{FERPLUS_HEADER}\nTraining,a.png{',1' * 9},11\n", None, r"numbers from 0 to 10"),
        (f"{FERPLUS_HEADER}\nTraining,a.png{',1' * 9},x\n", None, r"numbers from 0 to 10"),
        (f"{FERPLUS_HEADER}\nTraining,a.png{',1' * 10}\n", [1], r"rows in \[0, 0\]\. Received: 1"),
        (f"{FERPLUS_HEADER}\nTraining,a.png{',1' * 10}\n", [-1], r"rows in \[0, 0\]\. Received: -1"),
    ],
)
def test_bad_votes_are_refused(tmp_path, content, rows, message):
    path = tmp_path / "fer2013new.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=message):
        load_ferplus(path, rows)


@pytest.mark.real_data
def test_the_real_votes_agree_with_two_labels_in_three():
    if not os.environ.get("FER2013_PATH"):
        pytest.skip("FER2013_PATH is not set")
    real_path = Path(os.environ["FER2013_PATH"])
    path = (real_path if real_path.is_dir() else real_path.parent) / "fer2013new.csv"
    if not path.exists():
        pytest.skip("fer2013new.csv does not lie beside FER2013")
    votes = load_ferplus(path)
    assert len(votes) == 35887
    assert np.unique(votes.counts.sum(axis=1), return_counts=True)[1].tolist() == [1, 35886]
    private = datasets.load_fer2013(real_path, "PrivateTest", cache=False)
    voted = load_ferplus(path, private.rows).emotion_counts.argmax(axis=1)
    assert 0.6 < (voted == private.labels).mean() < 0.75

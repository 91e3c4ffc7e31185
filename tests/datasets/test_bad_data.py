"""Bad input of every kind: one sentence with the file, the place, what was expected and what was found.

Nothing here is ever kept in a cache, because nothing is ever read to its end.
"""

import gzip
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.datasets import fer2013, load_fer2013
from fer_core.errors import DataError
from tests.synthetic import (
    synthetic_splits,
    write_fer2013_csv,
    write_fer2013_npz,
    write_fer2013_tree,
    write_parquet,
)

PIXELS = " ".join(["7"] * 2304)
HEADER = "emotion,pixels,Usage"
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def splits():
    return synthetic_splits(4, 2, 2, duplicates=1)


def write_gzip(path, splits):
    path.write_bytes(gzip.compress(write_fer2013_csv(path, splits).read_bytes()))


def write_zip(path, splits):
    shutil.make_archive(str(path.with_suffix("")), "zip", write_fer2013_tree(path.parent / "tree", splits))


WRITERS = {
    "csv": write_fer2013_csv,
    "npz": write_fer2013_npz,
    "gz": write_gzip,
    "zip": write_zip,
    "parquet": lambda path, splits: write_parquet(path, splits["Training"]),
}


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("form", WRITERS)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(tmp_path, form, data):
    path = tmp_path / f"damaged.{form}"
    WRITERS[form](path, synthetic_splits(1, 0, 0))
    content = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(content) - 1))
    content[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path.write_bytes(content[: data.draw(st.sampled_from([None, start]))])
    message = f"{path} Received: "
    try:
        fer2013.load_table(path, cache=False)
    except DataError as error:
        message = str(error)
    assert str(path) in message
    assert "Received: " in message
    assert "\n" not in message


def test_a_member_without_a_name_is_left_out(tmp_path, splits):
    path = tmp_path / "tree.zip"
    write_zip(path, splits)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"")
    assert len(load_fer2013(path, "Training")) == len(splits["Training"])


BAD_ROWS = {
    "missing pixel": (f"0,{PIXELS[2:]},Training", r"line 3 .*: expected 2,304 pixels. Received: 2,303\."),
    "pixel over": (f"0,{PIXELS} 7,Training", r"expected 2,304 pixels\. Received: 2,305\."),
    "no pixels": ("0,,Training", r"expected 2,304 pixels\. Received: 0\."),
    "pixel of 256": (f"0,256{PIXELS[1:]},Training", r"from 0 to 255\. Received: 256 as pixel 1\."),
    "huge pixel": (
        f"0,{PIXELS[:-1]}{'9' * 5000},Training",
        r"from 0 to 255\. Received: no number as pixel 2304\.",
    ),
    "negative": (f"0,-1{PIXELS[1:]},Training", r"from 0 to 255\. Received: -1 as pixel 1\."),
    "fraction": (f"0,{PIXELS[:-1]}7.5,Training", r"Received: 7\.5 as pixel 2304\."),
    "word": (f"0,{PIXELS[:4]}x{PIXELS[5:]},Training", r"Received: no number as pixel 3\."),
    "label of 7": (f"7,{PIXELS},Training", r"expected a label from 0 to 6 or its name\. Received: 7\."),
    "another name": (f"glee,{PIXELS},Training", r"or its name\. Received: no number\."),
    "contempt": (f"contempt,{PIXELS},Training", r"expected a label from 0 to 6 or its name\."),
    "unknown Usage": (
        f"0,{PIXELS},extra",
        r"Training, PublicTest, PrivateTest\. Received: another word\.",
    ),
    "no Usage": (f"0,{PIXELS}", r"line 3 \(the header is line 1\): expected 3 fields .* Received: 2\."),
    "long line": (f"0,{'7 ' * 40000},Training", r"Received: a line of over 65,536 bytes\."),
    "blank line": ("", r"line 3 .*: expected an image\. Received: a blank line\."),
}


@pytest.mark.parametrize(("row", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused_with_its_line(tmp_path, row, message):
    path = tmp_path / "fer2013.csv"
    path.write_text(f"{HEADER}\n0,{PIXELS},Training\n{row}\n0,{PIXELS},Training\n")
    with pytest.raises(DataError, match=message) as caught:
        load_fer2013(path, "Training")
    assert str(caught.value).startswith(f"{path}, line 3 ")
    assert "cut short" not in str(caught.value)


@pytest.mark.parametrize("kept", [5, 4000, len(PIXELS) + 5])
def test_a_cut_file_is_said_to_be_cut(tmp_path, kept):
    path = tmp_path / "fer2013.csv"
    path.write_text(f"{HEADER}\n0,{PIXELS},Training\n" + f"0,{PIXELS},Training"[:kept])
    with pytest.raises(
        DataError, match=r"line 3 .* The file ends within this line, so it is probably cut short"
    ):
        load_fer2013(path, "Training")


BAD_FILES = {
    "empty.csv": (b"", r"is empty: expected a CSV with the columns emotion, pixels and Usage"),
    "header.csv": (b"emotion,pixels,Usage\n", r"has a header but no rows"),
    "test.csv": (
        b"pixels\n1 2 3\n",
        r"line 1 \(the header\): .* Received: 1 column, no emotion among",
    ),
    "fer2013new.csv": (
        b"Usage,Image name,neutral\n",
        r"Received: 3 columns, no emotion and no pixels among",
    ),
    "binary.csv": (bytes(range(256)) * 400, r"line 1 \(the header\): expected the columns"),
    "fer2013.zip": (b"PK", r"a whole archive\. Received: one that is damaged or cut short\."),
    "fer2013": (b"", r"Received: no suffix\."),
    "text.npz": (b"no arrays", r"expected a whole \.npz file\. Received: one that does not open\."),
}


@pytest.mark.parametrize(("name", "content", "message"), [(name, *bad) for name, bad in BAD_FILES.items()])
def test_a_bad_file_is_refused_with_its_name(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_fer2013(path, "Training")
    assert str(path) in str(caught.value)


FACE = np.zeros((1, 48, 48), np.uint8)
BAD_ARRAYS = {
    "no usage": (
        {"images": FACE, "labels": [0]},
        r"expected the arrays images, labels, usage\. Received: 2 arrays without usage\.",
    ),
    "wrong size": (
        {"images": FACE[:, 1:], "labels": [0], "usage": [0]},
        r"images must be \(N, 48, 48\) uint8",
    ),
    "floats": ({"images": FACE / 2, "labels": [0], "usage": [0]}, r"Received: \(1, 48, 48\) float64\."),
    "lengths": ({"images": FACE, "labels": [0, 1], "usage": [0]}, r"labels must be \(1,\) whole numbers"),
    "label of 7": ({"images": FACE, "labels": [7], "usage": [0]}, r"row 0 .*: labels must lie in \[0, 6\]"),
    "usage of 3": (
        {"images": FACE, "labels": [0], "usage": [3]},
        r"usage must lie in \[0, 2\], or be names\. Received: 3\.",
    ),
    "usage": (
        {"images": FACE, "labels": [0], "usage": ["extra"]},
        r"usage must lie in .* Received: another name\.",
    ),
    "no faces": ({"images": FACE[:0], "labels": [], "usage": []}, r"Received: \(0, 48, 48\) uint8\."),
}


@pytest.mark.parametrize(("arrays", "message"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "fer2013.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_fer2013(tmp_path, "Training")


def test_an_array_alone_is_no_npz(tmp_path):
    with (tmp_path / "fer2013.npz").open("wb") as file:
        np.save(file, FACE)
    with pytest.raises(DataError, match=r"Received: one that does not open"):
        load_fer2013(tmp_path, "Training")


def spoil(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def resize(path: Path) -> None:
    Image.new("L", (64, 48)).save(path)


BAD_TREES = {
    "not a picture": (
        lambda f: spoil(f / "train/sad/Training_00000.png", b"x"),
        r"Training_00000\.png: .* Received: a file that does not decode\.",
    ),
    "empty picture": (
        lambda f: spoil(f / "train/sad/a.jpg", b""),
        r"a\.jpg: .* Received: a file that does not",
    ),
    "cut picture": (
        lambda f: spoil(f / "train/sad/b.png", (f / "train/sad/Training_00004.png").read_bytes()[:200]),
        r"b\.png: expected a picture\.",
    ),
    "wrong size": (lambda f: resize(f / "train/sad/a.png"), r"48 x 48 pixels\. Received: 64 x 48\."),
    "unknown class": (lambda f: spoil(f / "train/contempt/a.png", b""), r"Received: 'contempt'\."),
    "no prefix": (
        lambda f: spoil(f / "test/sad/im0.png", b""),
        r"cannot be told apart.* Received: 'im0\.png'\.",
    ),
    "test in train": (
        lambda f: spoil(f / "train/sad/PrivateTest_1.png", b""),
        r"expected only Training pictures in train/",
    ),
}


@pytest.mark.parametrize(("harm", "message"), BAD_TREES.values(), ids=BAD_TREES)
def test_a_bad_tree_is_refused_with_its_picture(tmp_path, splits, harm, message):
    harm(write_fer2013_tree(tmp_path, splits))
    with pytest.raises(DataError, match=message):
        load_fer2013(tmp_path, "Training")


def test_a_folder_without_a_data_set_is_refused(tmp_path, splits):
    with pytest.raises(DataError, match=r"holds no FER2013: .* Received: nothing\."):
        load_fer2013(tmp_path, "Training")
    (tmp_path / "train" / "sad").mkdir(parents=True)
    with pytest.raises(DataError, match=r"holds no pictures"):
        load_fer2013(tmp_path, "Training")
    with pytest.raises(DataError, match=r"does not exist"):
        load_fer2013(tmp_path / "absent", "Training")
    with pytest.raises(DataError, match=r"must be one of Training, .* Received: 'test'\."):
        load_fer2013(tmp_path, "test")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "train" / "sad").rmdir()
    (tmp_path / "train").rmdir()
    with pytest.raises(DataError, match=r"Received: 1 \.txt file\."):
        load_fer2013(tmp_path, "Training")


def test_a_folder_with_two_copies_is_refused(tmp_path, splits):
    write_fer2013_csv(tmp_path / "fer2013.csv", splits)
    write_fer2013_npz(tmp_path / "fer2013.npz", splits)
    with pytest.raises(DataError, match=r"more than once.* Received: fer2013\.csv, fer2013\.npz\."):
        load_fer2013(tmp_path, "Training")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path, monkeypatch):
    def deny(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fer2013, "read_csv", deny)
    path = write_fer2013_csv(tmp_path / "fer2013.csv", synthetic_splits(1, 0, 0))
    with pytest.raises(DataError, match=r"fer2013\.csv must be readable\. Received: Permission denied\."):
        load_fer2013(path, "Training", cache=False)


def test_the_home_of_an_unknown_user_does_not_exist():
    with pytest.raises(DataError, match=r"~nobody-of-this-name/fer2013\.csv does not exist"):
        load_fer2013("~nobody-of-this-name/fer2013.csv", "Training")

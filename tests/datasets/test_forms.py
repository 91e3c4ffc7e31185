"""The forms in which people hold FER2013 beside its own: archives, Parquet, other names, other columns."""

import gzip
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet

from fer_core.datasets import SPLITS, check_fer2013, format_report, load_fer2013, load_fer2013_splits
from fer_core.datasets.fer2013 import load_table
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import DataError, MissingExtraError
from tests.synthetic import (
    synthetic_splits,
    write_fer2013_csv,
    write_fer2013_npz,
    write_fer2013_tree,
    write_parquet,
)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("FER_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def splits():
    return synthetic_splits(3, 2, 1, duplicates=1)


def counts(path):
    return [len(data) for data in load_fer2013_splits(path).values()]


def assert_holds(path, splits):
    """In the order of fer2013.csv, from the file and from the cache."""
    for _ in range(2):
        for split, data in load_fer2013_splits(path).items():
            np.testing.assert_array_equal(data.images, splits[split].images)
            np.testing.assert_array_equal(data.labels, splits[split].labels)


def rename_pictures(folder, name):
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        path.rename(path.with_name(name.format(number)))


def write_jonathanoheix(folder, splits):
    """images/train and images/validation, of pictures that are numbered."""
    write_fer2013_tree(
        folder / "jonathanoheix" / "images", splits | {"PrivateTest": synthetic_splits(0, 0, 0)["Training"]}
    )
    (folder / "jonathanoheix" / "images" / "test").rename(folder / "jonathanoheix" / "images" / "validation")
    rename_pictures(folder, "{}.png")


def write_ananthu017(folder, splits):
    """train and test, of pictures that are numbered."""
    rename_pictures(write_fer2013_tree(folder / "archive", splits), "im{}.png")


UNTOLD = "test is read as PrivateTest. The names of its pictures do not tell PublicTest from PrivateTest."
TREES = {  # what people hold -> images in each split, and what is said of them
    write_jonathanoheix: ([21, 14, 0], ("validation is read as PublicTest.",)),
    write_ananthu017: ([21, 0, 21], (UNTOLD,)),
    lambda folder, splits: write_fer2013_tree(folder / "a" / "b" / "c", splits): ([21, 14, 7], ()),
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(("write", "expected"), TREES.items(), ids=["jonathanoheix", "ananthu017", "nested"])
def test_copies_from_kaggle_are_read_whole(tmp_path, splits, write, expected, packed):
    write(tmp_path / "tree", splits)
    path = Path(shutil.make_archive(str(tmp_path / "tree"), "zip", tmp_path / "tree"))
    report = check_fer2013(path if packed else tmp_path / "tree")
    assert ([sum(found) for found in report.counts.values()], report.notes) == expected
    assert report.left_out == ()
    assert all(note in format_report(report) for note in report.notes)
    folder, archive = load_table(tmp_path / "tree"), load_table(path)
    np.testing.assert_array_equal(folder.images, archive.images)
    np.testing.assert_array_equal(folder.labels, archive.labels)


@pytest.mark.parametrize("name", ["val", "Valid", "VALIDATION", "PublicTest", "public_test"])
def test_what_chooses_is_publictest_whatever_its_name(tmp_path, splits, name):
    write_fer2013_tree(tmp_path, splits)
    (tmp_path / name).mkdir()
    for folder in sorted((tmp_path / "test").iterdir()):
        (tmp_path / name / folder.name).mkdir()
        for file in sorted(folder.glob("PublicTest*")):
            file.rename(tmp_path / name / folder.name / f"{len(file.name)}_{file.name.split('_')[1]}")
    assert counts(tmp_path) == [21, 14, 7]
    said = check_fer2013(tmp_path).notes
    assert said == (() if "ublic" in name else (f"{name} is read as PublicTest.",))


def test_one_folder_of_classes_is_one_split(tmp_path, splits):
    write_fer2013_tree(tmp_path, splits)
    assert counts(tmp_path / "train") == [21, 0, 0]
    assert counts((tmp_path / "train").rename(tmp_path / "mine")) == [0, 0, 21]
    assert "mine is read as PrivateTest." in check_fer2013(tmp_path / "mine").notes[0]
    with pytest.raises(DataError, match=r"holds no PublicTest .* Received: PrivateTest\."):
        load_fer2013(tmp_path / "mine", "PublicTest")


def test_what_is_left_out_is_named_truly(tmp_path, splits):
    write_fer2013_tree(tmp_path, splits)
    shutil.copytree(tmp_path / "test" / "sad", tmp_path / "extra" / "sad")
    shutil.copytree(tmp_path / "test" / "sad", tmp_path / "train" / "sad" / "more")
    (tmp_path / "train" / "fear" / "a.heic").touch()
    left_out = ["extra/ (3 .png files)", "train/fear/a.heic", "train/sad/more/ (3 .png files)"]
    assert list(check_fer2013(tmp_path).left_out) == left_out


def test_pictures_that_are_not_read_are_counted_by_kind(tmp_path):
    (tmp_path / "train" / "sad").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "train" / "sad" / f"{number}.avif").touch()
    (tmp_path / "train" / "sad" / "notes.txt").touch()
    with pytest.raises(DataError, match=r"holds no pictures.* Received: 3 \.avif files, 1 \.txt file\."):
        load_fer2013(tmp_path, "Training")


@pytest.mark.parametrize("suffix", [".webp", ".tif", ".tiff", ".bmp", ".gif", ".jpe", ".pgm"])
def test_pictures_of_every_common_kind_are_read(tmp_path, splits, suffix):
    for path in write_fer2013_tree(tmp_path, splits).rglob("*.png"):
        with Image.open(path) as picture:
            picture.save(path.with_suffix(suffix))
        path.unlink()
    training = load_fer2013(tmp_path, "Training")
    assert np.abs(training.images[0].astype(int) - splits["Training"].images[0]).mean() < 8


def archived(name, *others):
    def pack(path, text):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, text)
            for other in others:
                archive.writestr(other, "pixels\n")

    return pack


PACKERS = {
    "fer2013.csv.gz": lambda path, text: path.write_bytes(gzip.compress(text)),
    "fer2013.csv.zip": archived("fer2013.csv"),
    "archive.zip": archived("fer2013/fer2013.csv"),
    "icml_face_data.csv.zip": archived("icml_face_data.csv", "test.csv"),
}


@pytest.mark.parametrize(("name", "pack"), PACKERS.items(), ids=PACKERS)
def test_a_packed_csv_is_read_by_its_path_and_by_its_folder(tmp_path, splits, name, pack):
    text = write_fer2013_csv(tmp_path / "fer2013.csv", splits).read_bytes()
    (tmp_path / "packed").mkdir()
    pack(tmp_path / "packed" / name, text)
    assert_holds(tmp_path / "packed" / name, splits)
    assert_holds(tmp_path / "packed", splits)
    plain, packed = check_fer2013(tmp_path / "fer2013.csv"), check_fer2013(tmp_path / "packed")
    assert plain.md5 == packed.md5


def test_a_file_is_read_rather_than_its_archive(tmp_path, splits):
    text = write_fer2013_csv(tmp_path / "fer2013.csv", splits).read_bytes()
    PACKERS["fer2013.csv.gz"](tmp_path / "fer2013.csv.gz", text[:3000])
    (tmp_path / "fer2013new.csv").write_text("Usage,Image name\n")
    assert_holds(tmp_path, splits)


def test_other_columns_and_names_are_read(tmp_path, splits):
    path = write_fer2013_csv(tmp_path / "fer2013.csv", splits)
    usages = {"Training": "training", "PublicTest": "PUBLICTEST", "PrivateTest": "Private Test"}
    lines = [",pixels,note,split,Label"]
    for number, line in enumerate(path.read_text().splitlines()[1:]):
        label, pixels, usage = line.split(",")
        name = EMOTION_LABELS[int(label)].upper() if number % 2 else f"{label}.0"
        lines.append(f'{number},{pixels},"one, two",{usages[usage]},{name}')
    path.write_text("\n".join(lines))
    assert_holds(path, splits)
    assert check_fer2013(path).notes == ()


def test_a_validation_usage_is_said_to_be_publictest(tmp_path, splits):
    path = write_fer2013_csv(tmp_path / "fer2013.csv", splits)
    path.write_text(path.read_text().replace("PublicTest", "val").replace("PrivateTest", "Test"))
    for _ in range(2):
        assert_holds(path, splits)
        assert load_table(path).notes == (
            "Usage Test is read as PrivateTest.",
            "Usage val is read as PublicTest.",
        )


def test_names_in_an_npz_are_read(tmp_path, splits):
    path = write_fer2013_npz(tmp_path / "fer2013.npz", splits, names=True)
    with np.load(path) as kept:
        arrays = dict(kept)
    arrays["labels"] = np.array(EMOTION_LABELS)[arrays["labels"]]
    arrays["usage"] = np.char.lower(arrays["usage"])
    np.savez(path, **arrays)
    assert_holds(path, splits)


def write_parquet_folder(folder, splits):
    for split, name in zip(SPLITS, ("train", "validation", "test"), strict=True):
        write_parquet(folder / "data" / f"{name}-00000-of-00001.parquet", splits[split])
    return folder


def test_parquet_is_read_with_the_names_of_its_labels(tmp_path, splits):
    folder = write_parquet_folder(tmp_path, splits)
    (folder / "README.md").touch()
    assert_holds(folder, splits)
    report = check_fer2013(folder)
    assert report.notes == ("test is read as PrivateTest.", "validation is read as PublicTest.")
    assert "FER+ votes cannot be joined" in format_report(report)
    assert counts(folder / "data" / "test-00000-of-00001.parquet") == [0, 0, 7]


def test_parquet_without_names_is_read_and_said(tmp_path, splits):
    data = splits["Training"]
    path = write_parquet(tmp_path / "faces.parquet", data, names=None, column="labels")
    np.testing.assert_array_equal(load_fer2013(path, "Training").labels, data.labels)
    assert check_fer2013(path).notes == (
        "The labels in faces.parquet have no names: they are read as FER2013's.",
        "faces.parquet names no split: it is read as Training.",
    )
    words = [EMOTION_LABELS[label] for label in data.labels]
    path = write_parquet(tmp_path / "train.parquet", data, names=None, labels=words)
    np.testing.assert_array_equal(load_fer2013(path, "Training").labels, data.labels)


def spoil_parquet(path, splits):
    path.write_bytes(path.read_bytes()[:-20])


BAD_PARQUET = {
    "cut": (spoil_parquet, r"expected a whole Parquet file\."),
    "columns": (
        lambda path, _: parquet.write_table(pyarrow.table({"secret": [1], "label": [1]}), path),
        r"expected the columns image and label\. Received: 2 columns, no image among them\.",
    ),
    "numbers": (
        lambda path, _: parquet.write_table(pyarrow.table({"image": [1], "label": [1]}), path),
        r"a column of pictures' files\. Received: INT64\.",
    ),
    "picture": (
        lambda path, _: parquet.write_table(pyarrow.table({"image": [b"secret"], "label": [1]}), path),
        r"row 0 \(rows count from 0\): expected a picture\.",
    ),
    "label": (
        lambda path, splits: write_parquet(
            path, splits["PublicTest"], names=[*"secrt", "angry"], labels=[0] * 14
        ),
        r"row 0 .*: expected a label from 0 to 6 or the name of an emotion\.",
    ),
    "no rows": (
        lambda path, _: parquet.write_table(pyarrow.table({"image": [b""][:0], "label": [1][:0]}), path),
        r"expected",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_bad_parquet_is_refused_in_a_sentence(tmp_path, splits, spoil, message):
    path = write_parquet(tmp_path / "train.parquet", splits["Training"])
    spoil(path, splits)
    with pytest.raises(DataError, match=message) as caught:
        load_fer2013(path, "Training")
    assert str(path) in str(caught.value)
    assert "secr" not in str(caught.value).replace(str(path), "")


def test_without_pyarrow_parquet_names_what_to_install(tmp_path, splits, monkeypatch):
    path = write_parquet(tmp_path / "train.parquet", splits["Training"])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"the package pyarrow.*pip install 'fer-core\[\w+\]'"):
        load_fer2013(path, "Training")

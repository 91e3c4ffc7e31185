"""FER2013 in every form, its cache, its odd images, the FER+ votes and Kaggle."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core import datasets, files
from fer_core.datasets import SPLITS, Dataset, cache, fer2013, load_fer2013, load_fer2013_splits
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import DataError
from tests.synthetic import (
    synthetic_splits,
    write_fer2013_csv,
    write_fer2013_npz,
    write_fer2013_tree,
    write_icml_csv,
)

PIXELS = " ".join(["7"] * 2304)
HEADER = "emotion,pixels,Usage"
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FER_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def splits():
    return synthetic_splits(4, 2, 2, duplicates=1)


@pytest.fixture
def csv_path(tmp_path, splits):
    return write_fer2013_csv(tmp_path / "fer2013.csv", splits)


def assert_same(actual: dict[str, Dataset], expected: dict[str, Dataset]) -> None:
    assert list(actual) == list(SPLITS)
    for split, data in expected.items():
        np.testing.assert_array_equal(actual[split].images, data.images)
        np.testing.assert_array_equal(actual[split].labels, data.labels)
        np.testing.assert_array_equal(actual[split].rows, data.rows)


@pytest.mark.parametrize(
    "write",
    [
        lambda folder, splits: write_fer2013_csv(folder / "fer2013.csv", splits),
        lambda folder, splits: write_fer2013_csv(folder / "my copy.CSV", splits),
        lambda folder, splits: write_icml_csv(folder / "icml_face_data.csv", splits),
        lambda folder, splits: write_fer2013_npz(folder / "fer2013.npz", splits),
        lambda folder, splits: write_fer2013_npz(folder / "fer2013.npz", splits, names=True),
    ],
    ids=["fer2013.csv", "another name", "icml_face_data.csv", "npz", "npz with names"],
)
def test_each_file_is_read_by_its_path_and_by_its_folder(tmp_path, splits, write):
    path = write(tmp_path, splits)
    assert_same(load_fer2013_splits(path), splits)
    assert_same(load_fer2013_splits(str(tmp_path)), splits)
    np.testing.assert_array_equal(load_fer2013(path, "PrivateTest").images, splits["PrivateTest"].images)


def test_a_tree_of_pictures_is_read_in_a_stable_order(tmp_path, splits):
    loaded = load_fer2013_splits(write_fer2013_tree(tmp_path, splits))
    for split, data in splits.items():
        order = np.lexsort((data.rows, np.array(EMOTION_LABELS)[data.labels]))  # Sorted by class, then name.
        np.testing.assert_array_equal(loaded[split].images, data.images[order])
        np.testing.assert_array_equal(loaded[split].labels, data.labels[order])
    assert loaded["PublicTest"].rows[0] == len(splits["Training"])


def test_classes_of_a_tree_may_be_written_otherwise(tmp_path, splits):
    write_fer2013_tree(tmp_path, splits)
    for old, new in [("train/angry", "train/Anger"), ("train/happy", "train/HAPPY"), ("train", "Train")]:
        (tmp_path / old).rename(tmp_path / new)
    training = load_fer2013(tmp_path, "Training")
    assert np.bincount(training.labels).tolist() == [4] * 7


def test_jpegs_and_colour_pictures_of_a_tree_become_gray(tmp_path, splits):
    write_fer2013_tree(tmp_path, splits, suffix=".jpg")
    first = sorted((tmp_path / "train" / "angry").iterdir())[0]
    Image.open(first).convert("RGB").save(first)
    assert (
        np.abs(load_fer2013(tmp_path, "Training").images[0].astype(int) - splits["Training"].images[0]).max()
        < 64
    )


def test_stray_files_of_a_tree_are_left_out_and_said(tmp_path, splits):
    write_fer2013_tree(tmp_path, splits)
    strays = [
        "README.md",
        "test/sad/.DS_Store",
        "train/Thumbs.db",
        "train/happy/._face.png",
        "train/happy/notes.txt",
    ]
    for name in strays:
        (tmp_path / name).write_bytes(b"stray")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "x").touch()
    report = datasets.check_fer2013(tmp_path)
    assert sorted(report.left_out) == sorted([*strays, "__MACOSX/ (1 other file)"])
    assert "Left out, because they are no pictures of a class: 6" in datasets.format_report(report)


def test_train_csv_is_all_training(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(f'emotion,pixels\n3,"{PIXELS}"\n6,"{PIXELS}"\n')
    assert {split: len(data) for split, data in load_fer2013_splits(tmp_path).items()} == {
        "Training": 2,
        "PublicTest": 0,
        "PrivateTest": 0,
    }
    with pytest.raises(DataError, match=r"train\.csv holds no PrivateTest images: .* Received: Training\."):
        load_fer2013(path, "PrivateTest")
    assert "Duplicates across splits cannot be known" in datasets.format_report(datasets.check_fer2013(path))


def test_the_fuller_file_of_a_competition_folder_is_read(tmp_path, splits):
    write_icml_csv(tmp_path / "icml_face_data.csv", splits)
    (tmp_path / "train.csv").write_text(f"emotion,pixels\n3,{PIXELS}\n")
    (tmp_path / "test.csv").write_text(f"pixels\n{PIXELS}\n")
    assert_same(load_fer2013_splits(tmp_path), splits)


@QUICK
@given(data=st.data())
def test_what_is_written_is_read_back(tmp_path, data):
    labels = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    usage = data.draw(st.lists(st.sampled_from(SPLITS), min_size=len(labels), max_size=len(labels)))
    seed = data.draw(st.integers(0, 2**32))
    order = data.draw(st.permutations(["emotion", "pixels", "Usage"]))
    comma, quote = data.draw(st.sampled_from([",", ", ", " ,"])), data.draw(st.sampled_from(["", '"']))
    newline, last = data.draw(st.sampled_from(["\n", "\r\n"])), data.draw(st.sampled_from(["", "\n", "\n\n"]))
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 48, 48), np.uint8)
    lines = [comma.join(order)]
    for image, label, split in zip(images, labels, usage, strict=True):
        pixels = quote + " ".join(map(str, image.ravel())) + quote
        fields = {"emotion": str(label), "pixels": pixels, "Usage": split}
        lines.append(comma.join(fields[name] for name in order))
    path = tmp_path / "any.csv"
    path.write_bytes(("\ufeff" * data.draw(st.booleans()) + newline.join(lines) + last).encode())
    table = fer2013.load_table(path, cache=False)
    np.testing.assert_array_equal(table.images, images)
    assert table.labels.tolist() == labels
    assert [SPLITS[index] for index in table.splits] == usage


def refuse(*_):
    raise AssertionError("the source was read again")


def test_the_second_load_reads_the_cache(csv_path, splits, monkeypatch, cache_folder):
    load_fer2013_splits(csv_path)
    assert [file.suffix for file in cache_folder.iterdir()] == [".npz"]
    monkeypatch.setattr(fer2013, "read_csv", refuse)
    assert_same(load_fer2013_splits(csv_path), splits)


def test_the_second_load_of_a_tree_opens_no_picture(tmp_path, splits, monkeypatch):
    first = load_fer2013_splits(write_fer2013_tree(tmp_path, splits))
    monkeypatch.setattr(fer2013, "read_tree", refuse)
    assert_same(load_fer2013_splits(tmp_path), first)
    (tmp_path / "train" / "sad" / "Training_00004.png").unlink()
    with pytest.raises(AssertionError, match="read again"):
        load_fer2013_splits(tmp_path)


def test_a_changed_source_is_read_anew(csv_path, cache_folder):
    load_fer2013_splits(csv_path)
    other = synthetic_splits(4, 2, 2, duplicates=1, seed=1)
    write_fer2013_csv(csv_path, other)
    os.utime(csv_path, ns=(1, 1))
    assert_same(load_fer2013_splits(csv_path), other)
    assert len(list(cache_folder.iterdir())) == 1


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "text"])
def test_a_damaged_cache_is_read_anew(csv_path, splits, cache_folder, harm):
    load_fer2013_splits(csv_path)
    kept = next(cache_folder.iterdir())
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes({"cut": content[:5000], "flip": content, "empty": b"", "text": b"text"}[harm])
    assert_same(load_fer2013_splits(csv_path), splits)
    assert cache._load(kept, str(np.load(kept)["stamp"])) is not None


def test_without_a_cache_the_data_is_read_all_the_same(csv_path, splits, cache_folder, monkeypatch):
    assert_same(load_fer2013_splits(csv_path, cache=False), splits)
    assert not list(cache_folder.iterdir())
    monkeypatch.setenv("FER_CACHE", str(csv_path))  # A file where the folder should be: nothing can be kept.
    assert_same(load_fer2013_splits(csv_path), splits)
    monkeypatch.delenv("FER_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert_same(load_fer2013_splits(csv_path), splits)


def test_a_cache_that_cannot_be_finished_leaves_nothing(csv_path, splits, cache_folder, monkeypatch):
    def fail(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(cache.np, "savez", fail)
    assert_same(load_fer2013_splits(csv_path), splits)
    assert not list(cache_folder.iterdir())


def test_what_a_killed_cache_left_goes_at_the_next_start(csv_path, splits, cache_folder):
    load_fer2013_splits(csv_path)
    for name in ("tmpabc123.partial", f"{files.PARTIAL}1234abcd-0.npz"):
        (cache_folder / name).write_bytes(b"left by a killed process")
    assert_same(load_fer2013_splits(csv_path), splits)  # from the cache: nothing is written
    assert [file.suffix for file in cache_folder.iterdir()] == [".npz"]


def test_caches_at_once_do_not_collide(csv_path, splits, cache_folder):
    with ThreadPoolExecutor(4) as pool:
        for loaded in pool.map(load_fer2013_splits, [csv_path] * 8):
            assert_same(loaded, splits)
    assert [file.suffix for file in cache_folder.iterdir()] == [".npz"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"FER_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/fer")),
        ({}, Path.home() / ".cache" / "fer"),
    ],
)
def test_the_cache_follows_the_environment(monkeypatch, variables, expected):
    for name in ("FER_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.cache_folder() == expected

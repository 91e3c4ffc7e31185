"""CK+, JAFFE, FERG-DB and RaFD: read from generated copies, and from copies with all that goes wrong."""

import shutil
from collections import Counter

import numpy as np
import pytest

from fer_core.datasets import ALL, image_sets
from fer_core.datasets.image_sets import (
    CLASS_NAMES,
    CONTEMPT,
    format_image_set,
    load_image_set,
    recognise,
    subject_counts,
)
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import DataError
from tests import image_sets as write

ALL_SEVEN = dict.fromkeys(EMOTION_LABELS, 1)
COPIES = {
    "jaffe": (write.write_jaffe, 21, {"KA", "KL", "YM"}, 0),
    "ferg": (write.write_ferg, 42, {"aia", "bonnie", "mery"}, 0),
    "rafd": (write.write_rafd, 3 * 3 * 8, {"01", "02", "73"}, 9),
    "ckplus": (write.write_ckplus, 3 * 7 * 2, {"S005", "S010", "S138"}, 3),
}


def load(spec, crop=write.fake_crop):
    return load_image_set(str(spec), crop=crop)


def reasons(image_set):
    return Counter(reason for _, reason in image_set.left_out)


def names_of(image_set):
    return Counter(CLASS_NAMES[label] for label in image_set.labels)


@pytest.mark.parametrize("key", COPIES)
def test_every_layout_becomes_the_same_dataset(key, tmp_path):
    make, count, groups, contempt = COPIES[key]
    make(tmp_path)
    assert recognise(tmp_path) == key
    image_set = load(tmp_path)
    assert (image_set.name, len(image_set)) == (image_sets.READERS[key].name, count)
    assert image_set.contempt == contempt
    data = image_set.dataset()
    assert (data.images.shape, data.images.dtype) == ((count - contempt, 48, 48), np.uint8)
    assert (data.split, data.name) == (ALL, image_set.name)
    assert set(data.groups) == groups
    assert data.labels.max() == 6
    np.testing.assert_array_equal(image_set.images[data.rows], data.images)
    assert set(subject_counts(image_set)) == groups
    assert sum(subject_counts(image_set).values()).sum() == count
    assert len(load(f"{key.upper()}={tmp_path}")) == count


def test_jaffe_tells_the_emotion_by_its_two_letters(tmp_path):
    image_set = load(write.write_jaffe(tmp_path))
    assert names_of(image_set) == dict.fromkeys(EMOTION_LABELS, 3)
    happy = image_set.paths[image_set.labels == 3]
    assert all(".HA" in path for path in happy)


def test_rafd_leaves_profiles_out_and_keeps_contempt_in_its_own_labels(tmp_path):
    image_set = load(write.write_rafd(tmp_path))
    assert reasons(image_set) == {"a profile, which no frontal frame fits": 2 * 3 * 8}
    assert names_of(image_set) == dict.fromkeys(CLASS_NAMES, 9)
    assert all("contemptuous" in path for path in image_set.paths[image_set.labels == CONTEMPT])
    assert "9 of contempt are left out" in format_image_set(image_set)


@pytest.mark.parametrize("nested", [False, True])
def test_ckplus_takes_the_last_frame_and_the_neutral_first(tmp_path, nested):
    image_set = load(write.write_ckplus(tmp_path, nested=nested))
    names = names_of(image_set)
    assert names == dict.fromkeys(write.CK_NUMBERS.values(), 3) | {"neutral": 21}
    for path, label in zip(image_set.paths, image_set.labels, strict=True):
        _, number, frame = path.split("/")[-1].removesuffix(".png").split("_")
        assert CLASS_NAMES[label] == (write.CK_NUMBERS[int(number)] if int(frame) == 4 else "neutral")
        assert int(frame) in (1, 4)
    assert reasons(image_set) == {
        "a frame between the first and the last": 3 * 7 * 2,
        "a sequence without an emotion file": 3 * 4,
    }


@pytest.mark.parametrize("text", ["", "  \n", "happy", "8.0", "-1", "2.5", "nan", "inf", "\xff\xfe"])
def test_an_emotion_file_that_tells_nothing_leaves_its_sequence_out(tmp_path, text):
    write.write_ckplus(tmp_path, subjects=("S005",))
    (tmp_path / "Emotion/S005/005/S005_005_00000004_emotion.txt").write_text(text, encoding="latin-1")
    image_set = load(tmp_path)
    assert len(image_set) == 12
    assert "happy" not in names_of(image_set)
    assert reasons(image_set)["the emotion file must hold a number from 0 to 7"] == 1
    assert reasons(image_set)["a sequence without an emotion file"] == 2 * 4


def test_a_sequence_of_one_frame_has_no_neutral_face(tmp_path):
    image_set = load(write.write_ckplus(tmp_path, subjects=("S005",), frames=1))
    assert "neutral" not in names_of(image_set)
    assert len(image_set) == 7


def test_ck48_is_taken_as_it_is(tmp_path):
    write.write_ck48(tmp_path)
    assert recognise(tmp_path / "CK+48") == "ckplus"
    image_set = load(tmp_path / "CK+48", crop=None)
    assert (len(image_set), image_set.contempt) == (63, 9)
    path = image_set.paths[0]
    np.testing.assert_array_equal(image_set.images[0], write.draw(0, 0))
    assert path == "anger/S010_001_00000010.png"
    assert "neutral" not in names_of(image_set)


def test_ck_as_csv_has_eight_labels_and_no_subjects(tmp_path):
    csv = write.write_ck_csv(tmp_path / "ckextended.csv")
    assert recognise(csv) == recognise(tmp_path) == "ckplus"
    for spec in (csv, tmp_path, f"ckplus={csv}"):
        image_set = load(spec)
        assert names_of(image_set) == dict.fromkeys(CLASS_NAMES, 3)
        assert image_set.groups is None
        assert len(image_set.dataset()) == 21
    assert len(image_set.dataset("PrivateTest")) == 7
    assert "unknown in this form" in format_image_set(image_set)
    csv.write_text(csv.read_text() + "8," + " ".join(["0"] * 2304) + ",Training\n")
    with pytest.raises(DataError, match=r"line 26 .*from 0 to 7 or its name\. Received: 8"):
        load(csv)


def test_ferg_paints_clear_pixels_white_and_takes_heads_whole(tmp_path):
    write.write_ferg(tmp_path)
    image_set = load(tmp_path)
    mery = image_set.images[image_set.groups == "mery"]
    assert (mery[:, :8] == 255).all()
    whole = load(tmp_path, crop=lambda picture: None)
    assert (len(whole), whole.whole) == (42, 42)
    assert "Taken whole, because no face was detected: 42" in format_image_set(whole)


def test_upper_case_wrong_endings_uneven_sizes_and_litter(tmp_path):
    write.write_jaffe(tmp_path)
    folder = tmp_path / "jaffedbase/jaffe"
    (folder / "KA.AN1.1.tiff").rename(folder / "ka.an1.1.TIFF")
    save_png = write.save(folder / "KA.HA9.99.png", write.draw(3, 5, 90)[:, :70])
    shutil.move(save_png, folder / "KA.HA9.99.jpg")  # a PNG that calls itself a JPEG
    (folder / "KA.SA9.98.tiff").write_bytes(b"no picture")
    (folder / "KA.SA9.97.tiff").write_bytes((folder / "KL.SA1.12.tiff").read_bytes()[:200])
    (folder / "KA.XX1.96.tiff").write_bytes((folder / "KL.SA1.12.tiff").read_bytes())
    (folder / "._KA.AN1.1.tiff").write_bytes(b"\0\5\x16\7")
    write.save(folder / "KA.NE9.95.tiff", np.zeros((60, 60), np.uint8))
    stray = write.litter(tmp_path)
    image_set = load(tmp_path)
    assert len(image_set) == 22
    assert reasons(image_set) == {
        "not a picture": stray + 1,
        "its name tells no emotion": 1,
        "cannot be read as a picture": 2,
        "no face found in it": 1,
    }
    assert (image_set.groups == "KA").sum() == 8
    text = format_image_set(image_set)
    assert "Files left out: 9" in text
    assert "1: no face found in it (jaffedbase/jaffe/KA.NE9.95.tiff)" in text


@pytest.mark.parametrize("key", COPIES)
def test_litter_changes_nothing_in_any_set(key, tmp_path):
    make, count, *_ = COPIES[key]
    make(tmp_path)
    stray = write.litter(tmp_path)
    image_set = load(f"{key}={tmp_path}")
    assert len(image_set) == count
    assert reasons(image_set)["not a picture"] == stray
    assert recognise(tmp_path) == key


def test_a_real_face_is_found_and_framed_like_a_photo(tmp_path):
    from fer_core import FaceFinder, crop_face, load_picture

    for name in ("KA.HA1.1.jpg", "KL.HA1.2.JPG"):
        shutil.copy(write.PHOTO, tmp_path / name)
    write.save(tmp_path / "KA.NE1.3.png", np.full((300, 200), 128, np.uint8))
    image_set = load(tmp_path, crop=None)
    picture = load_picture(write.PHOTO)
    (face,) = FaceFinder().find(picture)
    np.testing.assert_array_equal(image_set.images[0], crop_face(picture, face))
    assert reasons(image_set) == {"no face found in it": 1}
    found = image_sets.report.duplicates(image_set)
    assert found == {"groups": 1, "images": 2, "conflicting": 0, "shared": 1}


def test_crops_are_kept_until_a_picture_changes(tmp_path, monkeypatch):
    write.write_ck48(tmp_path)
    first = load(tmp_path, crop=None)
    read = "fer_core.datasets.image_sets.reading._read"
    monkeypatch.setattr(read, lambda *_: pytest.fail("it was read again"))
    again = load(tmp_path, crop=None)
    np.testing.assert_array_equal(first.images, again.images)
    assert first.left_out == again.left_out
    monkeypatch.undo()
    next(tmp_path.rglob("*.png")).unlink()
    assert len(load(tmp_path, crop=None)) == len(first) - 1


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nowhere", "does not exist: expected a data set"),
        ("jaffe=nowhere", "does not exist"),
        ("affectnet=nowhere", "must be one of ckplus, jaffe, ferg, rafd. Received: 'affectnet'"),
        ("empty", "is none of ckplus, jaffe, ferg, rafd"),
        ("jaffe=empty", r"holds no labelled picture of JAFFE: .*0 other files \(an empty folder\)"),
        ("rafd=jaffe", r"holds no labelled picture of RaFD: .*its name tells no emotion"),
        ("jaffe=notes.txt", "holds no JAFFE: .*Received: the file notes.txt"),
        ("ckplus=nul\0", "does not exist"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, spec, sentence):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    write.write_jaffe(tmp_path / "jaffe")
    key, _, path = spec.rpartition("=")
    with pytest.raises(DataError, match=sentence) as caught:
        load(f"{key}={tmp_path / path}" if key in image_sets.READERS else spec if key else tmp_path / path)
    assert "\n" not in str(caught.value)


def test_no_face_in_any_picture_is_said(tmp_path):
    write.write_jaffe(tmp_path)
    with pytest.raises(
        DataError, match=r"No face could be read .*21 pictures; the first: no face found in it"
    ):
        load(tmp_path, crop=lambda picture: None)


def test_fer2013_is_none_of_them(tmp_path):
    from tests.synthetic import synthetic_splits, write_fer2013_csv, write_fer2013_tree

    csv = write_fer2013_csv(tmp_path / "fer2013.csv")
    tree = write_fer2013_tree(tmp_path / "tree", synthetic_splits(1, 1, 1))
    assert recognise(csv) is recognise(tree) is recognise(tmp_path / "gone") is None


def test_arrays_that_do_not_belong_together_are_refused(tmp_path):
    import dataclasses

    image_set = load(write.write_jaffe(tmp_path))
    with pytest.raises(DataError, match="one length"):
        dataclasses.replace(image_set, labels=image_set.labels[:3])
    with pytest.raises(DataError, match="in \\[0, 7\\]"):
        dataclasses.replace(image_set, labels=image_set.labels + 2)
    with pytest.raises(DataError, match="The split of JAFFE must be one of All"):
        image_set.dataset("Training")

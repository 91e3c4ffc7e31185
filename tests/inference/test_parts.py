"""A folder of parts: whole files alone, of one network; what is done is known again."""

import json

import pytest

from fer_core.errors import OutputError
from fer_core.inference import parts
from fer_core.inference.batch import load_recognizer
from fer_core.inference.face_table import FaceRow, to_arrow
from fer_core.inference.parts import MANIFEST, Parts, claim, describe
from tests.batches import RUN, read_parts


@pytest.fixture(scope="module")
def settings():
    return describe(load_recognizer(RUN, 0.7), 5.0)


@pytest.fixture
def folder(tmp_path, settings):
    claim(tmp_path / "out", settings)
    return tmp_path / "out"


def fill(folder, *paths):
    """A part with a row for each path."""
    said = []
    opened = Parts(folder, say=said.append)
    for path in paths:
        opened.add(to_arrow([FaceRow(path)]))
    opened.flush()
    return said


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_parts_are_written_one_after_the_other_and_tell_what_is_done(folder):
    fill(folder, "a.jpg", "b.jpg")
    fill(folder)  # nothing to write
    fill(folder, "c.jpg")
    assert names(folder) == [MANIFEST, "part-00000.parquet", "part-00001.parquet"]
    assert list(read_parts(folder)["path"]) == ["a.jpg", "b.jpg", "c.jpg"]
    assert Parts(folder, say=print).done == {"a.jpg", "b.jpg", "c.jpg"}


def test_a_part_is_written_when_it_is_large_or_late(folder, monkeypatch):
    monkeypatch.setattr(parts, "MOST_ROWS", 2)
    opened = Parts(folder, say=print)
    for path in "abcde":
        opened.add(to_arrow([FaceRow(path)]))
    assert len(names(folder)) == 1 + 2
    monkeypatch.setattr(parts, "MOST_SECONDS", 0)
    opened.add(to_arrow([FaceRow("f")]))
    assert list(read_parts(folder)["path"]) == list("abcdef")


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99], ids=["empty", "half", "all but its end"])
def test_a_torn_part_is_put_aside_and_its_files_are_not_done(folder, kept):
    fill(folder, "a.jpg")
    fill(folder, "b.jpg")
    part = folder / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[: int(kept * part.stat().st_size)])
    assert fill(folder, "a.jpg") == [
        f"{part} is damaged, so what it held is predicted again; it is _torn-part-00000.parquet now."
    ]
    assert names(folder) == [MANIFEST, "_torn-part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert sorted(read_parts(folder)["path"]) == ["a.jpg", "b.jpg"]


def test_a_flipped_byte_is_found(folder):
    fill(folder, *(f"photo-{index}.jpg" for index in range(500)))
    part = folder / "part-00000.parquet"
    data = bytearray(part.read_bytes())
    data[200] ^= 1  # in the pages of the paths, which come first
    part.write_bytes(data)
    assert "is damaged" in fill(folder)[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"run": "best", "sha256": "0123456789"}, "the network best (01234567) with YuNet"),
        ({"sha256": "0123456789"}, "the network small (01234567) with YuNet"),
        ({"detector": "Haar"}, "with Haar"),
        ({"face_threshold": 0.5}, "face threshold 0.5"),
        ({"frames_per_second": 1.0}, "1.0 frames a second"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_network_or_setting_is_refused_in_one_sentence(folder, settings, change, says):
    fill(folder, "a.jpg")
    claim(folder, settings)
    with pytest.raises(OutputError) as refused:
        claim(folder, settings | change)
    assert says in str(refused.value).split("Received: ")[1]
    assert str(refused.value).endswith("Name another folder.")
    assert json.loads((folder / MANIFEST).read_text()) == settings


def test_a_folder_that_holds_something_else_is_refused(tmp_path, settings):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(OutputError, match=r"new or empty folder.*which holds other files\.$"):
        claim(tmp_path, settings)
    assert names(tmp_path) == ["photo.jpg"]

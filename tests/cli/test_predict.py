"""``fer predict``: a row a face as soon as it is known, whatever fails, fills up or is stopped later."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from fer_core.cli import main as cli
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import PictureError
from fer_core.inference.face_table import COLUMNS
from fer_core.inference.video import VideoReader
from tests.tiny_networks import SAMPLES, tiny_tflite

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import scene, write_sound, write_video

PHOTO = str(SAMPLES / "two-faces.jpg")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds of a face, one of nobody; 5 frames a second."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.write_bytes(write_video([scene(4 * step) for step in range(20)] + [scene()] * 10))
    return path


@pytest.fixture
def wall(tmp_path):
    """A photo of nobody."""
    path = tmp_path / "wall.png"
    Image.fromarray(scene()).save(path)
    return path


def table(out):
    return list(csv.DictReader(io.StringIO(out)))


def test_a_line_a_face_is_what_people_read(predict, film):
    code, out, err = predict(PHOTO, film)
    assert (code, err) == (0, "")
    first, second, *rows = out.splitlines()
    assert re.fullmatch(rf"{PHOTO}: face 1 at \d+,\d+ \(\d+x\d+ px\): [a-z]+ \d+\.\d %", first)
    assert second.startswith(f"{PHOTO}: face 2 at ")
    starts = [f"{film} at {index / 5:.2f} s: face 1 at " for index in range(10)]
    assert [row[: len(start)] for row, start in zip(rows, starts, strict=True)] == starts


def test_csv_and_json_are_the_face_table_of_photos_and_videos(predict, film):
    code, out, _ = predict(PHOTO, film, "--csv", "--rate", "2")
    assert code == 0
    rows = table(out)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["path"], row["time"], row["face"]) for row in rows] == [
        (PHOTO, "", "1"),
        (PHOTO, "", "2"),
        *((str(film), str(index / 2), "1") for index in range(4)),
    ]
    assert all(
        sum(float(row[label]) for label in EMOTION_LABELS) == pytest.approx(1, abs=1e-3) for row in rows
    )
    code, out, _ = predict(PHOTO, film, "--json", "--rate", "2")
    assert code == 0
    listed = json.loads(out)
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in listed]
    assert as_text == rows


def test_what_cannot_be_read_and_what_shows_nobody_have_a_row(predict, wall, tmp_path):
    (tmp_path / "notes.jpg").write_text("nothing to see")
    files = [wall, tmp_path / "notes.jpg", tmp_path / "missing.jpg", PHOTO]
    code, out, err = predict(*files, "--csv")
    assert code == 1
    rows = table(out)
    assert [row["path"] for row in rows] == [*map(str, files), PHOTO]
    assert [bool(row["error"]) for row in rows] == [False, True, True, False, False]
    assert [row["emotion"] for row in rows][:3] == ["", "", ""]
    assert err.splitlines() == [f"fer: {row['error']}" for row in rows[1:3]]
    assert predict(wall)[:2] == (0, f"{wall}: no face detected\n")


def test_rows_before_a_failure_are_not_lost(predict, monkeypatch):
    from fer_core.inference.recognizer import Recognizer

    first, answers = Recognizer.predict, iter([True])

    def fail(recognizer, picture):
        return first(recognizer, picture) if next(answers, None) else 1 / 0

    monkeypatch.setattr(Recognizer, "predict", fail)
    code, out, err = predict(PHOTO, SAMPLES / "grace-hopper.jpg", "--json")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert [row["face"] for row in json.loads(out)] == [1, 2]


def test_folders_patterns_and_lists_are_searched(predict, tmp_path, monkeypatch):
    for name in ("b/deep/two.JPG", "a/one.jfif", "a/.hidden.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PHOTO, tmp_path / name)
    (tmp_path / "b" / "notes.txt").touch()
    one, two = tmp_path / "a" / "one.jfif", tmp_path / "b" / "deep" / "two.JPG"

    def paths(*names):
        code, out, err = predict(*names, "--csv")
        return code, list(dict.fromkeys(row["path"] for row in table(out))), err

    said = f"fer: {tmp_path}: left out what is neither photo nor video by its name: 1 .txt\n"
    assert paths(tmp_path) == (0, [str(one), str(two)], said)
    assert paths(tmp_path / "**" / "*.[jJ]*") == (0, [str(one), str(two)], "")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{two}\n\n{tmp_path / 'a'}\r\n{two}\n"))
    assert paths("-") == (0, [str(two), str(one)], "")
    code, _, err = paths(tmp_path / "*.png")
    assert (code, err) == (1, f"fer: No file matches {tmp_path / '*.png'}.\n")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "notes.rtf").touch()
    code, _, err = paths(tmp_path / "c")
    assert (code, err) == (1, f"fer: {tmp_path / 'c'} holds no photo and no video. Received: 1 .rtf.\n")


def test_the_face_threshold_is_the_detectors(predict):
    assert predict(PHOTO, "--face-threshold", "0.99")[1] == f"{PHOTO}: no face detected\n"
    code, out, err = predict(PHOTO, "--face-threshold", "1.5")
    assert (code, out) == (1, "")
    assert err == "fer: The face threshold must lie in (0, 1]. Received: 1.5.\n"


def test_a_name_that_the_console_cannot_show_is_shown_otherwise(tmp_path):
    photo = tmp_path / "\N{GRINNING FACE}.jpg"
    shutil.copy(PHOTO, photo)
    done = subprocess.run(
        [sys.executable, "-m", "fer_core", "predict", "--run", tiny_tflite("flatten"), photo],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(f"{tmp_path}/\\U0001f600.jpg: face 1 at ".encode())


def test_equal_stems_have_a_picture_each(predict, tmp_path):
    photos = [tmp_path / name for name in ("a/photo.jpg", "b/photo.jpg", "a/photo.png")]
    for photo in photos:
        photo.parent.mkdir(exist_ok=True)
        Image.open(PHOTO).save(photo)
    out = tmp_path / "out"
    code, _, err = predict(*photos, "--output", out)
    assert code == 0
    names = ["photo-faces.png", "photo-faces-2.png", "photo-faces-3.png"]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert err.splitlines() == [
        f"fer: {photo} is drawn in {out / name}: {names[0]} is there already."
        for photo, name in zip(photos[1:], names[1:], strict=True)
    ]


@pytest.mark.parametrize("name", ["faces.csv", "faces.json"])
def test_a_table_is_written_beside_what_is_printed(name, predict, tmp_path):
    path = tmp_path / name
    path.write_text("old")
    code, out, _ = predict(PHOTO, "--output", path)
    assert (code, out.count("\n")) == (0, 2)
    assert path.read_text() == predict(PHOTO, f"--{path.suffix[1:]}")[1]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["file", "file/faces.csv", "missing/faces.csv", "faces.xlsx", "faces.png"])
def test_an_output_that_is_none_is_one_sentence_before_anything_is_read(name, predict, tmp_path):
    (tmp_path / "file").touch()
    code, out, err = predict(PHOTO, "--output", tmp_path / name)
    assert (code, out) == (1, "")
    assert err.startswith("fer: --output must be a folder, or a file that ends in .csv or .json")
    assert str(tmp_path / name) in err
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("name", ["out", "faces.csv"])
def test_a_disk_that_fills_up_is_one_sentence_and_every_row_is_printed(name, tmp_path):
    import resource

    output = tmp_path / "results" / name
    output.parent.mkdir()
    command = [sys.executable, "-m", "fer_core", "predict", "--run", tiny_tflite("flatten"), "--csv"]
    done = subprocess.run(
        [*command, PHOTO, SAMPLES / "grace-hopper.jpg", "--output", output],
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
    )
    said = "fer: --output cannot be written any more: File too large. What follows is printed alone.\n"
    assert (done.returncode, done.stderr.decode()) == (1, said)
    assert [row["face"] for row in table(done.stdout.decode())] == ["1", "2", "1"]
    assert not [path for path in output.parent.rglob("*") if path.is_file()]


def test_key_frames_are_written_as_pictures(predict, film, tmp_path):
    assert predict(film, "--output", tmp_path / "new")[0] == 0
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert names
    assert all(name.startswith("film-face-1-") for name in names)


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_stopped_it_says_where_and_keeps_what_was_read(form, predict, film, monkeypatch, tmp_path):
    read_next, left = VideoReader.read_next, iter(range(4))

    def press(reader):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return read_next(reader)

    monkeypatch.setattr(VideoReader, "read_next", press)
    code, out, err = predict(film, PHOTO, form, "--output", tmp_path / "faces.csv")
    assert code == 130
    assert err.strip() == f"fer: stopped in {film}; every row until then is kept."
    rows = table(out) if form == "--csv" else json.loads(out)
    assert [row["path"] for row in rows] == 4 * [str(film)]
    assert len(table((tmp_path / "faces.csv").read_text())) == 4


def test_a_video_without_a_face_says_so(predict, tmp_path):
    path = tmp_path / "WALL.MP4"
    path.write_bytes(write_video([scene()] * 10))
    assert predict(path)[:2] == (0, f"{path}: no face detected\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is an empty file"),
        (b"These are notes.\n" * 99, "is neither a picture nor a video"),
        (write_sound(), "holds no moving pictures"),
        (None, "There is no picture or video at"),
    ],
    ids=["empty", "text", "sound", "absent"],
)
def test_what_is_no_video_is_one_sentence_and_stops_no_other(predict, tmp_path, content, says):
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    code, out, err = predict(path, PHOTO)
    assert code == 1
    assert says in err
    assert str(path) in err
    assert len(err.strip().splitlines()) == 1
    assert out.startswith(f"{PHOTO}: face 1")


def test_a_damaged_video_is_read_up_to_the_damage(predict, film, monkeypatch):
    read_next = VideoReader.read_next

    def break_off(reader):
        if reader.frame_count == 3:
            raise PictureError(f"{film} cannot be read beyond {reader.seconds:.1f} s.")
        return read_next(reader)

    monkeypatch.setattr(VideoReader, "read_next", break_off)
    code, out, err = predict(film, "--csv")
    assert (code, err) == (1, f"fer: {film} cannot be read beyond 0.4 s.\n")
    assert [bool(row["error"]) for row in table(out)] == [False, False, False, True]


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "often"])
def test_a_rate_that_is_none_is_refused(rate, film, capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", str(film), "--rate", rate])
    assert f"expected more than 0 and at most 1000, received {rate!r}" in capsys.readouterr().err

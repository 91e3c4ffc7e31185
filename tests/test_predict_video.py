"""``fer predict`` on a video: a row a face and moment, stopped in between, and what is no video."""

import csv
import io
import json

import pytest

from fer_core import cli
from fer_core.commands.prediction import COLUMNS
from fer_core.commands.video import SUFFIXES
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import PictureError
from fer_core.video import CONTAINERS, VideoReader
from tests.networks import SAMPLES, tiny_tflite

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import scene, write_sound, write_video

PHOTO = str(SAMPLES / "two-faces.jpg")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds of a face, one of nobody; 5 moments a second."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.write_bytes(write_video([scene(4 * step) for step in range(20)] + [scene()] * 10))
    return path


@pytest.fixture
def predict(capsys):
    """``predict(path, ...)`` -> exit code, what stood on standard output, and on standard error."""

    def run(*arguments):
        code = cli.main(["predict", "--run", str(tiny_tflite("flatten")), *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def test_a_video_is_a_table_of_moments(predict, film):
    code, out, err = predict(film)
    assert (code, err) == (0, "")
    first, head, *rows = out.splitlines()
    assert first == f"{film}: 15 pictures read"
    assert head.split() == ["seconds", "face", "emotion", *EMOTION_LABELS]
    assert len(rows) == 10
    assert len({len(row) for row in rows}) == 1  # columns stand below each other
    assert [row.split()[0] for row in rows] == [f"{moment / 5:.2f}" for moment in range(10)]
    for row in rows:
        _, face, emotion, *shares = row.replace(" %", "").split()
        shares = list(map(float, shares))
        assert face == "1"
        assert sum(shares) == pytest.approx(100, abs=0.5)
        assert emotion == EMOTION_LABELS[shares.index(max(shares))]


def test_json_holds_pictures_and_videos(predict, film):
    code, out, _ = predict(film, PHOTO, "--json", "--rate", "2")
    assert code == 0
    answer = json.loads(out)
    assert len(answer["pictures"][PHOTO]) == 2
    faces = answer["videos"][str(film)]
    assert [(face["seconds"], face["face"]) for face in faces] == [(0.0, 1), (0.5, 1), (1.0, 1), (1.5, 1)]
    assert set(faces[0]) == set(answer["pictures"][PHOTO][0]) - {"face_score"} | {"seconds", "face"}
    assert faces[0]["confidence"] == max(faces[0]["probabilities"].values())


def test_csv_holds_pictures_and_videos(predict, film):
    code, out, _ = predict(PHOTO, film, "--csv", "--rate", "2")
    assert code == 0
    assert tuple(out.splitlines()[0].split(",")) == COLUMNS
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["file"], row["seconds"], row["face"]) for row in rows] == [
        (PHOTO, "", "1"),
        (PHOTO, "", "2"),
        *((str(film), str(moment / 2), "1") for moment in range(4)),
    ]
    assert all(
        sum(float(row[label]) for label in EMOTION_LABELS) == pytest.approx(1, abs=1e-3) for row in rows
    )


def test_the_peaks_are_written_as_pictures(predict, film, tmp_path):
    assert predict(film, "--output", tmp_path / "new")[0] == 0
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert names
    assert all(name.startswith("film-face-1-") for name in names)


def test_stopped_it_says_where_and_keeps_what_was_read(predict, film, monkeypatch):
    read_next, left = VideoReader.read_next, iter(range(4))

    def press(reader):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return read_next(reader)

    monkeypatch.setattr(VideoReader, "read_next", press)
    code, out, err = predict(film, PHOTO, "--csv")
    assert code == 130
    assert err.strip() == f"fer: stopped after 0.6 s of {film}; what was read until then is kept."
    assert {row["file"] for row in csv.DictReader(io.StringIO(out))} == {str(film)}
    assert len(out.splitlines()) == 1 + 4


def test_a_video_without_a_face_says_so(predict, tmp_path):
    path = tmp_path / "WALL.MP4"
    path.write_bytes(write_video([scene()] * 10))
    assert predict(path)[:2] == (0, f"{path}: no face found in 5 pictures\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no video that can be read"),
        (b"These are notes.\n" * 99, "is no video that can be read"),
        (write_sound(), "holds no moving pictures"),
        (None, "There is no video at"),
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
        if reader.moments == 3:
            raise PictureError(f"{film} cannot be read beyond {reader.seconds:.1f} s.")
        return read_next(reader)

    monkeypatch.setattr(VideoReader, "read_next", break_off)
    code, out, err = predict(film)
    assert (code, err) == (1, f"fer: {film} cannot be read beyond 0.4 s.\n")
    assert len(out.splitlines()) == 2 + 3


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "often"])
def test_a_rate_that_is_none_is_refused(rate, film, capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", str(film), "--rate", rate])
    assert f"expected more than 0 and at most 1000, received {rate!r}" in capsys.readouterr().err


def test_every_container_is_known_by_its_name():
    assert {f".{name}" for name in CONTAINERS} < SUFFIXES

"""Faces followed through a video, their key frames kept; stopped, damaged, and from two threads."""

import csv
import io
import threading

import numpy as np
import pytest
from PIL import Image

from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import PictureError
from fer_core.inference.face_table import COLUMNS, to_csv
from fer_core.inference.recognizer import Recognizer
from fer_core.inference.video import VideoReader
from fer_core.vision.frames import sample_frames
from tests.tiny_networks import tiny_tflite

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import NOISE, scene, write_video


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(tiny_tflite(), threads=1)


@pytest.fixture(scope="module")
def film():
    """Two seconds of a face that goes to the right, then one of another photo's."""
    first = [scene(4 * step) for step in range(20)]
    return write_video(first + [scene(80, name="grace-hopper.jpg")] * 10)


def read_all(reader):
    while reader.read_next():
        pass
    return reader


def test_what_comes_before_the_damage_is_kept(recognizer, film):
    reader = VideoReader(
        recognizer, io.BytesIO(write_video(NOISE, form="webm", codec="libvpx")[:40_000]), name="film"
    )
    with pytest.raises(PictureError, match=r"film is unfinished or damaged: read .* s of 4\.0 s"):
        read_all(reader)
    assert reader.is_finished
    assert 3 < reader.frame_count < 18
    assert not reader.read_next()


def test_a_film_upside_down_is_predicted_as_the_upright_one(recognizer):
    upright = [scene(4 * step) for step in range(20)]
    lying = [picture[::-1, ::-1] for picture in upright]
    readers = [read_all(VideoReader(recognizer, io.BytesIO(write_video(each)))) for each in (upright, lying)]
    assert [{row.face.rotation for row in reader.rows} for reader in readers] == [{0}, {180}]
    assert readers[0].faces() == readers[1].faces()
    for one, other in zip(*[reader.rows for reader in readers], strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.25)
    key = readers[1].key_frames(1)[0]
    shown = np.asarray(Image.open(io.BytesIO(key.jpeg)))
    assert np.corrcoef(shown.ravel(), upright[round(10 * key.seconds)].ravel())[0, 1] > 0.8


def test_the_orientation_is_asked_until_two_frames_agree(recognizer, monkeypatch):
    asked, find = [], Recognizer.detect_faces

    def note(self, picture, *, rotation, **options):
        asked.append(rotation)
        return find(self, picture, rotation=rotation, **options)

    monkeypatch.setattr(Recognizer, "detect_faces", note)
    monkeypatch.setattr("fer_core.inference.video.SEARCH_SECONDS", 0)
    film = write_video([scene()] * 4 + [scene(80)] * 8)
    read_all(VideoReader(recognizer, io.BytesIO(film), frames_per_second=10))
    assert asked == [None] * 6 + [0] * 6


def test_a_face_is_followed_and_its_numbers_are_those_of_its_pictures(recognizer, film):
    reader = read_all(VideoReader(recognizer, io.BytesIO(film), frames_per_second=5))
    assert (reader.frame_count, reader.share, reader.is_finished) == (15, 1.0, True)
    number, count = next(iter(reader.faces().items()))
    assert number == 1
    assert count >= 10
    seconds, probabilities = reader.timeline(1)
    assert (np.diff(seconds) > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    first = next(sample_frames(film))
    np.testing.assert_allclose(
        probabilities[0], recognizer.predict(first.picture)[0].probabilities, atol=1e-6
    )
    rows = list(csv.DictReader(io.StringIO(to_csv(reader.rows))))
    assert tuple(rows[0]) == COLUMNS
    mine = [row for row in rows if row["face"] == "1"]
    assert [float(row["time"]) for row in mine] == pytest.approx(list(seconds), abs=0.001)
    assert float(mine[9]["x"]) > float(mine[0]["x"]) + 30  # it went to the right
    assert float(mine[0]["happy"]) == pytest.approx(probabilities[0, EMOTION_LABELS.index("happy")], abs=1e-4)


def test_a_cut_gives_a_new_number_to_a_face_in_the_same_place(recognizer):
    there = [scene(80)] * 10
    film = write_video(there + [scene(80, name="grace-hopper.jpg")] * 10 + there)
    reader = read_all(VideoReader(recognizer, io.BytesIO(film), frames_per_second=5))
    assert reader.cuts == pytest.approx([1, 2])
    assert reader.faces() == {1: 5, 2: 5, 3: 5}
    assert [reader.timeline(number)[0][0] for number in (1, 2, 3)] == pytest.approx([0, 1, 2])


def test_faces_are_followed_between_searches(recognizer, film, monkeypatch):
    searched, find = [], Recognizer.detect_faces
    monkeypatch.setattr(
        Recognizer, "detect_faces", lambda *args, **rest: searched.append(1) or find(*args, **rest)
    )
    moving = write_video([scene(2 * step) for step in range(40)])
    followed = read_all(VideoReader(recognizer, io.BytesIO(moving), frames_per_second=10))
    assert len(searched) <= 6  # two until the film is known to stand upright, then one a second
    monkeypatch.setattr("fer_core.inference.video.SEARCH_SECONDS", 0)
    found = read_all(VideoReader(recognizer, io.BytesIO(moving), frames_per_second=10))
    assert followed.faces() == found.faces() == {1: 40}
    places = [[row.face.box for row in reader.rows] for reader in (followed, found)]
    assert np.abs(np.subtract(*places)).max() < 10  # of a face of 90 px


@pytest.mark.parametrize("is_upright", [True, False])
def test_an_annotated_film_shows_each_sampled_frame_at_its_time(recognizer, is_upright):
    pictures = [scene(4 * step) for step in range(10)] + [scene()] * 5
    if not is_upright:
        pictures = [picture[::-1, ::-1] for picture in pictures]
    file = io.BytesIO()
    reader = VideoReader(recognizer, io.BytesIO(write_video(pictures)), frames_per_second=5, annotated=file)
    read_all(reader)
    frames = list(sample_frames(file.getvalue(), frames_per_second=1000))
    plain = list(sample_frames(write_video(pictures), frames_per_second=5))
    assert [each.seconds for each in frames] == pytest.approx([each.seconds for each in plain], abs=2e-3)
    known = reader.rows[0].time  # until a face is found, nothing says which way is up
    for drawn, each in zip(frames, plain, strict=True):
        if each.seconds < known:
            continue
        upright = each.picture if is_upright else each.picture[::-1, ::-1]
        changed = np.abs(drawn.picture.astype(int) - upright).max(axis=2) > 60
        has_face = any(row.time == pytest.approx(each.seconds) for row in reader.rows)
        assert (changed.mean() > 0.005) == has_face, "a box, where there is a face"


def test_a_stopped_reader_leaves_a_whole_annotated_film(recognizer, film):
    file = io.BytesIO()
    reader = VideoReader(recognizer, io.BytesIO(film), annotated=file)
    for _ in range(3):
        reader.read_next()
    reader.stop()
    assert len(list(sample_frames(file.getvalue(), frames_per_second=1000))) == 3


def test_key_frames_are_where_an_emotion_was_first_and_strongest(recognizer, film):
    reader = read_all(VideoReader(recognizer, io.BytesIO(film)))
    seconds, probabilities = reader.timeline(1)
    first = probabilities.argmax(axis=1)
    found = reader.key_frames(1)
    assert {each.emotion for each in found} == {EMOTIONS[each] for each in set(first)}
    for each in found:
        at = np.flatnonzero(first == each.emotion)
        best = at[probabilities[at, each.emotion].argmax()]
        assert each.seconds == seconds[best]
        assert each.probability == pytest.approx(probabilities[best, each.emotion])
        assert Image.open(io.BytesIO(each.jpeg)).size == (320, 240)
    assert reader.key_frames(99) == []


def test_pictures_are_not_kept_beyond_a_number(recognizer, film, monkeypatch):
    monkeypatch.setattr("fer_core.inference.video.MOST_KEY_FRAMES", 1)
    reader = read_all(VideoReader(recognizer, io.BytesIO(film)))
    assert sum(len(reader.key_frames(number)) for number in reader.faces()) == 1


@pytest.mark.parametrize(("name", "path"), [(None, "The video"), ("film.mp4", "film.mp4")])
def test_rows_say_which_film_they_are_of(recognizer, film, name, path):
    reader = VideoReader(recognizer, film, name=name, frames_per_second=1)
    reader.read_next()
    assert {row.path for row in reader.rows} == {path}
    reader.stop()


def test_a_stopped_reader_keeps_what_it_read_and_lets_go_of_its_file(recognizer, film):
    reader = VideoReader(recognizer, io.BytesIO(film))
    for _ in range(3):
        assert reader.read_next()
    reader.stop()
    assert not reader.read_next()
    assert (reader.frame_count, reader.faces()) == (3, {1: 3})
    assert reader._frames.gi_frame is None
    assert 0 < reader.share < 1


def test_two_threads_never_read_at_once(recognizer, film):
    """Streamlit may start a page's next run while the last one still waits for a picture."""
    reader = VideoReader(recognizer, io.BytesIO(film))
    errors = []

    def work():
        try:
            read_all(reader)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert reader.frame_count == 15

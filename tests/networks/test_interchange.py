import numpy as np
import pytest

from fer_core.datasets.synthetic import draw_faces
from fer_core.errors import RunError
from fer_core.networks import export
from fer_core.networks.interchange import FORMATS, export_network
from tests.tiny_networks import CALIBRATION, tiny_network

IMAGES = draw_faces(2, seed=1)[0]


def write(path, format):
    return export_network(tiny_network("pooled"), path, format=format, calibration=CALIBRATION, images=IMAGES)


@pytest.mark.parametrize("format", FORMATS)
def test_the_other_runtime_predicts_as_keras_does(tmp_path, format):
    if format == "onnx":
        pytest.importorskip("tf2onnx", reason="pip install 'fer-core[onnx]'")
    path = tmp_path / "new" / f"network{FORMATS[format]}"
    assert write(path, format) < 1e-5
    assert path.is_dir() if format == "saved_model" else path.stat().st_size > 1000
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_onnx_takes_any_number_of_images_and_names_what_it_gives(tmp_path):
    pytest.importorskip("tf2onnx", reason="pip install 'fer-core[onnx]'")
    import onnxruntime

    write(tmp_path / "network.onnx", "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    assert [(each.name, each.type) for each in session.get_inputs()] == [("images", "tensor(uint8)")]
    assert {each.name for each in session.get_outputs()} == {"probabilities", "activation_map"}
    for count in (1, 5):
        (found,) = session.run(["probabilities"], {"images": IMAGES[:count, ..., None]})
        np.testing.assert_allclose(found.sum(axis=1), np.ones(count), atol=1e-5)


def test_what_is_there_stays(tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_text("mine")
    with pytest.raises(RunError, match=r"mine\.onnx is there already"):
        write(path, "onnx")
    assert path.read_text() == "mine"


def test_an_unknown_format_is_named(tmp_path):
    with pytest.raises(RunError, match=r"litert, onnx, saved_model\. Received: 'coreml'"):
        write(tmp_path / "network", "coreml")


def test_a_network_that_predicts_otherwise_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(RunError, match="does not predict as its Keras model does"):
        write(tmp_path / "network.tflite", "litert")
    assert list(tmp_path.iterdir()) == []

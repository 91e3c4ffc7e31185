"""The embedding on the Errors page: the stored one, which is there at once."""

import base64

import numpy as np

from fer_core.datasets.dataset import PRIVATE_TEST
from tests.finished_runs import write_run
from tests.pages.test_pages import charts_of, complaints, visit


def numbers(values):
    """Of a chart's trace, as Plotly writes many of them."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


def test_the_stored_embedding_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    run = write_run(tmp_path, "best", tflite=b"", epochs=5)
    count = len(run.evaluation(PRIVATE_TEST).labels)
    run.save_embedding({PRIVATE_TEST: np.column_stack([np.arange(count), np.full(count, 7)])})
    app = visit("pages/6_Errors.py", data="FER2013", show="Embedding", method="t-SNE")
    assert not complaints(app)
    traces = [trace for trace in charts_of(app)[0]["data"] if isinstance(trace["x"], dict)]
    shown = np.concatenate([numbers(trace["x"]) for trace in traces])
    np.testing.assert_array_equal(np.sort(shown), np.arange(count))
    assert {7.0} == set(np.concatenate([numbers(trace["y"]) for trace in traces]))

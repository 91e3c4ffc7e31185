"""What the tests share: settings that keep them off the user's files, drawn faces, and one trained run.

FER2013_PATH   the real FER2013, for the tests marked real_data; they are skipped without it
"""

import os
import shutil
import sys
from pathlib import Path

import hypothesis
import pytest

from fer_core.datasets import load_fer2013_splits
from fer_core.experiments.runs import Run
from tests import streamer as stand_in
from tests.synthetic import synthetic_splits

# A busy machine is no reason to fail: no test here times anything.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

# Keras reads these when it is imported, which the first test file to need it does.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True, scope="session")
def settings(tmp_path_factory):
    """No test reads or writes the cache, or the corrected labels, of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("FER_LABELS", str(tmp_path_factory.mktemp("labels")))
        yield


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty folder, where runs are looked for and put."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("FER_MODELS", str(folder))
    return folder


@pytest.fixture(scope="session")
def drawn_splits():
    """The three splits, of drawn faces: enough that ``tests.tiny.TINY`` learns them."""
    return synthetic_splits(60, 20, 20)


@pytest.fixture(scope="session")
def tiny():
    """``tests.tiny.TINY``, with its architecture and its name made known for the session."""
    from fer_core.networks.architectures import ARCHITECTURES
    from fer_core.training.recipes import RECIPES
    from tests.tiny import TINY, build_tiny

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, TINY.architecture, build_tiny)
        patch.setitem(RECIPES, TINY.name, lambda: TINY)
        yield TINY


@pytest.fixture(scope="session")
def trained_run(tiny, drawn_splits, tmp_path_factory):
    """A whole run, trained once for the session on drawn faces. To be read only: see ``run_copy``."""
    from fer_core.experiments.pipeline import train_run

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(tmp_path_factory.mktemp("models")))
        return train_run(tiny, drawn_splits, command="python -m fer_core train tiny --data PATH")


@pytest.fixture
def run_copy(trained_run, tmp_path):
    """A copy of the trained run that a test may spoil, alone in its folder."""
    return Run(Path(shutil.copytree(trained_run.path, tmp_path / "models" / trained_run.name)))


@pytest.fixture(scope="session")
def real_splits():
    """The real FER2013, or a skip that says how to give it."""
    path = os.environ.get("FER2013_PATH")
    if not path:
        pytest.skip("FER2013_PATH is not set")
    return load_fer2013_splits(path)


@pytest.fixture(autouse=True)
def streamer(monkeypatch):
    """The stand-in for the webcam component; see ``tests.streamer``."""
    monkeypatch.setitem(sys.modules, "streamlit_webrtc", None)
    return stand_in.install()

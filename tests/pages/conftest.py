"""What the tests of pages share."""

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from pages.parts import connect
from tests.finished_runs import write_run
from tests.tiny_networks import tiny_tflite


@pytest.fixture(autouse=True, scope="session")
def packages_are_scanned_once():
    """Each AppTest would look through every installed package for components: most of a page's time."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture
def network_run(models):
    """A run whose network predicts."""
    return write_run(models, "best", tflite=tiny_tflite("flatten").read_bytes())


@pytest.fixture
def two_runs(models, network_run):
    """That one and another, in ``models``."""
    write_run(models, "other", tflite=tiny_tflite("flatten").read_bytes(), seed=1)
    return models


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch):
    """No test finds the copy of FER2013 that another one, or whoever runs them, has connected."""
    for name in ("FER2013_PATH", "FER_PUBLIC", "FER_DATA_ROOTS"):
        monkeypatch.delenv(name, raising=False)
    yield
    connect._remembered.clear()

"""What the tests of runs share: a whole run without a network that runs, and a copy of it to spoil."""

import shutil

import pytest

from fer_core.experiments.runs import Run
from tests.finished_runs import write_run


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A whole run, to be read only."""
    return write_run(tmp_path_factory.mktemp("finished"), "one", tflite=b"network", epochs=5)


@pytest.fixture
def run(models, finished):
    """A copy of it in ``models``, to be changed or spoilt."""
    return Run(shutil.copytree(finished.path, models / "one"))

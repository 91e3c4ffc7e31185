"""What the tests of commands share."""

import pytest

from fer_core.cli import main as cli
from tests.tiny_networks import tiny_tflite


@pytest.fixture
def predict(capsys):
    """``predict(path, ...)`` -> exit code, what stood on standard output, and on standard error."""

    def run(*arguments):
        code = cli.main(["predict", "--run", str(tiny_tflite("flatten")), *map(str, arguments)])
        return code, *capsys.readouterr()

    return run

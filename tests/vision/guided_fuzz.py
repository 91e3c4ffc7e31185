"""Pictures mutated towards code that was not reached yet, by atheris: ``make guided-fuzz``; not of the suite.

Guided by the Python code of fer_core and Pillow; the decoders in C are not instrumented. What is neither read
nor refused in one sentence ends the run with a traceback, and leaves its bytes in a file ``crash-...``.

GUIDED_SECONDS   how long; by default 600
"""

import os
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fer_core", "PIL"]):
    from fer_core.errors import PictureError
    from fer_core.vision.pictures import load_picture

from tests.vision.test_fuzz import pictures

MOST_BYTES, MOST_MB, MOST_SECONDS = 65_536, 2048, 30  # of one input


def read(data: bytes) -> None:
    """What every picture must stand: read, or refused."""
    try:
        picture = load_picture(data)
    except PictureError as error:
        if "\n" in str(error):
            raise RuntimeError("The refusal is more than one sentence.") from error
    else:
        assert picture.ndim == 3, picture.shape
        assert picture.dtype == "uint8", picture.dtype


def main() -> None:
    """Start from a small file of every format."""
    warnings.simplefilter("ignore")  # Pillow warns of odd metadata, and reads on
    with tempfile.TemporaryDirectory() as corpus:
        for name, data in pictures().items():
            Path(corpus, name).write_bytes(data)
        limits = f"-max_len={MOST_BYTES} -rss_limit_mb={MOST_MB} -timeout={MOST_SECONDS}".split()
        seconds = f"-max_total_time={os.environ.get('GUIDED_SECONDS', '600')}"
        atheris.Setup([sys.argv[0], *limits, seconds, "-print_final_stats=1", corpus], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

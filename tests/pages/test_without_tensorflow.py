"""Every page in an environment like the serving image's: no TensorFlow, no Keras, no scikit-learn.

In a process of its own, as this one has loaded them for other tests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABSENT = ("tensorflow", "keras", "sklearn", "scipy", "joblib", "threadpoolctl")
VISIT = """
import json, sys
absent, addresses = json.loads(sys.argv[1]), json.loads(sys.argv[2])
sys.modules.update(dict.fromkeys(absent))  # importing them fails as if they were not there
from streamlit.testing.v1 import AppTest
from tests import streamer
streamer.install()
found = {}
for address in addresses:
    page, _, query = address.partition("?")
    app = AppTest.from_file("streamlit_app.py", default_timeout=240)
    if page:
        app.switch_page(f"pages/{page}.py")
    for name, value in (pair.split("=") for pair in query.split("&") if pair):
        app.query_params[name] = value
    app.run()
    found[address] = [len(app.title), [each.value for each in app.error], len(app.exception)]
print(json.dumps(found))
"""
CURVES = "5_Evaluation?more=ROC and PR"
ADDRESSES = ["", *(path.stem for path in sorted((ROOT / "pages").glob("*.py"))), CURVES]
MISSING = (
    "This needs the package sklearn, which is not installed. Install it with: pip install 'fer-core[app]'"
)


@pytest.fixture(scope="module")
def found():
    """Address -> titles, errors, exceptions."""
    words = [sys.executable, "-c", VISIT, json.dumps(ABSENT), json.dumps(ADDRESSES)]
    surroundings = {key: value for key, value in os.environ.items() if key != "FER2013_PATH"}
    done = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_page_is_whole_or_says_what_is_missing(found, address):
    titles, errors, exceptions = found[address]
    assert (titles, exceptions) == (1, 0)
    assert [error.replace("\\", "") for error in errors] == ([MISSING] if address == CURVES else [])

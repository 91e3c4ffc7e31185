"""What people install: the wheel, in a fresh environment with its base requirements alone.

Without TensorFlow, Keras, Streamlit or pandas, and without the network: the environment's packages are links
to those that run the tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "pages" / "parts" / "samples"
GOLDEN = json.loads((ROOT / "tests" / "data" / "golden.json").read_text(encoding="utf-8"))
SOURCES = ("fer_core", "models/small", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
OPTIONAL = (
    "tensorflow",
    "keras",
    "streamlit",
    "streamlit_webrtc",
    "pandas",
    "plotly",
    "sklearn",
    "av",
    "rich",
)
IMPORT_ALL = """
import importlib, pathlib
import fer_core
from fer_core.errors import MissingExtraError
home = pathlib.Path(fer_core.__file__).parent
for path in sorted(home.rglob("*.py")):
    parts = path.relative_to(home.parent).with_suffix("").parts
    name = ".".join(parts).removesuffix(".__init__")
    if name in ("fer_core", "fer_core.__main__"):
        continue
    try:
        importlib.import_module(name)
        print(name, "imported")
    except MissingExtraError as error:
        print(name, error)
"""
PREDICT = """
import json, sys
from fer_core import Recognizer
recognizer, found = Recognizer(), {}
for path in sys.argv[1:]:
    found[path] = [[face.emotion.label, face.confidence] for face in recognizer.predict(path)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(source / "dist")]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = ["-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, *install], check=True, capture_output=True)
    site = Path(run(python, "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for name in required(wheel):
        link(metadata.distribution(name), site)
    return python


def run(python, script, *arguments):
    """What a script prints there, in a folder of its own and without this checkout."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "FER_MODELS")}
    command = [python, "-W", "ignore", "-c", script, *arguments]
    done = subprocess.run(
        command, cwd=Path(python).parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def required(wheel):
    """Base requirements, and what they require in turn."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    waiting = [
        line.removeprefix("Requires-Dist: ") for line in text.splitlines() if line.startswith("Requires-Dist")
    ]
    names = set()
    while waiting:
        requirement = waiting.pop()
        name = re.match(r"[\w.-]+", requirement).group().lower()
        if "extra ==" in requirement or name in names:
            continue
        try:
            waiting += metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another platform or Python
            continue
        names.add(name)
    return names


def link(distribution, site):
    """Make a distribution's top-level entries visible in another environment."""
    home = Path(sysconfig.get_path("purelib"))
    for top in {
        file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")
    }:
        if not (site / top).exists():
            (site / top).symlink_to(home / top)


def test_the_wheel_holds_every_package_a_network_and_the_type_marker(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        size = sum(info.compress_size for info in archive.infolist()) / 1e6
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fer_core").rglob("*.py")}
    assert modules <= names
    assert {"fer_core/py.typed", "fer_core/pretrained/small/model.tflite"} <= names
    assert {name.split("/")[0] for name in names if not name.startswith("fer_core-")} == {"fer_core"}
    assert size < 5


def test_the_environment_lacks_what_is_optional(python):
    script = "import importlib.util, sys; print([n for n in sys.argv[1:] if importlib.util.find_spec(n)])"
    assert run(python, script, *OPTIONAL).strip() == "[]"


def test_every_module_is_imported_or_names_its_extra(python):
    lines = dict(line.split(" ", 1) for line in run(python, IMPORT_ALL).splitlines())
    assert lines["fer_core.inference.recognizer"] == lines["fer_core.experiments.runs"] == "imported"
    assert (
        "keras, which is not installed. Install it with: pip install 'fer-core[train]'"
        in (lines["fer_core.training.loop"])
    )
    assert "pip install 'fer-core[app]'" in lines["fer_core.charts.style"]
    modules = {
        path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "fer_core").rglob("*.py")
    }
    names = {module.replace("/", ".").removesuffix(".__init__") for module in modules}
    assert set(lines) == names - {"fer_core", "fer_core.__main__"}


def test_it_predicts_the_sample_photos(python):
    photos = [str(SAMPLES / name) for name in GOLDEN["small"]]
    found = json.loads(run(python, PREDICT, *photos))
    for path, faces in found.items():
        expected = GOLDEN["small"][Path(path).name]
        assert [emotion for emotion, _ in faces] == [emotion for emotion, _ in expected]
        assert [share for _, share in faces] == pytest.approx([share for _, share in expected], abs=0.03)


def test_its_command_line_predicts_and_knows_its_version(python):
    fer = Path(python).with_name("fer")
    photo = SAMPLES / "grace-hopper.jpg"
    done = subprocess.run([fer, "predict", photo], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert GOLDEN["small"]["grace-hopper.jpg"][0][0] in done.stdout
    version = subprocess.run([fer, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.search(r'version = "([^"]+)"', (ROOT / "pyproject.toml").read_text()).group(1) in version


def test_what_needs_an_extra_is_one_sentence(python):
    fer = Path(python).with_name("fer")
    words = [fer, "train", "drawn", "--data", "drawn"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'fer-core[train]'" in done.stderr
    assert "Traceback" not in done.stderr

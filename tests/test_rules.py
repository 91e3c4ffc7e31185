"""The house's rules, read from the code itself: layers, a home for each library, sizes, docstrings, texts."""

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import fer_core

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "fer_core").rglob("*.py"))
APP = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Who in fer_core may import a library; what is neither named here nor NumPy, nobody may.
HOMES = {
    "keras": {"networks", "training", "experiments"},
    "tensorflow": {"networks"},
    "tf2onnx": {"networks"},
    "onnxruntime": {"networks"},
    "ai_edge_litert": {"networks"},
    "cv2": {"vision", "inference", "training"},
    "PIL": {"vision", "datasets", "networks", "inference", "cli"},
    "plotly": {"charts"},
    "markdown_it": {"charts"},
    "rich": {"cli"},
    "sklearn": {"evaluation", "training", "datasets"},
    "threadpoolctl": {"training"},
    "av": {"inference", "vision"},
    "kagglehub": {"datasets"},
    "platformdirs": {"paths"},
    "pandas": {"inference"},
    "pyarrow": {"datasets", "inference"},
    "filelock": {"experiments"},
    "pydantic": {"experiments"},
    "pillow_heif": {"vision"},
    "fastapi": {"inference"},
    "fastapi_offline": {"inference"},
    "starlette": {"inference"},
    "prometheus_client": {"inference"},
    "uvicorn": {"cli"},
    "ray": {"experiments", "inference"},
}
APP_LIBRARIES = {"streamlit", "streamlit_webrtc", "plotly", "numpy", "pandas", "PIL", "av"}
# Heavy or optional: imported inside the function that needs it, so that nobody else pays for it.
WHEN_NEEDED = {
    ("networks/export", "tensorflow"),
    ("networks/interchange", "onnxruntime"),
    ("networks/interchange", "tf2onnx"),
    ("datasets/kaggle", "kagglehub"),
    ("evaluation/roc_pr", "sklearn"),
    ("evaluation/error_analysis", "sklearn"),
    ("cli/serve", "uvicorn"),
    ("experiments/locks", "filelock"),
    ("experiments/pipeline", "keras"),
    ("experiments/study_ray", "ray"),
    ("inference/face_table", "pandas"),
    ("inference/face_table", "pyarrow"),
    ("inference/image_tables", "pyarrow"),
    ("inference/parts", "pyarrow"),
    ("inference/ray_engine", "ray"),
    ("vision/containers", "av"),
    ("vision/headers", "pillow_heif"),
    ("vision/mp4", "av"),
    ("vision/pictures", "cv2"),
    ("paths", "platformdirs"),
    ("training/baselines", "cv2"),
    ("training/baselines", "sklearn"),
    ("training/classifier", "sklearn"),
    ("training/classifier", "threadpoolctl"),
}

SLOW = {"keras", "tensorflow", "cv2", "pandas", "sklearn", "streamlit", "plotly", "PIL", "ai_edge_litert"}
SLOW |= {"pydantic", "filelock"}


def module_of(path):
    """The room or small module of fer_core that a file belongs to: "datasets", "emotions"."""
    return path.relative_to(ROOT / "fer_core").with_suffix("").parts[0]


def imports(path, *, top_level=False):
    """(module, name) pairs that a file imports, name "" for a plain import; all of them, or those on top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from ((node.module, alias.name) for alias in node.names)


def libraries(path, **options):
    return {module.split(".")[0] for module, _ in imports(path, **options)} - set(sys.stdlib_module_names)


def name(path):
    return path.relative_to(ROOT).as_posix()


core_files = pytest.mark.parametrize("path", CORE, ids=name)
all_files = pytest.mark.parametrize("path", CORE + APP + TESTS, ids=name)


@core_files
def test_every_library_has_its_home(path):
    module = module_of(path)
    for library in libraries(path) - {"fer_core", "numpy"}:
        assert library in HOMES, f"{name(path)} imports {library}, which has no home in fer_core."
        assert module in HOMES[library], f"{library} belongs to {sorted(HOMES[library])}, not to {module}."
    inside = path.relative_to(ROOT / "fer_core").with_suffix("").as_posix()
    for library in libraries(path, top_level=True):
        assert (inside, library) not in WHEN_NEEDED, (
            f"{inside} imports {library} where it is needed, not on top."
        )


@pytest.mark.parametrize("path", APP, ids=name)
def test_pages_leave_the_work_to_fer_core(path):
    assert libraries(path) - {"fer_core", "pages"} <= APP_LIBRARIES


@pytest.mark.parametrize("path", APP, ids=name)
def test_one_module_alone_knows_the_address(path):
    """Streamlit's own binding, and a query set by the server, add entries to the browser's history."""
    if path.name == "state.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr == "query_params"), "see pages' state.py"
        assert not (isinstance(node, ast.keyword) and node.arg == "bind"), "use key=bound(...)"


def test_what_is_imported_is_required():
    """By name, and not only because another package happens to bring it."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    required = {_normal(package) for package in re.findall(r"^[\w-]+", requirements, re.MULTILINE)}
    packages = metadata.packages_distributions()
    optional = {
        "kagglehub",  # extras that the app does without
        "onnxruntime",
        "tf2onnx",
        "pyarrow",  # pandas and Streamlit bring it
        "av",  # what streamlit-webrtc is made of, whose frames it hands out
        *("fastapi", "fastapi_offline", "prometheus_client", "starlette", "uvicorn"),  # fer serve's alone
        "ray",
    }
    for library in set().union(*map(libraries, CORE + APP)) - {"fer_core", "pages"} - optional:
        assert required & set(map(_normal, packages[library])), f"requirements.txt lacks {library}."


def _normal(package):
    return package.lower().replace("_", "-")


@pytest.mark.parametrize("path", CORE + APP, ids=name)
def test_warning_filters_are_the_programs_own(path):
    """They are one for all threads of a process: catch_warnings in one takes away another's."""
    used = {
        node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
    used &= {"catch_warnings", "filterwarnings", "simplefilter", "resetwarnings"}
    assert not used or name(path) == "fer_core/cli/main.py"


# What starts fast: a page that shows results, a command line's first word, a prediction.
@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ("fer_core", SLOW | {"numpy"}),
        ("fer_core.cli.main", SLOW | {"numpy", "rich"}),
        (
            "fer_core.experiments.runs, fer_core.experiments.model_card, fer_core.palette, fer_core.datasets",
            SLOW,
        ),
        ("fer_core.datasets.image_sets, fer_core.datasets.folds", SLOW),
        (
            "fer_core.networks.summary, fer_core.evaluation.roc_pr, fer_core.experiments.monitor",
            SLOW,
        ),
        ("fer_core.charts", SLOW - {"plotly", "PIL"}),
        (
            "fer_core.inference.recognizer, fer_core.inference.annotation",
            SLOW - {"cv2", "PIL", "ai_edge_litert"},
        ),
    ],
)
def test_importing_loads_nothing_heavy(modules, unwanted):
    script = f"import sys, {modules}; print(*sorted(set(sys.modules) & {unwanted!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_public_names_are_where_they_are_said_to_be():
    for public, home in fer_core._HOMES.items():
        path = ROOT / "fer_core" / home.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {target.id for node in ast.walk(tree) for target in _targets(node)}
        defined |= {node.name for node in tree.body if hasattr(node, "name")}
        defined |= {what for _, what in imports(path)}
        assert public in defined, f"{home} has no {public}."
    assert set(fer_core.__all__) == set(dir(fer_core)) == set(fer_core._HOMES)


def _targets(node):
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target for target in targets if isinstance(target, ast.Name)]


def test_a_public_name_that_is_not_there_names_those_that_are():
    with pytest.raises(AttributeError, match=r"no public name 'Emotions'\. It has: Emotion, "):
        _ = fer_core.Emotions


@all_files
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1
            assert lines < 40, f"{node.name} has {lines} lines: split it."


@pytest.mark.parametrize("path", CORE + APP, ids=name)
def test_everything_public_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module has none"
    for node in _public(tree):
        assert ast.get_docstring(node), f"{node.name} has none"


def _public(tree):
    """Functions and classes without an underscore, and the methods of such classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


# Nothing of the machine it was written on, and no server that packages come from. Written so that no line of
# this file is found by them.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.~-])/(?:root|work|Users|home(?!/you\b))/\w"),
    "a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|conda\.anaconda\.org|rubygems\.org)"
    ),
}


def tracked_files():
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / line for line in listed.stdout.split("\0") if line]


def test_no_file_tells_of_a_machine_or_a_registry():
    found = []
    for path in filter(Path.is_file, tracked_files()):
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [
            f"{name(path)} holds {what}: {match.group()}"
            for what, pattern in FORBIDDEN.items()
            for match in pattern.finditer(text)
        ]
    assert found == []


def test_no_data_set_is_tracked():
    """The faces are for research, and never part of this repository."""
    suspects = {".csv", ".npz", ".zip", ".gz", ".xz", ".pkl"}
    outside_runs = [path for path in tracked_files() if path.relative_to(ROOT).parts[0] != "models"]
    assert [name(path) for path in outside_runs if path.suffix in suspects] == []

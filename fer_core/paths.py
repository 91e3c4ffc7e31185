"""Where runs live, and which files of theirs a prediction needs.

Runs are folders in ``models_folder()``: the environment variable FER_MODELS, else ``models/`` of a checkout,
else a folder of the user's data. An installed package also carries one small network, which is found by its
name like any other. Labels that were corrected in the app lie in ``labels_folder()``: FER_LABELS,
else a folder beside that one.
"""

import os
import re
from pathlib import Path

from fer_core.errors import RunError

CHECKOUT = Path(__file__).resolve().parent.parent
PRETRAINED = Path(__file__).resolve().parent / "pretrained"  # in an installed package alone
DEFAULT_RUN = "small"  # the one that the package carries
RECIPE, BASELINE, PROVENANCE, TFLITE = "recipe.json", "baseline.json", "provenance.json", "model.tflite"
# A run's name, which is its folder's; behind a dot it is not in its place, behind "_" it is not ranked.
RUN_NAME = re.compile(r"_?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NAME_RULE = "at most 100 letters, digits, '.', '_' and '-', starting with a letter or digit"
REPLACED = ".replaced"  # how a run's folder ends, behind a dot, while another takes its place


def committed_models() -> Path | None:
    """``models/`` of the checkout that this code runs from; None for an installed package."""
    models = CHECKOUT / "models"
    return models if (CHECKOUT / "pyproject.toml").is_file() and models.is_dir() else None


def models_folder() -> Path:
    """Where runs are looked for and trained into; it need not exist yet."""
    named = os.environ.get("FER_MODELS")
    if named:
        return Path(named)
    committed = committed_models()
    if committed:
        return committed
    return _user_data("models")


def labels_folder() -> Path:
    """Where the app keeps corrected labels, a file a data set; it need not exist yet."""
    named = os.environ.get("FER_LABELS")
    return Path(named) if named else _user_data("labels")


def _user_data(folder: str) -> Path:
    from platformdirs import user_data_path

    return user_data_path("fer-core", appauthor=False) / folder


def find_run(run: str | Path) -> Path:
    """The folder of a run: by its name, which wins over a folder of that name in the working directory, or by
    its path.

    Raises:
        RunError: if there is none; the message lists those there are.
    """
    text = str(run)
    if Path(text).name == text:
        for folder in (models_folder() / text, models_folder() / f".{text}{REPLACED}", PRETRAINED / text):
            if os.path.isdir(folder):  # False for what no file system takes, where Path.is_dir raises
                return folder
    if _holds_run(Path(run)):
        return Path(os.path.abspath(run))  # "." has no name
    what = f"There is no run {text!r}."
    if os.path.isdir(run):
        what = f"The folder {text!r} holds no run ({RECIPE} or {BASELINE})."
    names = ", ".join(run_names()) or "none yet. Train one: fer train paper-cnn --data PATH"
    raise RunError(f"{what} The runs in {models_folder()} are: {names}.")


def run_folders(folder: Path) -> list[Path]:
    """The folders of runs, whole or not, by name; those that start with "_" or "." are left out.

    A run that a killed process had set aside, to put another in its place, is still that run.
    """
    found = {path.name: path for path in folder.glob("[!._]*/")}
    for path in folder.glob(f".*{REPLACED}/"):
        found.setdefault(path.name.removeprefix(".").removesuffix(REPLACED), path)
    return [found[name] for name in sorted(found)]


def run_names() -> list[str]:
    """The names that ``find_run`` finds, whole or not; those that start with "_" or "." are left out."""
    folders = [*models_folder().glob("[!._]*/"), *PRETRAINED.glob("[!._]*/")]
    return sorted({path.name for path in folders if _holds_run(path) and RUN_NAME.fullmatch(path.name)})


def _holds_run(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in (RECIPE, BASELINE))

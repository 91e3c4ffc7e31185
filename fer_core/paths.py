"""Where runs live, and which files of theirs a prediction needs.

Runs are folders in ``models_folder()``: the environment variable FER_MODELS, else ``models/`` of a checkout,
else a folder of the user's data. An installed package also carries one small network, which is found by its
name like any other.
"""

import os
from pathlib import Path

from fer_core.errors import RunError

CHECKOUT = Path(__file__).resolve().parent.parent
PRETRAINED = Path(__file__).resolve().parent / "pretrained"  # in an installed package alone
DEFAULT_RUN = "small"  # the one that the package carries
RECIPE, BASELINE, PROVENANCE, TFLITE = "recipe.json", "baseline.json", "provenance.json", "model.tflite"


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
    from platformdirs import user_data_path

    return user_data_path("fer-core", appauthor=False) / "models"


def find_run(run: str | Path) -> Path:
    """The folder of a run: by its name, which wins over a folder of that name in the working directory, or by
    its path.

    Raises:
        RunError: if there is none; the message lists those there are.
    """
    text = str(run)
    if Path(text).name == text:
        for folder in (models_folder() / text, PRETRAINED / text):
            if folder.is_dir():
                return folder
    if _holds_run(Path(run)):
        return Path(run)
    what = f"There is no run {text!r}."
    if Path(run).is_dir():
        what = f"The folder {text!r} holds no run ({RECIPE} or {BASELINE})."
    names = ", ".join(run_names()) or "none yet. Train one: fer train paper-cnn --data PATH"
    raise RunError(f"{what} The runs in {models_folder()} are: {names}.")


def run_names() -> list[str]:
    """The names that ``find_run`` finds, whole or not; those that start with "_" or "." are left out."""
    folders = [*models_folder().glob("[!._]*/"), *PRETRAINED.glob("[!._]*/")]
    return sorted({folder.name for folder in folders if _holds_run(folder)})


def _holds_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (RECIPE, BASELINE))

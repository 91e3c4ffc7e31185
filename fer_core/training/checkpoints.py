"""What an unfinished training needs to go on, in one file that is whole or absent."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.errors import RecipeError, RunError
from fer_core.files import replace_whole
from fer_core.training.recipes import Recipe

Arrays = list[npt.NDArray[Any]]


def save(path: Path, recipe: Recipe, history: list[dict[str, float]], state: dict[str, Arrays]) -> None:
    """Write recipe, history and named lists of arrays; a kill at any moment leaves the previous file."""
    arrays = {f"{name}/{index}": a for name, values in state.items() for index, a in enumerate(values)}
    text = json.dumps({"recipe": recipe.to_json(), "history": history, "names": list(state)})
    with replace_whole(path, fsync=True) as partial:
        np.savez(partial, about=np.array(text), **arrays)  # type: ignore[arg-type]


def load(path: Path, recipe: Recipe) -> tuple[list[dict[str, float]], dict[str, Arrays]]:
    """History and named lists of arrays, as ``save`` wrote them.

    Raises:
        RunError: if the file is broken, or was written under another recipe (the message names the fields).
    """
    try:
        with open(path, "rb") as opened, np.load(opened) as file:  # np.load alone leaves a broken file open
            about = json.loads(str(file["about"]))
            arrays = {key: file[key] for key in file.files if key != "about"}
        history, written, names = about["history"], about["recipe"], about["names"]
    except Exception as error:  # zipfile, json and NumPy each raise their own
        raise RunError(f"The checkpoint {path} cannot be read: {error}. Delete it to start anew.") from error
    asked, written = recipe.to_json(), _fields(path, written)
    changed = [key for key in asked if asked[key] != written[key]]
    if changed:
        differences = ", ".join(f"{key} was {written[key]!r}, now {asked[key]!r}" for key in changed)
        raise RunError(f"The unfinished run was started with another recipe: {differences}.")
    state: dict[str, Arrays] = {name: [] for name in names}
    for key in sorted(arrays, key=lambda key: int(key.rpartition("/")[2])):
        state[key.rpartition("/")[0]].append(arrays[key])
    return history, state


def _fields(path: Path, written: Any) -> dict[str, Any]:
    """All fields of the recipe that was written; those that did not exist then have their defaults."""
    try:
        return Recipe.from_json(written).to_json()
    except RecipeError as error:
        raise RunError(
            f"The checkpoint {path} holds no recipe of today: {error} Start anew (--restart)."
        ) from error

"""Does alignment (roll correction) help a network that was trained without it? From stored predictions.

A run's predictions for the faces of PublicTest and PrivateTest, turned by each of ``ANGLES`` and then
corrected, lie in ``models/_studies/alignment/<run>/``; ``roll_correction`` measures them. Nothing is chosen
by them, so both splits count. NumPy alone.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core import files
from fer_core.errors import DataError, RunError
from fer_core.evaluation.metrics import wilson_interval
from fer_core.evaluation.significance import Comparison, count_right
from fer_core.experiments.studies import study_folder
from fer_core.formats import format_list, format_points

NAME = "alignment"  # the study's, and its folder's
QUESTION = "Does alignment (roll correction) help?"
ANGLES = (0, 10, 20, 30, 45)  # by how many degrees faces are turned; 0: as they are
# Stored measurements keep the names of before 0.25: of the file, and of the array in it.
PREDICTIONS, STORED_AS, PROVENANCE = "answers.npz", "answers", "provenance.json"
TILTED_DEGREES = 10.0  # a face that turns this far by itself is looked at separately


@dataclass(frozen=True, eq=False)
class Alignment:
    """A network's predictions for N faces in each of A conditions, unaligned and corrected.

    Attributes:
        rows: (N,) int64, where each face lies in the source.
        labels: (N,) uint8 in [0, 6].
        turns: (A, N) int8, by how many degrees each face was turned, clockwise; all 0 first.
        rolls: (A, N) float16, how far the line between the eyes that were found then falls to the right, in
            degrees; NaN where no face was found, which was then left as it came.
        predictions: (A, 2, N) uint8 in [0, 6]: of the face as it comes, then corrected.

    Raises:
        DataError: if the arrays do not belong together.
    """

    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint8]
    turns: npt.NDArray[np.int8]
    rolls: npt.NDArray[np.float16]
    predictions: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse arrays of different faces or conditions."""
        conditions, faces = len(self.turns), len(self.labels)
        expected = [(faces,), (faces,), (conditions, faces), (conditions, faces), (conditions, 2, faces)]
        shapes = [getattr(self, field.name).shape for field in fields(self)]
        if shapes != expected or not faces:
            raise DataError(
                "An alignment's rows, labels, turns, rolls and predictions must be of the same faces, at "
                f"least one: expected {expected}. Received: {shapes}."
            )
        kinds = [getattr(self, field.name).dtype.kind for field in fields(self)]
        if any(kind not in "iu" for kind in kinds[:3] + kinds[4:]) or kinds[3] != "f":
            raise DataError(f"An alignment holds integers, and its rolls floats. Received: {kinds}.")

    @property
    def natural_roll(self) -> npt.NDArray[np.float64]:
        """How many degrees each face tilts by itself, to either side; NaN where no face was found."""
        return np.abs(self.rolls[0].astype(np.float64))


@dataclass(frozen=True)
class Effect:
    """What roll correction did to the same faces.

    Attributes:
        degrees: by how much they had been turned.
        found: in how many the eyes were found.
        comparison: corrected (first) against unaligned (second).
    """

    degrees: int
    found: int
    comparison: Comparison

    @property
    def raw(self) -> dict[str, Any]:
        """Accuracy and its 95% interval, for ``formats.format_accuracy``, of the faces unaligned."""
        return self._scores(self.comparison.both + self.comparison.only_second)

    @property
    def corrected(self) -> dict[str, Any]:
        """The same of the corrected faces."""
        return self._scores(self.comparison.both + self.comparison.only_first)

    def _scores(self, right: int) -> dict[str, Any]:
        count = self.comparison.count
        return {"accuracy": right / count, "accuracy_interval": wilson_interval(right, count)}

    @property
    def direction(self) -> int:
        """1 where roll correction helps, -1 where it harms, 0 where the difference is not significant."""
        low, high = self.comparison.difference_interval
        return int(low > 0) - int(high < 0)

    @property
    def change(self) -> str:
        """ "+1.2 points (0.3 to 2.1)"."""
        return format_points(self.comparison.difference, *self.comparison.difference_interval)


def effects(alignment: Alignment) -> list[Effect]:
    """One for each angle, over all faces; where no face was found, roll correction changes nothing."""
    return [_effect(alignment, index, slice(None)) for index in range(len(alignment.turns))]


def effect_on_tilted(alignment: Alignment) -> Effect | None:
    """The effect on images whose own roll is ``TILTED_DEGREES`` or more; None where there is none."""
    tilted = alignment.natural_roll >= TILTED_DEGREES  # False where it is NaN
    return _effect(alignment, 0, tilted) if tilted.any() else None


def _effect(alignment: Alignment, index: int, faces: Any) -> Effect:
    right = (alignment.predictions[index] == alignment.labels)[:, faces]
    found = int(np.isfinite(alignment.rolls[index, faces]).sum())
    degrees = int(np.abs(alignment.turns[index]).max())
    return Effect(degrees, found, count_right(right[1], right[0]))


def describe(alignment: Alignment) -> str:
    """What was found, in a few sentences, from the stored predictions alone."""
    first, *turned = effects(alignment)
    meaning = {1: "it helps", 0: "no significant difference", -1: "it harms"}
    said = [
        f"On faces that are not rotated, roll correction changes accuracy by {first.change}: "
        f"{meaning[first.direction]}."
    ]
    for direction, verb in ((1, "helps"), (-1, "harms")):
        which = [each for each in turned if each.direction == direction]
        if which:
            most = max(which, key=lambda each: abs(each.comparison.difference))
            angles = format_list([f"{each.degrees}°" for each in which])
            said.append(f"It {verb} on faces rotated by {angles}; at {most.degrees}° by {most.change}.")
    return " ".join(said)


def describe_roll(alignment: Alignment) -> str:
    """The roll of the faces as they are."""
    rolls = alignment.natural_roll[np.isfinite(alignment.natural_roll)]
    if not len(rolls):
        return "No face was detected, so nothing was corrected."
    median, ninety = np.quantile(rolls, (0.5, 0.9))
    share = np.mean(rolls >= TILTED_DEGREES)
    return (
        f"The eyes were detected in {len(rolls):,} of {len(alignment.labels):,} images. Their own roll is "
        f"{median:.1f}° (median; 90 % below {ninety:.0f}°), "
        f"{TILTED_DEGREES:.0f}° or more in {100 * share:.0f} %."
    )


def save_alignment(run: str, alignment: Alignment, provenance: dict[str, Any]) -> Path:
    """Write a run's predictions and where they come from; an earlier measurement is replaced."""
    folder = study_folder(NAME) / run
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / PROVENANCE, provenance)
    arrays = {field.name: getattr(alignment, field.name) for field in fields(alignment)}
    arrays[STORED_AS] = arrays.pop("predictions")
    files.write_arrays(folder / PREDICTIONS, arrays)
    return folder


def load_alignment(run: str) -> tuple[Alignment, dict[str, Any]]:
    """What ``save_alignment`` wrote: the predictions, and their provenance.

    Raises:
        RunError: if the run was not measured, or a file is broken.
    """
    folder = study_folder(NAME) / run
    facts = files.read_json(folder / PROVENANCE)
    if not isinstance(facts.get("command"), str):
        raise RunError(f"{folder / PROVENANCE} does not say which command measured the run.")
    try:
        arrays = files.read_arrays(folder / PREDICTIONS)
        arrays["predictions"] = arrays.pop(STORED_AS)
        return Alignment(**arrays), facts
    except (KeyError, TypeError, ValueError) as error:  # an array is missing, or they do not belong together
        raise RunError(
            f"{folder / PREDICTIONS} does not hold the predictions of a network: {error}"
        ) from error


def measured_runs() -> list[str]:
    """The runs that were measured, by name."""
    return sorted(path.parent.name for path in study_folder(NAME).glob(f"[!.]*/{PREDICTIONS}"))

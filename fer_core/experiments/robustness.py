"""A run on degraded images of PublicTest: measured with LiteRT, and stored with the run or apart from it.

PrivateTest is left alone: what networks withstand is looked at often, and PrivateTest is read once.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fer_core.datasets import fingerprint
from fer_core.datasets.dataset import PUBLIC_TEST, Dataset
from fer_core.errors import DataError
from fer_core.evaluation.robustness import Predict, Robustness, count_correct
from fer_core.experiments.measured import measured_folder
from fer_core.experiments.model_card import write_card
from fer_core.experiments.predictions import require_network
from fer_core.experiments.provenance import describe_measurement
from fer_core.experiments.run_writing import replace_folder, rewrite_run
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.checksums import KEY, checksums
from fer_core.vision.corruptions import CORRUPTIONS, SEVERITIES, corrupt

OnStep = Callable[[int, int], None]  # (how many of the 41 evaluations are done, all)


def measure_robustness(predict: Predict, dataset: Dataset, *, on_step: OnStep | None = None) -> Robustness:
    """Predict the images as they are, and under each corruption at each severity (single view).

    Args:
        predict: (N, 48, 48) uint8 to (N, 7).
        dataset: at least one image.
        on_step: called after each evaluation.

    Raises:
        DataError: if there is no image.
    """
    if not len(dataset):
        raise DataError("Robustness is measured on at least one image. Received: none.")
    clean = count_correct(dataset.labels, predict(dataset.images))
    correct: dict[str, tuple[int, ...]] = {}
    for name in CORRUPTIONS:
        found = []
        for severity in SEVERITIES:
            found.append(count_correct(dataset.labels, predict(corrupt(dataset.images, name, severity))))
            if on_step:
                on_step(len(correct) * len(SEVERITIES) + severity, len(CORRUPTIONS) * len(SEVERITIES))
        correct[name] = tuple(found)
    levels = {
        name: tuple(each.unit.format(level) for level in each.levels) for name, each in CORRUPTIONS.items()
    }
    return Robustness(dataset.split, len(dataset), clean, correct, levels)


def measure_run_robustness(
    run: Run, splits: dict[str, Dataset], *, name: str = "", on_step: OnStep | None = None
) -> tuple[Robustness, Path]:
    """Measure a run on PublicTest and store it: with the run if the data is its own, whose card is then
    written anew; else apart, in ``models/_measured/``.

    Args:
        run: a network's.
        splits: with PublicTest.
        name: what to call the data where it is not the run's own.
        on_step: as for ``measure_robustness``.

    Returns:
        What was measured, and the folder that holds it.

    Raises:
        DataError: if PublicTest has no image.
        RunError: if the run is a baseline's, or another process writes it.
    """
    require_network(run)
    if PUBLIC_TEST not in splits or not len(splits[PUBLIC_TEST]):
        raise DataError(f"Robustness is measured on {PUBLIC_TEST}: expected an image of it. Received: none.")
    dataset, started = splits[PUBLIC_TEST], time.perf_counter()
    found = measure_robustness(Recognizer(run).predict_crops, dataset, on_step=on_step)
    facts: dict[str, Any] = {"run": run.name, KEY: checksums(run.keras_path, run.tflite_path)}
    facts |= describe_measurement({PUBLIC_TEST: dataset}, time.perf_counter() - started)
    if run.provenance["data"][PUBLIC_TEST].get("sha256") == fingerprint(dataset):
        with rewrite_run(run, "being measured") as copy:
            copy.save_robustness(found, facts)
            copy.save_card(write_card(Run(copy.path)))
        return found, run.path
    path = measured_folder(run, name or dataset.name, facts["data"], "-robustness")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_folder(path, "being measured") as folder:
        Run(folder).save_robustness(found, facts)
    return found, path


def format_robustness(found: Robustness) -> str:
    """A table for a terminal."""
    width = max(map(len, found.correct)) + 2
    lines = [f"{'':<{width}}" + "".join(f"{severity:>9}" for severity in SEVERITIES) + f"{'mean':>9}  levels"]
    for name, mean in found.means.items():
        shares = "".join(f"{format_percent(share):>9}" for share in (*found.accuracies(name), mean))
        levels = found.levels[name]
        lines.append(f"{name:<{width}}{shares}  {levels[0]} to {levels[-1]}")
    lines.append(f"{'mean of all':<{width}}{'':>45}{format_percent(found.mean):>9}")
    lines.append(f"{'as they are':<{width}}{'':>45}{format_percent(found.clean_accuracy):>9}")
    return "\n".join(lines)

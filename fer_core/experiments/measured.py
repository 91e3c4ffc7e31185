"""What a run gives on data that is not its own, stored apart from its own results; without TensorFlow.

A run's files are replaced only by what was computed on its own data, whose fingerprints stand in its
provenance. What comes of other data lies in ``models/_measured/<run>/<data>-<fingerprint>/``: metrics.json, a
.npz for each split that the data holds, and where they come from.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fer_core import files
from fer_core.datasets import fingerprint
from fer_core.datasets.dataset import PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.errors import DataError
from fer_core.evaluation.calibration import Calibration
from fer_core.evaluation.metrics import Evaluation, score_evaluation
from fer_core.experiments.predictions import EARLIER, Predict, predict_splits, require_network
from fer_core.experiments.provenance import describe_measurement
from fer_core.experiments.run_writing import replace_folder
from fer_core.experiments.runs import METRICS, Run, models_folder
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.checksums import KEY, checksums

MEASURED = "_measured"  # in models/


def is_own_data(run: Run, splits: dict[str, Dataset]) -> bool:
    """Whether these are, pixel for pixel, the three splits that a run learnt from and was tested on."""
    recorded = {split: facts.get("sha256") for split, facts in run.provenance["data"].items()}
    return recorded == {split: fingerprint(dataset) for split, dataset in splits.items()}


def measured_folder(run: Run, name: str, data: Mapping[str, Mapping[str, Any]], ending: str = "") -> Path:
    """Where what a run gives on other data is stored.

    Args:
        run: what was measured.
        name: of the data.
        data: its facts by split, as ``provenance.describe_data`` gives them.
        ending: of the folder's name.
    """
    prints = "".join(facts["sha256"] for facts in data.values())
    known = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60] or "data"
    known += f"-{hashlib.sha256(prints.encode()).hexdigest()[:8]}{ending}"
    return models_folder() / MEASURED / run.name / known


@dataclass(frozen=True)
class Measurement:
    """What a run gives on data that is not its own.

    Attributes:
        run: what was measured.
        name: of the data.
        evaluations: of PublicTest, PrivateTest, or both.
        facts: where they come from: the data's fingerprints, the calibration, versions.
    """

    run: Run
    name: str
    evaluations: tuple[Evaluation, ...]
    facts: dict[str, Any]

    @property
    def metrics(self) -> dict[str, Any]:
        """As ``Run.metrics``; without Training nobody knows the duplicates, so there are all images alone."""
        found: dict[str, Any] = {each.split: score_evaluation(each) for each in self.evaluations}
        if TRAINING not in self.facts["data"]:
            for views in found.values():
                views |= {view: {"all": subsets["all"]} for view, subsets in views.items()}
        return found

    @property
    def path(self) -> Path:
        """Where ``save`` stores it."""
        ending = "-calibrated" if self.facts["calibrated"] else ""
        return measured_folder(self.run, self.name, self.facts["data"], ending)

    def save(self) -> Run:
        """Store it, in place of an earlier measurement on the same data.

        Raises:
            RunError: if another process stores the same.
            OSError: if it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replace_folder(self.path, "being measured") as folder:
            stored = Run(folder)
            stored.save_evaluations(*self.evaluations)
            stored.save_metrics(self.metrics)
            stored.save_provenance(self.facts)
        return Run(self.path)


def measure_run(
    run: Run, splits: dict[str, Dataset], *, name: str = "", calibrate: bool = False
) -> Measurement:
    """Predict data that is not a run's own; nothing is written.

    Args:
        run: a network's.
        splits: with images of PublicTest, PrivateTest, or both.
        name: what to call the data; by default what it calls itself.
        calibrate: fit a calibration to the data's PublicTest instead of using the run's; this takes Keras.

    Raises:
        DataError: if neither split, or with ``calibrate`` no PublicTest, holds an image.
        RunError: if the run is a baseline's.
    """
    require_network(run)
    started = time.perf_counter()
    held = {split: splits[split] for split in SPLITS if split in splits and len(splits[split])}
    _require_measurable(held, calibrate)
    if calibrate:
        predict, calibration = _calibrate(run, held[PUBLIC_TEST])
    else:
        predict, calibration = Recognizer(run).predict_crops, run.calibration
    found = predict_splits(predict, held)
    name = name or next(iter(held.values())).name
    facts = {"run": run.name, "name": name, KEY: checksums(run.keras_path, run.tflite_path)}
    facts |= {"calibrated": calibrate} | vars(calibration)
    facts |= describe_measurement(held, time.perf_counter() - started)
    return Measurement(run, name, tuple(found), facts)


def _require_measurable(splits: dict[str, Dataset], calibrate: bool) -> None:
    needed = (PUBLIC_TEST,) if calibrate else tuple(EARLIER)
    if not any(split in splits for split in needed):
        raise DataError(
            f"{'A calibration is fitted to' if calibrate else 'A run is measured on'} {' or '.join(needed)}: "
            f"expected at least one image of it. Received: {' and '.join(splits) or 'no images'} alone."
        )


def _calibrate(run: Run, public: Dataset) -> tuple[Predict, Calibration]:
    from fer_core.experiments.pipeline import calibration_of  # Keras loads here
    from fer_core.networks.architectures import load_network
    from fer_core.training.epoch_data import predict_logits

    network = load_network(run.keras_path)
    calibration = calibration_of(network, public)
    return (lambda images: calibration.probabilities(predict_logits(network, images))), calibration


@dataclass(frozen=True)
class MeasuredRun(Run):
    """A run as it does on other data: its own config and network, with the metrics and predictions that are
    stored in ``folder``."""

    folder: Path

    @property
    def data(self) -> str:
        """What the data is called here: its name and the beginning of its fingerprint."""
        return self.folder.name

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """As ``Run.metrics``, of the splits that the data holds; without Training there are all images
        alone."""
        return files.read_json(self.folder / METRICS)

    @property
    def robustness(self) -> None:  # type: ignore[override]
        """That of the run's own data is not this data's."""
        return None

    def evaluation(self, split: str) -> Evaluation:
        """The stored predictions on a split of the data."""
        return Run(self.folder).evaluation(split)


def list_measured(run: Run) -> list[MeasuredRun]:
    """What is stored of a run on other data, by the data's name."""
    folders = sorted((models_folder() / MEASURED / run.name).glob("[!.]*/"))
    return [MeasuredRun(run.path, folder) for folder in folders if (folder / METRICS).is_file()]

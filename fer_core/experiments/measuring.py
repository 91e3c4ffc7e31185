"""A finished run measured or calibrated on data.

Its files are replaced only by what was computed on its own data, whose fingerprints stand in its provenance.
What comes of other data is stored apart, in ``models/_measured/<run>/<data>-<fingerprint>/``: metrics.json, a
.npz for each split that the data holds, and where they come from.
"""

import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_core.datasets import fingerprint
from fer_core.datasets.dataset import PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.errors import DataError, RunError
from fer_core.evaluation.metrics import Evaluation, score_evaluation
from fer_core.experiments.pipeline import (
    EARLIER,
    calibration_of,
    export_run,
    predict_splits,
    require_network,
    store_predictions,
)
from fer_core.experiments.provenance import current_commit, describe_measurement
from fer_core.experiments.run_writing import replace_folder, rewrite_run
from fer_core.experiments.runs import Run, models_folder
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.architectures import load_network
from fer_core.networks.checksums import KEY, checksums
from fer_core.training.epoch_data import predict_logits

MEASURED = "_measured"  # in models/


def is_own_data(run: Run, splits: dict[str, Dataset]) -> bool:
    """Whether these are, pixel for pixel, the three splits that a run learnt from and was tested on."""
    recorded = {split: facts.get("sha256") for split, facts in run.provenance["data"].items()}
    return recorded == {split: fingerprint(dataset) for split, dataset in splits.items()}


def evaluate_run(run: Run, splits: dict[str, Dataset]) -> Run:
    """Predict a finished run's own data anew: its predictions, metrics and card are replaced.

    Returns:
        The run, with its files read anew.

    Raises:
        RunError: if the run is a baseline's, the data is not its own, or another process works on it.
    """
    _require_own(run, splits)
    with rewrite_run(run, "being evaluated") as copy:
        _store_own(copy, splits)
    return Run(run.path)


def calibrate_run(run: Run, splits: dict[str, Dataset]) -> Run:
    """Calibrate a finished run anew on its own PublicTest; the network stays as it is.

    All that follows is replaced with it: LiteRT file, predictions, metrics, card.

    Returns:
        The run, with its files read anew.

    Raises:
        RunError: as ``evaluate_run``.
    """
    _require_own(run, splits)
    with rewrite_run(run, "being calibrated") as copy:
        calibration = calibration_of(load_network(copy.keras_path), splits[PUBLIC_TEST])
        copy.save_provenance(copy.provenance | {"calibrated_at": current_commit()} | vars(calibration))
        export_run(Run(copy.path), splits[PUBLIC_TEST])
        _store_own(Run(copy.path), splits)
    return Run(run.path)


def _store_own(run: Run, splits: dict[str, Dataset]) -> None:
    """Store what the network predicts of its own data; the features are the same network's, and stay."""
    features = {split: run.evaluation(split).features for split in EARLIER}
    store_predictions(run, splits, {split: each for split, each in features.items() if each is not None})


def _require_own(run: Run, splits: dict[str, Dataset]) -> None:
    require_network(run)
    if not is_own_data(run, splits):
        raise RunError(
            f"The files of {run.name} are replaced by what comes of its own data alone: expected the data "
            "whose fingerprints stand in its provenance.json. Received: other data, which measure_run is for."
        )


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
        prints = "".join(facts["sha256"] for facts in self.facts["data"].values())
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip(".-")[:60] or "data"
        name = f"{name}-{hashlib.sha256(prints.encode()).hexdigest()[:8]}"
        name += "-calibrated" if self.facts["calibrated"] else ""
        return models_folder() / MEASURED / self.run.name / name

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
        calibrate: fit a calibration to the data's PublicTest instead of using the run's.

    Raises:
        DataError: if neither split, or with ``calibrate`` no PublicTest, holds an image.
        RunError: if the run is a baseline's.
    """
    require_network(run)
    started = time.perf_counter()
    held = {split: splits[split] for split in SPLITS if split in splits and len(splits[split])}
    _require_measurable(held, calibrate)
    if calibrate:
        network = load_network(run.keras_path)
        calibration = calibration_of(network, held[PUBLIC_TEST])
        found = predict_splits(
            lambda images: calibration.probabilities(predict_logits(network, images)), held
        )
    else:
        calibration = run.calibration
        found = predict_splits(Recognizer(run).predict_crops, held)
    facts = {"run": run.name, KEY: checksums(run.keras_path, run.tflite_path), "calibrated": calibrate}
    facts |= vars(calibration) | describe_measurement(held, time.perf_counter() - started)
    return Measurement(run, name or next(iter(held.values())).name, tuple(found), facts)


def _require_measurable(splits: dict[str, Dataset], calibrate: bool) -> None:
    needed = (PUBLIC_TEST,) if calibrate else tuple(EARLIER)
    if not any(split in splits for split in needed):
        raise DataError(
            f"{'A calibration is fitted to' if calibrate else 'A run is measured on'} {' or '.join(needed)}: "
            f"expected at least one image of it. Received: {' and '.join(splits) or 'no images'} alone."
        )

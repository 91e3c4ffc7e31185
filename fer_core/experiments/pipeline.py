"""From a recipe or baseline and data to a finished run: train, calibrate, export, evaluate, card."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_core import files
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.datasets.label_corrections import LabelCorrections
from fer_core.errors import DataError, RunError
from fer_core.evaluation.calibration import Calibration, fit_calibration
from fer_core.experiments import runs
from fer_core.experiments.embedding import store_embedding
from fer_core.experiments.model_card import write_card
from fer_core.experiments.predictions import Features, predict_splits, require_network
from fer_core.experiments.prerequisites import load_start, load_teacher, other_images
from fer_core.experiments.provenance import current_commit, describe_data, describe_fit, describe_training
from fer_core.experiments.run_writing import finish_run, new_run, record_checksums
from fer_core.experiments.runs import Run
from fer_core.extras import optional
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.architectures import load_network
from fer_core.networks.summary import Summary, summarize, write_summary
from fer_core.training.baselines import Baseline, OnCandidate, fit_baseline
from fer_core.training.data_parallel import devices_for
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import OnEpoch, OnStep, Start, train, without_blank
from fer_core.training.recipes import Recipe
from fer_core.training.trainer import precision_here

if TYPE_CHECKING:
    import keras

FEATURES = 16  # principal components: 97 % of the variance in a pooled head, 83 % in the flat one
PARITY_IMAGES = 256  # on which LiteRT must repeat Keras


def train_run(
    recipe: Recipe,
    splits: dict[str, Dataset],
    *,
    command: str = "",
    start_path: Path | None = None,
    labels: LabelCorrections | None = None,
    resume: bool = False,
    restart: bool = False,
    data_parallel: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> Run:
    """Train a recipe into ``models/<recipe.name>/``.

    Training is learnt from, PublicTest selects the epoch and the calibration, PrivateTest is only evaluated.
    ``command`` is noted in the run: what somebody would type to repeat it. ``start_path`` is the file of the
    weights to start from, for a recipe that starts from face recognition. ``labels`` correct those of
    Training; the test splits keep theirs, so that scores compare with other runs'. ``data_parallel`` trains
    over all local devices, see ``training.data_parallel``.

    Raises:
        DataError: if one of the three splits has no images, or ``labels`` do not fit them.
        RunError: if the run is there already, an interrupted one is neither resumed nor restarted, or a run
            that it starts or learns from is missing.
    """
    require_splits(splits)
    origin: dict[str, Any] = {"command": command, "commit": current_commit()}
    origin |= {"other_images": other_images(recipe)}
    learnt, count = labels.apply(splits, TRAINING) if labels else (splits, 0)
    origin |= {"labels": {"sha256": labels.sha256, "changed": count}} if labels else {}
    start = None if resume else load_start(recipe, start_path)  # a checkpoint holds what came of it
    teacher = load_teacher(recipe)
    with new_run(recipe, origin=origin, resume=resume, restart=restart) as run:
        network, facts = train_into(
            run,
            recipe,
            learnt,
            start=start,
            teacher=teacher,
            resume=resume,
            data_parallel=data_parallel,
            on_step=on_step,
            on_epoch=on_epoch,
        )
        network.save(run.keras_path)
        files.compress_archive(run.keras_path)
        if labels:  # the data is noted as it came, so that the run knows its own again
            facts |= {"data": {split: describe_data(each) for split, each in splits.items()}}
        run.save_provenance(origin | facts)
        export_run(run, splits[PUBLIC_TEST])
        store_predictions(run, splits, features_of(run, splits))
        return finish_run(run)


def train_into(
    run: Run,
    recipe: Recipe,
    splits: dict[str, Dataset],
    *,
    start: Start | None = None,
    teacher: "keras.Model | None" = None,
    resume: bool,
    data_parallel: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> "tuple[keras.Model, dict[str, Any]]":
    """Train into a run that was started, its history kept epoch by epoch; the network and the run's facts."""

    def keep(history: list[dict[str, float]]) -> None:
        run.save_history(history)
        if on_epoch:
            on_epoch(history)

    network, progress = train(
        recipe,
        train=splits[TRAINING],
        validation=splits[PUBLIC_TEST],
        checkpoint=run.checkpoint_path,
        start=start,
        teacher=teacher,
        resume=resume,
        data_parallel=data_parallel,
        on_step=on_step,
        on_epoch=keep,
    )
    run.save_history(progress.history)
    facts = describe_training(recipe, splits, progress.history)
    facts |= {"parameters": network.count_params(), "best_epoch": progress.best_epoch}
    facts |= {"precision": precision_here(recipe.architecture)}
    facts |= {"devices": devices_for(recipe)} if data_parallel else {}
    facts |= {"blank_images_left_out": len(splits[TRAINING]) - len(without_blank(splits[TRAINING]))}
    if progress.classifier_penalty is not None:
        facts |= {"classifier_penalty": progress.classifier_penalty}
    return network, facts | vars(calibration_of(network, splits[PUBLIC_TEST]))


def calibration_of(network: "keras.Model", public: Dataset) -> Calibration:
    """From its logits to the probabilities that fit PublicTest best."""
    return fit_calibration(public.labels, predict_logits(network, public.images))


def fit_run(
    baseline: Baseline,
    splits: dict[str, Dataset],
    *,
    command: str = "",
    on_candidate: OnCandidate | None = None,
) -> Run:
    """Fit a baseline into ``models/<baseline.name>/``: everything that a network's run has, but history and
    model. Training is learnt from, PublicTest selects the candidate and the calibration, PrivateTest is only
    evaluated.

    Raises:
        DataError: if one of the three splits has no images.
        RunError: if a run of that name is there already.
    """
    require_splits(splits)
    origin = {"command": command, "commit": current_commit()}
    with new_run(baseline, origin=origin) as run:
        started = time.perf_counter()
        fitted = fit_baseline(
            baseline, train=splits[TRAINING], validation=splits[PUBLIC_TEST], on_candidate=on_candidate
        )
        facts = origin | describe_fit(baseline.seed, splits, time.perf_counter() - started)
        run.save_provenance(facts | {"chosen": fitted.chosen} | vars(fitted.calibration))
        run.save_evaluations(*predict_splits(fitted.predict, splits))
        store_embedding(run)
        run.save_card(write_card(Run(run.path)))
        return finish_run(run)


def require_splits(splits: dict[str, Dataset]) -> None:
    """Refuse data without all three official splits, each with images."""
    missing = [split for split in SPLITS if split not in splits or not len(splits[split])]
    if missing:
        raise DataError(
            "Training and evaluation need all three splits of FER2013 (Training, PublicTest for model "
            f"selection, PrivateTest for testing). Received data without: {', '.join(missing)}."
        )


def export_run(run: Run, dataset: Dataset) -> float:
    """Write model.tflite and summary.json from model.keras; returns LiteRT's largest difference.

    Weights are rounded to float16, and kept as they are where that changes predictions too much: small
    errors add up over many layers (0.009 of a probability in an untrained MobileNetV2, 0.001 in networks of
    ten layers).

    Raises:
        RunError: if LiteRT does not repeat Keras's probabilities even so.
    """
    from fer_core.networks.export import check_parity, export_tflite

    network = load_network(run.keras_path)
    write_summary(run.path / runs.SUMMARY, summarize(network))
    images, calibration = dataset.images[:PARITY_IMAGES], run.calibration
    export_tflite(network, run.tflite_path, calibration=calibration)
    try:
        difference = check_parity(network, run.tflite_path, images, calibration=calibration)
    except RunError:
        export_tflite(network, run.tflite_path, calibration=calibration, float16=False)
        difference = check_parity(network, run.tflite_path, images, calibration=calibration)
    record_checksums(run)
    return difference


def summarize_run(run: Run) -> Summary:
    """The summary of a run's network; a run that was exported without one gets it from model.keras."""
    require_network(run)
    summary = run.summary
    if summary is None:
        summary = summarize(load_network(run.keras_path))
        with suppress(OSError):  # where runs are read-only, it is made again the next time
            write_summary(run.path / runs.SUMMARY, summary)
    return summary


def store_predictions(run: Run, splits: dict[str, Dataset], features: Mapping[str, Features]) -> None:
    """Predict PublicTest and PrivateTest with model.tflite: predictions, embedding, metrics and card are
    stored."""
    run.save_evaluations(*predict_splits(Recognizer(run).predict_crops, splits, features))
    store_embedding(run)
    run.save_card(write_card(Run(run.path)))


def features_of(run: Run, splits: dict[str, Dataset]) -> dict[str, Features]:
    """The inputs of model.keras's last layer for PublicTest and PrivateTest: their first principal
    components, along axes found on PublicTest."""
    with optional():
        import keras

    network = load_network(run.keras_path)
    below = keras.Model(network.input, network.layers[-1].input)
    public, private = (predict_logits(below, splits[split].images) for split in (PUBLIC_TEST, PRIVATE_TEST))
    mean = public.mean(axis=0)
    _, _, axes = np.linalg.svd(public - mean, full_matrices=False)
    parts = {PUBLIC_TEST: public, PRIVATE_TEST: private}
    return {split: ((part - mean) @ axes[:FEATURES].T).astype(np.float16) for split, part in parts.items()}

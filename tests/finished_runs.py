"""Finished run folders with likely numbers, what pages are tested on: each is made once, and then copied."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS
from fer_core.emotions import EMOTION_COUNT
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.model_card import write_card
from fer_core.experiments.run_writing import finish_run, start_run
from fer_core.experiments.runs import Run
from fer_core.training.baselines import load_baseline
from fer_core.training.recipes import paper_base

# FER2013's faces per emotion, and how a network of about 70 % reads them (rows are the truth).
COUNTS = {PUBLIC_TEST: (467, 56, 496, 895, 653, 415, 607), PRIVATE_TEST: (491, 55, 528, 879, 594, 416, 626)}
READ_AS = np.array(
    [
        (0.62, 0.02, 0.10, 0.04, 0.13, 0.01, 0.08),
        (0.20, 0.64, 0.06, 0.02, 0.05, 0.00, 0.03),
        (0.12, 0.00, 0.51, 0.03, 0.18, 0.09, 0.07),
        (0.02, 0.00, 0.01, 0.89, 0.02, 0.02, 0.04),
        (0.09, 0.01, 0.11, 0.04, 0.58, 0.01, 0.16),
        (0.02, 0.00, 0.08, 0.04, 0.02, 0.82, 0.02),
        (0.05, 0.00, 0.05, 0.05, 0.14, 0.01, 0.70),
    ]
)
_made = tempfile.TemporaryDirectory(prefix="fer-runs-")


def _folder() -> Path:
    """A new one, as a name may be made with several seeds."""
    return Path(tempfile.mkdtemp(dir=_made.name))


def write_run(folder: Path, name: str, *, tflite: bytes, seed: int = 0, epochs: int = 60) -> Run:
    """Write ``folder/name``, a whole run; the higher the seed, the lower its accuracy.

    Only ``model.tflite`` can be run; the numbers are drawn, not predicted by it.
    """
    return _copy(_make_run(name, tflite, seed, epochs), folder)


def write_baseline(folder: Path, name: str, *, seed: int = 3) -> Run:
    """Write ``folder/name``, a whole run without a network."""
    return _copy(_make_baseline(name, seed), folder)


def _copy(made: Run, folder: Path) -> Run:
    # The copy's files are new, as those of a run that was just trained.
    return Run(Path(shutil.copytree(made.path, folder / made.name, copy_function=shutil.copyfile)))


@cache
def _make_run(name: str, tflite: bytes, seed: int, epochs: int) -> Run:
    rng = np.random.default_rng(seed)
    recipe = paper_base().replace(name=name, epochs=epochs, seed=seed)
    run = start_run(recipe, folder=_folder())
    history = _draw_history(rng, epochs, worse=0.02 * seed)
    run.save_history(history)
    run.save_provenance(_describe(name, seed, history))
    run.save_evaluations(*(_draw_evaluation(rng, split, worse=0.02 * seed) for split in COUNTS))
    run.keras_path.write_bytes(b"")
    run.tflite_path.write_bytes(tflite)
    run.save_card(write_card(run))
    return finish_run(run)


@cache
def _make_baseline(name: str, seed: int) -> Run:
    rng = np.random.default_rng(seed)
    run = start_run(load_baseline("hog-logistic").replace(name=name), folder=_folder())
    facts = _describe(name, seed, [])
    absent = ("epochs", "parameters", "best_epoch")
    facts = {key: value for key, value in facts.items() if key not in absent} | {"chosen": 0.1}
    run.save_provenance(facts | {"command": f"python -m fer_core baseline {name} --data PATH"})
    run.save_evaluations(*(_draw_evaluation(rng, split, worse=0.02 * seed) for split in COUNTS))
    run.save_card(write_card(run))
    return finish_run(run)


def _draw_history(rng: np.random.Generator, epochs: int, *, worse: float) -> list[dict[str, float]]:
    epoch = np.arange(1, epochs + 1)
    val_accuracy = 0.70 - worse - 0.45 * np.exp(-epoch / 9) + rng.normal(0, 0.004, epochs)
    accuracy = 0.62 - 0.40 * np.exp(-epoch / 10) + 0.0015 * epoch + 0.004 * np.maximum(0, epoch - epochs // 2)
    columns = {
        "epoch": epoch,
        "loss": 2.2 - 1.9 * accuracy,
        "accuracy": accuracy,
        "val_loss": 2.1 - 1.5 * val_accuracy,
        "val_accuracy": val_accuracy,
        "learning_rate": 5e-4 * (1 + np.cos(np.pi * epoch / epochs)),
        "seconds": np.full(epochs, 68.0),
    }
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def _draw_evaluation(rng: np.random.Generator, split: str, *, worse: float) -> Evaluation:
    labels = np.repeat(np.arange(EMOTION_COUNT, dtype=np.uint8), COUNTS[split])
    chances = (1 - worse) * READ_AS + worse / EMOTION_COUNT
    answers = np.array([rng.choice(EMOTION_COUNT, p=chances[label]) for label in labels])
    logits = rng.normal(0, 1, (len(labels), EMOTION_COUNT))
    logits[np.arange(len(labels)), answers] = logits.max(axis=1) + rng.gamma(1.5, 0.8, len(labels))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Evaluation(
        split=split,
        rows=np.arange(len(labels)),
        labels=labels,
        probabilities=probabilities.astype(np.float32),
        probabilities_flip=np.roll(probabilities, 1, axis=0).astype(np.float32),  # another, much worse view
        twins=rng.random(len(labels)) < 0.09,
    )


def _describe(name: str, seed: int, history: list[dict[str, float]]) -> dict[str, object]:
    counts = dict(zip(SPLITS, (28_709, 3_589, 3_589), strict=True))
    return {
        "command": f"python -m fer_core train {name} --data PATH",
        "seed": seed,
        "commit": "0" * 40,
        "finished": "2025-01-01T12:00:00+00:00",
        "seconds": sum(row["seconds"] for row in history),
        "epochs": len(history),
        "device": "a processor, 2 cores",
        "versions": {"python": "3.11.2", "keras": "3.12.0"},
        "data": {split: {"name": "FER2013", "count": count} for split, count in counts.items()},
        "parameters": 4_321_000,
        "best_epoch": int(max(history, key=lambda row: row["val_accuracy"], default={"epoch": 0})["epoch"]),
        "temperature": 1.1,
        "power": 1.2,
    }

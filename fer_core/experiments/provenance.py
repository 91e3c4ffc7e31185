"""Where a run comes from: the facts that let somebody else repeat it."""

import datetime
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from fer_core.datasets.class_distribution import class_counts
from fer_core.datasets.dataset import Dataset
from fer_core.datasets.duplicates import fingerprint
from fer_core.training.recipes import Recipe

PACKAGES = ("keras", "tensorflow-cpu", "tensorflow", "jax", "torch", "numpy", "ai-edge-litert")
BASELINE_PACKAGES = ("scikit-learn", "opencv-python-headless", "numpy")
MEASURE_PACKAGES = ("ai-edge-litert", "opencv-python-headless", "numpy")


def describe_training(recipe: Recipe, splits: dict[str, Dataset], history: list[dict[str, float]]) -> dict:
    """Facts of a training that has ended, as plain JSON values; ``seconds`` is that of its epochs.

    Command and commit are not among them: they are known when a training starts, and files change meanwhile.
    """
    facts = {"seed": recipe.seed, "finished": _now(), "seconds": sum(row["seconds"] for row in history)}
    return facts | {"epochs": len(history)} | _surroundings(splits, PACKAGES)


def describe_fit(seed: int, splits: dict[str, Dataset], seconds: float) -> dict:
    """The same for a baseline that has been fitted; ``seconds`` is fitting and choosing alone."""
    facts = {"seed": seed, "finished": _now(), "seconds": seconds}
    return facts | _surroundings(splits, BASELINE_PACKAGES)


def describe_measurement(splits: dict[str, Dataset], seconds: float) -> dict:
    """The same for a finished run that has been measured once more, without training."""
    facts = {"finished": _now(), "seconds": seconds}
    return facts | _surroundings(splits, MEASURE_PACKAGES)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _surroundings(splits: dict[str, Dataset], packages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "device": describe_device(),
        "versions": _versions(packages),
        "data": {split: describe_data(dataset) for split, dataset in splits.items()},
    }


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """Name, counts, and a fingerprint that changes with any pixel, label or order."""
    return {
        "name": dataset.name,
        "count": len(dataset),
        "counts": class_counts(dataset.labels).tolist(),
        "sha256": fingerprint(dataset),
    }


def describe_device() -> str:
    """The processor's model as the system names it, and how many of its cores may be used."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} {'core' if cores == 1 else 'cores'}"


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": sys.platform}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def current_commit() -> str | None:
    """The commit of the code, with "+" behind it when tracked files differ; None outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        commit, changed = (
            subprocess.run(
                ["git", *words], cwd=here, capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")

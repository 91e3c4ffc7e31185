"""Runs side by side: a row of numbers a run, as the Evaluation page shows them and as CSV."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fer_core.emotions import EMOTION_LABELS
from fer_core.experiments.runs import Run
from fer_core.formats import format_list


@dataclass(frozen=True)
class Overview:
    """One run's numbers on a split.

    Attributes:
        name: of the run.
        scores: of the images asked for, see ``metrics.score``.
        twin_free: the same without duplicates; None where nobody knows them.
        parameters: of the network; None of a baseline.
        macs: multiply-accumulate operations an image; None where no summary is stored.
        robustness: mean accuracy on degraded images of PublicTest, in [0, 1]; None where it was not measured.
        seen: which images, and which other networks, its training knew.
    """

    name: str
    scores: dict[str, Any]
    twin_free: dict[str, Any] | None
    parameters: int | None
    macs: int | None
    robustness: float | None
    seen: str


def describe_run(run: Run, split: str, view: str, subset: str) -> Overview:
    """The numbers of a finished run.

    Args:
        run: a network's or a baseline's.
        split: "PublicTest" or "PrivateTest".
        view: "single" or "flip".
        subset: "all" or "twin_free" (without duplicates).
    """
    scores = run.metrics[split][view]
    summary = run.summary
    return Overview(
        name=run.name,
        scores=scores[subset],
        twin_free=scores.get("twin_free"),
        parameters=run.provenance.get("parameters"),
        macs=None if summary is None else summary.macs,
        robustness=None if run.robustness is None else run.robustness.mean,
        seen=describe_seen(run),
    )


def describe_seen(run: Run) -> str:
    """What a training has seen: "FER2013, VGGFace2; distilled from best"."""
    facts = run.provenance
    own = next(iter(facts["data"].values()))["name"]
    other = facts.get("other_images") or facts.get("other_pictures")  # the key until 0.24
    seen = f"{own}, {other}" if other else own
    teachers = run.recipe.teachers if run.has_network else ()
    return f"{seen}; distilled from {format_list(teachers)}" if teachers else seen


def write_csv(rows: Sequence[Overview], split: str, view: str, subset: str) -> str:
    """The rows as CSV, shares in [0, 1]; the last three arguments are those of ``describe_run``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = (
        "split",
        "view",
        "duplicates",
        "run",
        "images",
        "accuracy",
        "low",
        "high",
        "macro_f1",
        "log_loss",
        "ece",
    )
    recalls = [f"recall_{label}" for label in EMOTION_LABELS]
    free = ("accuracy_without_duplicates", "low_without_duplicates", "high_without_duplicates")
    writer.writerow([*names, *recalls, *free, "robustness", "parameters", "macs", "seen"])
    for row in rows:
        writer.writerow(
            [
                *(split, view, "without" if subset == "twin_free" else "with", row.name, row.scores["count"]),
                *_numbers(
                    row.scores, "accuracy", "accuracy_interval", "macro_f1", "log_loss", "ece", "recall"
                ),
                *(_numbers(row.twin_free, "accuracy", "accuracy_interval") if row.twin_free else [None] * 3),
                *(row.robustness, row.parameters, row.macs, row.seen),
            ]
        )
    return text.getvalue()


def _numbers(scores: dict[str, Any], *keys: str) -> list[float | None]:
    """The numbers under the keys; what is nan, because no image counts, stays empty."""
    found: list[float] = []
    for key in keys:
        value = scores[key]
        found += value if isinstance(value, list) else [value]
    return [None if math.isnan(number) else number for number in found]

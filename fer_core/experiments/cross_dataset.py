"""Cross-dataset evaluation: one row per data set, with intervals, as text, CSV and JSON.

Scores are those of ``metrics.score`` on the single view. Macro-F1 is over the classes in the set: CK+48 has
no neutral images.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np

from fer_core.datasets.dataset import PRIVATE_TEST, Dataset
from fer_core.datasets.image_sets import ImageSet
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import DataError
from fer_core.evaluation.metrics import Labels, Probabilities, score, wilson_interval
from fer_core.experiments.runs import Run
from fer_core.formats import format_accuracy, format_macro_f1, format_percent
from fer_core.inference.recognizer import Recognizer

Row = dict[str, Any]
OWN = f"FER2013 {PRIVATE_TEST}"


def evaluate_sets(run: Run, sets: Iterable[ImageSet]) -> list[dict[str, Any]]:
    """The run's stored PrivateTest, then a row for each set.

    Returns:
        For each: set, count, accuracy, accuracy_interval, macro_f1, emotions (how many classes the set has),
        recall, recall_interval and support (7 each; None for a class without images), confusion, and
        contempt and left_out (how many images of contempt and files were left out).

    Raises:
        RunError: if the run's network or predictions are broken.
        DataError: if a set holds no image of the seven emotions.
    """
    own = run.evaluation(PRIVATE_TEST)
    rows = [score_set(OWN, own.labels, own.probabilities) | {"contempt": 0, "left_out": 0}]
    recognizer = Recognizer(run)
    sets = list(sets)
    names = [each.name for each in sets]
    for each in sets:
        dataset = each.dataset()
        require_images(dataset)
        name = each.name if names.count(each.name) == 1 else f"{each.name} {each.source.name}"
        row = score_set(name, dataset.labels, recognizer.predict_crops(dataset.images))
        rows.append(row | {"contempt": each.contempt, "left_out": len(each.left_out)})
    return rows


def require_images(dataset: Dataset) -> None:
    """Refuse a set without an image of the seven emotions.

    Raises:
        DataError: naming the set.
    """
    if not len(dataset):
        raise DataError(f"{dataset.name} must hold images of the seven emotions. Received: none.")


def score_set(name: str, labels: Labels, probabilities: Probabilities) -> dict[str, Any]:
    """The scores of one set, over the classes in it; see ``evaluate_sets``."""
    found = score(labels, probabilities)
    support = np.array(found["support"])
    held = support > 0
    right = np.array(found["confusion"]).diagonal()
    intervals = [wilson_interval(int(r), int(n)) for r, n in zip(right, support, strict=True)]
    return {
        "set": name,
        "count": found["count"],
        "accuracy": found["accuracy"],
        "accuracy_interval": found["accuracy_interval"],
        "macro_f1": found["macro_f1"],
        "emotions": int(held.sum()),
        "recall": [value if has else None for value, has in zip(found["recall"], held, strict=True)],
        "recall_interval": [list(ends) if has else None for ends, has in zip(intervals, held, strict=True)],
        "support": found["support"],
        "confusion": found["confusion"],
    }


def format_results(rows: Iterable[Row]) -> str:
    """Two tables for a terminal: one line per set, then the recall of each emotion in each set."""
    rows = list(rows)
    width = max(map(len, (*EMOTION_LABELS, *(row["set"] for row in rows)))) + 2
    cell = max(26, width)
    lines = [f"{'':<{width}}{'images':>7}  {'accuracy (95% interval)':<25}macro-F1"]
    for row in rows:
        lines.append(
            f"{row['set']:<{width}}{row['count']:>7,}  {format_accuracy(row):<25}"
            f"{format_macro_f1(row)}{_without(row)}"
        )
    lines += ["", f"{'Recall':<{width}}" + "".join(f"{row['set']:<{cell}}" for row in rows).rstrip()]
    for emotion, label in enumerate(EMOTION_LABELS):
        cells = "".join(f"{_recall(row, emotion):<{cell}}" for row in rows)
        lines.append(f"{label:<{width}}{cells}".rstrip())
    return "\n".join(lines)


def _without(row: Row) -> str:
    left_out = [f"{row['contempt']:,} of contempt"] if row["contempt"] else []
    left_out += [f"{row['left_out']:,} files"] if row["left_out"] else []
    return f"; without {' and '.join(left_out)}" if left_out else ""


def _recall(row: Row, emotion: int) -> str:
    if row["recall"][emotion] is None:
        return "–"
    low, high = (f"{100 * end:.0f}" for end in row["recall_interval"][emotion])
    return f"{format_percent(row['recall'][emotion])} ({low}–{high}) of {row['support'][emotion]:,}"


def write_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV: the scores of the set, then recall, its interval and the support of each emotion."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    columns = [f"{column}_{label}" for label in EMOTION_LABELS for column in ("recall", "low", "high", "n")]
    names = ("set", "count", "accuracy", "low", "high", "macro_f1", "emotions", "contempt", "left_out")
    writer.writerow([*names, *columns])
    for row in rows:
        cells = [row["set"], row["count"], row["accuracy"], *row["accuracy_interval"]]
        cells += [row[name] for name in ("macro_f1", "emotions", "contempt", "left_out")]
        for emotion in range(len(EMOTION_LABELS)):
            ends = row["recall_interval"][emotion] or (None, None)
            cells += [row["recall"][emotion], *ends, row["support"][emotion]]
        writer.writerow(cells)
    return file.getvalue()

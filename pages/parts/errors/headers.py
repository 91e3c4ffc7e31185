"""The sentence above the gallery: how many images it shows, of how many."""

import numpy as np

from fer_core.emotions import EMOTION_LABELS
from fer_core.evaluation.error_analysis import Filters, select
from fer_core.evaluation.metrics import wilson_interval
from fer_core.formats import format_percent
from pages.parts.errors.gallery import Faces
from pages.parts.formats import counted


def describe_errors(faces: Faces, filters: Filters, shown: int) -> str:
    """How many images the picked part of the matrix holds, as a share with its interval; and how many of
    them the other filters leave.

    Args:
        faces: of the split.
        filters: what was asked for.
        shown: how many images are shown.
    """
    predictions = faces.predictions
    truth, said = filters.true_label, filters.predicted
    whole = np.ones(len(predictions), bool) if truth is None else predictions.labels == truth
    if truth is None and said is not None:
        whole = predictions.predicted == said
    of_whom = f"{predictions.evaluation.split} images"
    what = "are misclassified"
    if truth is not None:
        of_whom += f" labelled {EMOTION_LABELS[truth]}"
        what = what if said is None else f"are predicted as {EMOTION_LABELS[said]}"
    elif said is not None:
        of_whom += f" predicted as {EMOTION_LABELS[said]}"
        what = "have another label"
    count = len(select(predictions, Filters(truth, said), predictions.predicted))
    total = int(whole.sum())
    low, high = (format_percent(share) for share in wilson_interval(count, total))
    sentence = (
        f"**{count:,} of {total:,}** {of_whom} {what} "
        f"({format_percent(count / max(1, total))}; 95% interval {low} to {high})."
    )
    return sentence + _left(count, shown)


def describe_label_errors(faces: Faces, filters: Filters, shown: int) -> str:
    """How many labels may be wrong, and what speaks for it; and how many of them are shown."""
    predictions, suspected = faces.predictions, faces.suspected
    chosen = suspected >= 0
    count, split = int(chosen.sum()), predictions.evaluation.split
    sentence = f"**{count:,} of {len(predictions):,}** {split} labels may be wrong."
    if faces.shown is not None:
        wrong = faces.shown != predictions.labels
        sentence += (
            f" **{wrong.sum():,}** were set wrong on purpose; **{(wrong & chosen).sum():,}** of these "
        )
        sentence += "were found."
    elif predictions.votes is None:
        sentence += " Connect the FER+ annotations to compare."
    else:
        choice = predictions.first_choice
        decided = int((chosen & (choice >= 0)).sum())
        backing = int((chosen & (choice == suspected)).sum())
        keeping = int((chosen & (choice == predictions.labels)).sum())
        sentence += (
            f" Where FER+ has one emotion with most votes ({counted(decided, 'image')}), it supports the "
            f"suggested label **{backing:,}** times and the given label **{keeping:,}** times."
        )
    return sentence + _left(count, shown)


def _left(count: int, shown: int) -> str:
    if shown == count:
        return " Click an image to see its details."
    return f" **{counted(shown, 'image')}** of them {'is' if shown == 1 else 'are'} shown."

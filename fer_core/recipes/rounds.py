"""Recipes of further rounds: a taught network goes on from its weights, in whole faces, with other teachers.

``best``, ``small`` and ``paper-cnn`` end so; those here are what they go on from, and are not committed.
"""

from typing import Any

from fer_core.recipes.recipe import Recipe
from fer_core.recipes.teachers import best_38, small_88

FIVE = "best-38+assistant+quick-50+quick-48+paper-plain"  # who taught small-whole and the three after it
FOUR = "best-50+quick-50+quick-whole+paper-plain"  # who taught best and small


def taught_on(before: Recipe, **changes: Any) -> Recipe:
    """What ends ``small``, ``best`` and ``paper-cnn``: a taught network goes on, in whole faces.

    Its teachers' maps, which teach fast at first, it no longer has to tell. Who has the seed and the teachers
    of others learns from their lessons.

    Args:
        before: the recipe of the network that goes on.
        changes: fields that differ, ``name``, ``epochs``, ``learning_rate`` and ``dropout`` at least.
    """
    same = {
        "start": before.name,
        "seed": 26,
        "warmup_epochs": 0.5,
        "monitor": "epoch",
        "teacher": FIVE,
        "teacher_maps": 0.0,
        "lessons": 7,
        "crop_px": 48,
        "random_crop": True,  # whole pictures leave nothing to crop: this mirrors them anew, as maps did
    }
    return before.replace(**same | changes)


def best_50() -> Recipe:
    """``best_38`` goes on as ``small`` does from ``small_whole``, taught by itself and by four others.

    In whole faces, on the lessons of ``small``, without maps to tell and without dropout. Seven epochs of
    that took 0.007 off its log loss, twelve 0.011; more of the same as before (``best-more`` in
    docs/experiments.md) had taken 0.003 in fourteen. It was committed as ``best`` until 0.21.0; ``best`` now
    goes on from it.

    Expected: 72.1 % on PrivateTest from a single view, 71.9 % averaged with the mirror image. Log loss on
    PublicTest is 0.805 / 0.804, that of ``best_38`` 0.816 / 0.814.
    Time: 120 minutes on two CPU cores without bfloat16, in float32, and 40 for the lessons; 600 seconds an
    epoch, 340 more for each of the 7 lessons.
    Command: ``fer train best-50 --data fer2013.csv``, after ``best-38`` and ``quick-50``
    """
    return taught_on(best_38(), name="best-50", epochs=12, learning_rate=0.02, dropout=0.0)


def small_whole() -> Recipe:
    """``small_88`` goes on with whole faces, which are what it is asked about, and with five teachers.

    It had learnt from crops of 40 pixels; a network should learn last from faces as large as those it will
    read (Touvron et al. 2019, arXiv:1906.06423).

    Expected: 70.9 % on PrivateTest from a single view, 71.0 % averaged with the mirror image. Log loss on
    PublicTest is 0.823 / 0.819, for 0.825 / 0.820 of ``small_88``: within chance.
    Time: 73 minutes on two CPU cores without bfloat16, in float32; 170 seconds an epoch, 380 more for each
    of the 6 lessons.
    Command: ``fer train small-whole --data fer2013.csv``, after ``small-88`` and ``quick-50``
    """
    return small_88().replace(
        name="small-whole",
        start="small-88",
        epochs=12,
        seed=25,
        learning_rate=0.02,
        warmup_epochs=1,
        monitor="epoch",
        teacher=FIVE,
        lessons=6,
        crop_px=48,
    )


def small_114() -> Recipe:
    """``small_whole`` goes on, on whole faces, with the same teachers.

    Their maps, which teach fast at first, it no longer has to tell, and nothing is dropped: that took 0.008
    off its log loss, where more of the same had taken 0.002 (docs/experiments.md). It was committed as
    ``small`` until 0.22.0; ``small`` now goes on from it.

    Expected: 71.5 % on PrivateTest from a single view, 71.5 % averaged with the mirror image. Log loss on
    PublicTest is 0.815 / 0.809, that of ``small_whole`` 0.823 / 0.819.
    Time: 72 minutes on two CPU cores without bfloat16, in float32; 140 seconds an epoch, 340 more for each of
    the 7 lessons.
    Command: ``fer train small-114 --data fer2013.csv``, after ``small-whole`` and those that taught it
    """
    return taught_on(small_whole(), name="small-114", epochs=14, learning_rate=0.02, dropout=0.0)

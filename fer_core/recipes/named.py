"""The recipes that have a name: a function each, whose docstring is its experiment card.

The source, what to expect, how long it takes and the command. Those that only teach are in ``teachers``,
those that ``best`` and ``small`` go on from in ``rounds``, the paper's in ``paper``, those that nobody
teaches in ``quick``.
"""

from collections.abc import Callable

from fer_core.errors import RecipeError
from fer_core.recipes.paper import paper_50, paper_74, paper_cnn, paper_plain
from fer_core.recipes.quick import quick, quick_48, quick_50, quick_whole
from fer_core.recipes.recipe import Recipe
from fer_core.recipes.rounds import FOUR, best_50, small_114, small_whole, taught_on
from fer_core.recipes.teachers import assistant, best_38, narrow, small_88, student, teacher


def best() -> Recipe:
    """A residual network of six million weights, taught by itself and by three that nobody else has taught.

    It goes on once more, from ``best_50``, on new lessons, each met once. ``quick-50``, ``quick-whole`` and
    ``paper-plain`` have learnt from the labels alone and err otherwise: PublicTest, single view, has a log
    loss of 0.805 for ``best_50``, 0.792 with the three. Eight epochs of that took 0.005 off its log loss.

    Expected: 72.0 % on PrivateTest from a single view, 72.2 % averaged with the mirror image. Log loss on
    PublicTest is 0.797 / 0.796; with a temperature alone it was 0.800 / 0.799, that of ``best_50`` 0.805 /
    0.804.
    Time: 33 minutes on two CPU cores of an EPYC that knows bfloat16, beside light work, the first of
    the 8 lessons in them, and 16 for the others: 220 seconds an epoch, 140 a lesson.
    Command: ``fer train best --data fer2013.csv``, after ``best-50`` and ``quick-whole``
    """
    return taught_on(best_50(), name="best", seed=27, epochs=8, learning_rate=0.02, teacher=FOUR, lessons=8)


def small() -> Recipe:
    """A network of less than a million weights, taught by ``best_50`` and others: for live video on one core.

    It goes on from ``small_114`` with the teachers and the lessons of ``best``: that took 0.004 off its log
    loss, where twice the epochs of its old lessons had taken nothing (``small-28`` in docs/experiments.md).

    Expected: 71.8 % on PrivateTest from a single view, 71.6 % averaged with the mirror image. Log loss on
    PublicTest is 0.808 / 0.802; with a temperature alone it was 0.811 / 0.805, that of ``small_114`` 0.815 /
    0.809. LiteRT: 0.8 ms a face on one thread of
    a fast machine, 2.0 on a slow one.
    Time: 18 minutes on two CPU cores of an EPYC that knows bfloat16, beside other work, the first of
    the 8 lessons in them, and 16 for the others, 140 seconds each.
    Command: ``fer train small --data fer2013.csv``, after ``small-114``, ``best-50`` and ``quick-whole``
    """
    return taught_on(
        small_114(), name="small", seed=27, epochs=8, learning_rate=0.02, teacher=FOUR, lessons=8
    )


def transfer() -> Recipe:
    """MobileNetV2 (Sandler et al. 2018) that has learnt ImageNet, fine-tuned on FER2013 in all its layers.

    The paper's future work, and no rival of ``best``: it has seen 1.3 million other pictures, and its card
    says so. Keras fetches the weights (about 9 MB) when training starts. ``--set start=`` trains the same
    network from nothing, which shows what ImageNet is worth. A low learning rate keeps what was learnt;
    geometry, mixup and erasing are those of ``teacher``, on whole faces.

    Expected: not measured: ImageNet's weights could not be had where this was written.
    Time: not measured.
    Command: ``fer train transfer --data fer2013.csv``
    """
    return teacher().replace(
        name="transfer",
        architecture="mobilenet",
        start="imagenet",
        epochs=30,
        optimizer="adamw",
        learning_rate=5e-4,
        weight_decay=0.05,
        dropout=0.3,
        precision="float32",
        crop_px=48,
    )


def drawn() -> Recipe:
    """A network of 24,000 weights for faces drawn by code: the whole way of a run, without FER2013.

    The data (``fer_core.datasets.drawn``) is drawn as the command runs, hard on purpose; the run is named
    ``_drawn``, and the underscore keeps it from being ranked among those of FER2013. The Errors page shows it
    where FER2013 is not connected.

    Expected: 67 % of the drawn PrivateTest; one label in twelve is wrong, so no network passes 92 %.
    Time: half a minute on two CPU cores.
    Command: ``fer train drawn --data drawn``
    """
    return Recipe(
        name="drawn",
        architecture="strided",
        epochs=20,
        batch_size=64,
        optimizer="adamw",
        learning_rate=4e-3,
        weight_decay=1e-3,
        dropout=0.1,
        patience=0,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {
    "paper-plain": paper_plain,
    "paper-50": paper_50,
    "paper-74": paper_74,
    "paper-cnn": paper_cnn,
    "teacher": teacher,
    "quick-48": quick_48,
    "quick-50": quick_50,
    "quick-whole": quick_whole,
    "quick": quick,
    "student": student,
    "narrow": narrow,
    "assistant": assistant,
    "best-38": best_38,
    "best-50": best_50,
    "best": best,
    "small-88": small_88,
    "small-whole": small_whole,
    "small-114": small_114,
    "small": small,
    "transfer": transfer,
    "drawn": drawn,
}


def load_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        RecipeError: if there is none; the message lists those there are.
    """
    if name not in RECIPES:
        raise RecipeError(f"There is no recipe {name!r}. The recipes are: {', '.join(sorted(RECIPES))}.")
    return RECIPES[name]()

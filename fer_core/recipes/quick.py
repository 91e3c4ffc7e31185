"""Recipes of networks that learn from the labels alone, and from what they have answered themselves.

``quick`` is committed; those before it teach other networks, and ``fer train NAME`` makes their weights.
"""

from fer_core.recipes.recipe import Recipe
from fer_core.recipes.teachers import teacher


def quick_48() -> Recipe:
    """The ``quick`` that taught ``best_38`` and ``small``, committed under that name until 0.13.0.

    Of 48 epochs the one best on PublicTest is kept. The run learnt from its own newest answers; since 0.11.1
    a network learns from the mean of all it has given, so trained again it is another.

    Expected: 70.0 % on PrivateTest from a single view, 70.1 % averaged with the mirror image.
    Time: 65 minutes of learning, 80 in all, on two slow CPU cores that know bfloat16, beside other work.
    Command: ``fer train quick-48 --data fer2013.csv``
    """
    return teacher().replace(
        name="quick-48",
        architecture="residual-plain",
        optimizer="muon",
        epochs=48,
        seed=3,
        cutmix=0.2,
        label_smoothing=0.0,
        self_share=0.8,
        first_px=32,
        refit_head=True,
    )


def quick_50() -> Recipe:
    """The ``quick`` that taught ``paper_74``, ``small_whole`` and all after them; committed under that name
    until 0.19.0.

    As ``quick_48`` it sees pictures of 32 pixels in the first half of its epochs; the last epoch is kept. The
    run answered for faces as they are alone; since 0.19.0 every second answer is for mirror images, so
    trained again it is another.

    Expected: 70.6 % on PrivateTest from a single view, 71.1 % averaged with the mirror image. Of PublicTest
    69.3 and 70.0 %.
    Time: 73 minutes of learning, 89 in all, on two slow CPU cores that know bfloat16.
    Command: ``fer train quick-50 --data fer2013.csv``
    """
    return quick_48().replace(name="quick-50", epochs=50, seed=20, monitor="epoch")


def quick_whole() -> Recipe:
    """``quick_50`` on pictures of 40 pixels throughout, and the first that answered for mirror images too.

    It is one of the teachers of ``best``, and was committed as ``quick`` until 0.20.0.

    Expected: 69.7 % on PrivateTest from a single view, 69.9 % averaged with the mirror image. Of PublicTest
    69.9 and 70.6 %.
    Time: 75 minutes of learning, 91 in all, on two CPU cores with AMX whose neighbours were at work.
    Command: ``fer train quick-whole --data fer2013.csv``
    """
    return quick_50().replace(name="quick-whole", seed=22, first_px=0)


def quick() -> Recipe:
    """From the labels alone, like ``teacher``, in fewer and cheaper epochs; it learns from itself, too.

    Its minutes say how soon 70.1 % of PublicTest, averaged with the mirror image, can be had on two CPU
    cores. Muon (Jordan et al. 2024) needs a quarter fewer epochs than SGD; squeeze-excite is left out, since
    weight decay puts it to death in ``teacher``. CutMix is added, and labels give way to what the network
    itself has answered for a face and for its mirror image (Kim et al. 2021), in the place of label
    smoothing. In the first half of the epochs pictures have 32 pixels, which takes a quarter off their time.
    The last epoch is kept, whatever it reads: its features are the best for the last layer, which is fitted
    anew (all: docs/experiments.md).

    Expected: 70.4 % on PublicTest from a single view, 70.7 % averaged with the mirror image, 20 faces more
    than the 70.1 % that it is for. 71.0 and 71.4 % on PrivateTest.
    Time: 85 minutes of learning; PublicTest is read after 88 and a half, all is done after 89, on two CPU
    cores of an EPYC that knows bfloat16.
    Command: ``fer train quick --data fer2013.csv``
    """
    return quick_50().replace(name="quick", epochs=52, seed=22)

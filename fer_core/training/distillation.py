"""Distillation: a student learns the logits of one or several frozen networks beside the labels.

Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", arXiv:1503.02531. The teacher
sees what the student sees, augmented and mixed ("a good teacher is patient and consistent", Beyer et al.
2022, arXiv:2106.05237), in any number of pixels.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fer_core.emotions import EMOTION_COUNT
from fer_core.extras import optional

with optional():
    import keras
    from keras import ops

TEMPERATURE = 2.0  # what both networks' logits are divided by


def join_teachers(networks: Sequence[keras.Model]) -> keras.Model:
    """The frozen mean of several networks' logits, uint8 (N, side, side, 1) -> (N, 7) float32.

    Args:
        networks: at least one, each for images of any side.
    """
    images = keras.Input((None, None, 1), dtype="uint8")
    for index, network in enumerate(networks):
        network.name = f"teacher_{index}"  # they may share an architecture, and a model has each name once
    logits = [network(images, training=False) for network in networks]
    mean = keras.layers.Average(dtype="float32")(logits) if len(logits) > 1 else logits[0]
    teacher = keras.Model(images, mean, name="teacher")
    teacher.trainable = False
    return teacher


def distillation_loss(weight: float) -> Callable[[Any, Any], Any]:
    """The loss (N,) of the student's logits (N, 7), given targets, the teacher's logits and the labels'
    weight beside each other, (N, 15).

    (1 - weight) w ``label_loss`` + weight ``teacher_loss``. Class weights w are the labels' alone: the
    teacher's predictions weigh the same for every class.

    Args:
        weight: the teacher's share of the loss, in [0, 1].
    """

    def loss(given: Any, student: Any) -> Any:
        label_weight = given[:, 2 * EMOTION_COUNT]
        return (1 - weight) * label_weight * label_loss(given, student) + weight * teacher_loss(
            given, student
        )

    return loss


def label_loss(given: Any, student: Any) -> Any:
    """Cross-entropy of the labels, (N,), which validation has too."""
    return ops.categorical_crossentropy(given[:, :EMOTION_COUNT], student, from_logits=True)


def teacher_loss(given: Any, student: Any) -> Any:
    """T^2 cross-entropy(teacher / T, student / T), (N,)."""
    soft = ops.softmax(given[:, EMOTION_COUNT : 2 * EMOTION_COUNT] / TEMPERATURE)
    return TEMPERATURE**2 * ops.categorical_crossentropy(soft, student / TEMPERATURE, from_logits=True)


def label_accuracy(given: Any, student: Any) -> Any:
    """Whether the student predicts each image's label, (N,) of 0 and 1."""
    return keras.metrics.categorical_accuracy(given[:, :EMOTION_COUNT], student)

"""Recipe and images -> a trained network: the loop, and what it does to images, targets and weights.

Plain Keras 3 and NumPy: any Keras backend runs it (``KERAS_BACKEND=jax`` on a GPU box).
"""

from fer_core.training.classifier import rounded
from fer_core.training.distillation import join_teachers
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import OnEpoch, OnStep, Progress, Start, train, without_blank
from fer_core.training.trainer import build_optimizer, build_trainer, dtype_policy, precision_here

__all__ = [
    "OnEpoch",
    "OnStep",
    "Progress",
    "Start",
    "build_optimizer",
    "build_trainer",
    "dtype_policy",
    "join_teachers",
    "precision_here",
    "predict_logits",
    "rounded",
    "train",
    "without_blank",
]

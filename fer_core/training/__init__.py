"""Recipe and faces -> a trained network: the loop, and what it does to pictures, targets and weights.

Plain Keras 3 and NumPy: any Keras backend runs it (``KERAS_BACKEND=jax`` on a GPU box).
"""

from fer_core.training.head import refit_head, rounded
from fer_core.training.lessons import predict_logits
from fer_core.training.loop import OnEpoch, OnStep, Progress, learnt_faces, train
from fer_core.training.trainer import build_optimizer, build_trainer, dtype_policy, precision_here
from fer_core.training.transfer import other_pictures

__all__ = [
    "OnEpoch",
    "OnStep",
    "Progress",
    "build_optimizer",
    "build_trainer",
    "dtype_policy",
    "learnt_faces",
    "other_pictures",
    "precision_here",
    "predict_logits",
    "refit_head",
    "rounded",
    "train",
]

"""Facial expression recognition that you can run, check and trust.

The public names are loaded on first use (PEP 562), so importing ``fer_core`` loads neither Keras, OpenCV
nor pandas:

    from fer_core import Recognizer, load_picture
    for prediction in Recognizer("paper-cnn").predict(load_picture("photo.jpg")):
        print(prediction.emotion.label, prediction.confidence, prediction.face.box)
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "Emotion": "emotions",
    "EMOTIONS": "emotions",
    "EMOTION_LABELS": "emotions",
    "FerError": "errors",
    "DataError": "errors",
    "PictureError": "errors",
    "RecipeError": "errors",
    "RunError": "errors",
    "MissingExtraError": "errors",
    "Dataset": "datasets",
    "load_fer2013": "datasets",
    "load_fer2013_splits": "datasets",
    "check_fer2013": "datasets",
    "load_ferplus": "datasets",
    "load_dataset": "datasets.image_sets",
    "split_by_group": "datasets.folds",
    "Evaluation": "evaluation.metrics",
    "score": "evaluation.metrics",
    "Recipe": "training.recipes",
    "RECIPES": "training.recipes",
    "load_recipe": "training.recipes",
    "Run": "experiments.runs",
    "load_run": "experiments.runs",
    "list_runs": "experiments.runs",
    "Face": "vision.detection",
    "FaceDetector": "vision.detection",
    "FaceFinder": "vision.detection",
    "crop_face": "vision.detection",
    "load_picture": "vision.pictures",
    "kind_of": "vision.frames",
    "sample_frames": "vision.frames",
    "Prediction": "inference.recognizer",
    "Recognizer": "inference.recognizer",
    "VideoReader": "inference.video",
    "predict_files": "inference.batch",
    "draw_predictions": "inference.annotation",
    "train_run": "experiments.pipeline",
    "evaluate_run": "experiments.measuring",
    "measure_run": "experiments.measured",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:  # the public names have many types
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"fer_core has no public name {name!r}. It has: {', '.join(_HOMES)}.")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def _version() -> str:
    """That of the checkout that this code runs from, else that of the installed package."""
    import tomllib
    from importlib.metadata import version

    from fer_core.paths import CHECKOUT, committed_models

    if committed_models() is None:
        return version("fer-core")
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def __dir__() -> list[str]:
    return sorted(_HOMES)

"""Baselines without networks: hand-crafted features and a classifier from scikit-learn.

A ``Baseline`` says what to fit; those that have a name are functions whose docstrings are their experiment
cards. Nothing of scikit-learn or OpenCV loads before something is fitted. ``images`` is (N, 48, 48) uint8.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import PRIVATE_TEST, Dataset
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError, RecipeError
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import Calibration, fit_calibration
from fer_core.extras import optional
from fer_core.paths import NAME_RULE, RUN_NAME

Images = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]
OnCandidate = Callable[[float, float], None]  # (the candidate, its accuracy on PublicTest)

FEATURES = ("hog", "pixels-pca")
CLASSIFIERS = ("linear-svm", "rbf-svm", "logistic", "forest")


@dataclass(frozen=True)
class Baseline:
    """Everything that decides what a baseline is; the same baseline and data give the same predictions.

    Attributes:
        name: becomes the folder's.
        features: "hog", histograms of oriented gradients (Dalal and Triggs 2005); or "pixels-pca", the
            principal components of pixels (Turk and Pentland 1991).
        classifier: "linear-svm", "rbf-svm", "logistic" (regression) or "forest" (random, Breiman 2001).
        candidates: the values that are tried on PublicTest: C of an SVM or logistic regression, or the
            minimum number of images in a leaf of a forest.
        train_images: how many images it learns from, a stratified sample; 0 takes all.
        cell_px: the side of HOG's cells.
        components: how many principal components are kept.
        trees: how many trees a forest has.
        seed: of all that is drawn.

    Raises:
        RecipeError: if a value cannot be fitted.
    """

    name: str
    features: str
    classifier: str
    candidates: tuple[float, ...]
    train_images: int = 0
    cell_px: int = 8
    components: int = 100
    trees: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted before anything is."""
        object.__setattr__(self, "candidates", tuple(self.candidates))
        named = RUN_NAME.fullmatch(self.name) is not None
        _require(named, "name", NAME_RULE, self.name)
        for field, known in (("features", FEATURES), ("classifier", CLASSIFIERS)):
            value = getattr(self, field)
            _require(value in known, field, f"one of {', '.join(known)}", value)
        usable = self.candidates and all(value > 0 for value in self.candidates)
        _require(bool(usable), "candidates", "numbers above 0, at least one", self.candidates)
        _require(self.train_images >= 0, "train_images", "at least 0", self.train_images)
        _require(self.cell_px in (4, 6, 8, 12), "cell_px", "4, 6, 8 or 12", self.cell_px)
        for field in ("components", "trees"):
            _require(getattr(self, field) >= 1, field, "at least 1", getattr(self, field))

    def replace(self, **changes: Any) -> "Baseline":  # a field's value: text, number or tuple
        """The same baseline with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Every field, ready for ``baseline.json``."""
        return dataclasses.asdict(self) | {"candidates": list(self.candidates)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Baseline":
        """The baseline that ``to_json`` wrote; until 0.24 ``train_images`` had another name.

        Raises:
            RecipeError: if a field is unknown, missing or out of range.
        """
        try:
            return cls(**{"train_images" if key == "train_faces" else key: fields[key] for key in fields})
        except TypeError as error:
            raise RecipeError(f"The baseline is not whole: {error}.") from error


def _require(holds: bool, field: str, expected: str, received: object) -> None:
    if not holds:
        raise RecipeError(f"Baseline field {field} must be {expected}. Received: {received!r}.")


@dataclass(frozen=True)
class FittedBaseline:
    """A fitted baseline.

    Attributes:
        chosen: the candidate with the best accuracy on PublicTest.
        calibration: from its decision values to probabilities, fitted on PublicTest.
        features: images -> (N, D) float32, fitted.
        classifier: scikit-learn's, fitted.
        floor: the least probability before calibration of a classifier that gives probabilities.
    """

    chosen: float
    calibration: Calibration
    features: Any  # scikit-learn has no types
    classifier: Any
    floor: float

    def predict(self, images: Images) -> npt.NDArray[np.float32]:
        """Calibrated probabilities (N, 7) float32."""
        logits = _logits(self.classifier, self.features.transform(images), self.floor)
        return self.calibration.probabilities(logits)


def fit_baseline(
    baseline: Baseline, *, train: Dataset, validation: Dataset, on_candidate: OnCandidate | None = None
) -> FittedBaseline:
    """Fit each candidate to ``train``, keep the one with the best accuracy on ``validation``.

    Raises:
        DataError: if either set is PrivateTest, or an emotion has no image to learn from.
    """
    for dataset in (train, validation):
        if dataset.split == PRIVATE_TEST:
            raise DataError("PrivateTest is for the final evaluation alone. Received it as training input.")
    missing = EMOTION_COUNT - len(np.unique(train.labels))
    if missing:
        raise DataError(
            f"A baseline needs images of all seven emotions. Received: none of {missing} of them."
        )
    chosen = _draw(train, baseline.train_images, baseline.seed)
    features = _build_features(baseline)
    learnt = features.fit_transform(train.images[chosen])
    judged = features.transform(validation.images)
    floor = 1 / (EMOTION_COUNT * baseline.trees)
    found = []
    for candidate in baseline.candidates:
        classifier = _build_classifier(baseline, candidate).fit(learnt, train.labels[chosen])
        logits = _logits(classifier, judged, floor)
        accuracy = metrics.accuracy(validation.labels, metrics.softmax(logits))
        if on_candidate:
            on_candidate(candidate, accuracy)
        found.append((accuracy, candidate, classifier, logits))
    _, candidate, classifier, logits = max(found, key=lambda each: each[0])  # the first of equals
    return FittedBaseline(candidate, fit_calibration(validation.labels, logits), features, classifier, floor)


def _draw(train: Dataset, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions of a stratified sample of ``count`` images, at least one of each emotion; 0: of all."""
    if not 0 < count < len(train):
        return np.arange(len(train))
    rng, chosen = np.random.default_rng(seed), []
    for label in range(EMOTION_COUNT):
        of_label = np.flatnonzero(train.labels == label)
        chosen.append(rng.permutation(of_label)[: max(1, round(count * len(of_label) / len(train)))])
    return np.sort(np.concatenate(chosen))


def describe_gradients(images: Images, *, cell_px: int) -> Features:
    """Histograms of oriented gradients (N, D) float32 of whole images.

    Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005: cells of 8 pixels,
    blocks of two by two cells that overlap by half, nine unsigned orientations, L2-Hys normalisation clipped
    at 0.2. On 48 pixels a side: 5 x 5 blocks x 4 cells x 9 orientations = 900 numbers.
    """
    import cv2

    window, block, cell = ((side, side) for side in (SIDE, 2 * cell_px, cell_px))
    describe = cv2.HOGDescriptor(window, block, cell, cell, 9).compute
    histograms = [np.asarray(describe(np.ascontiguousarray(image))).ravel() for image in images]
    return np.array(histograms, np.float32)


def standardize_pixels(images: Images) -> Features:
    """Pixels (N, 2304) float32 with each image's own mean and deviation taken out, as the networks do."""
    pixels = images.reshape(len(images), -1).astype(np.float32)
    pixels -= pixels.mean(axis=1, keepdims=True)
    return pixels / np.maximum(pixels.std(axis=1, keepdims=True), 1e-3)


def _build_features(baseline: Baseline) -> Any:
    with optional():
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

    if baseline.features == "hog":
        return FunctionTransformer(describe_gradients, kw_args={"cell_px": baseline.cell_px})
    components = PCA(baseline.components, svd_solver="randomized", random_state=baseline.seed)
    return make_pipeline(FunctionTransformer(standardize_pixels), components)


def _build_classifier(baseline: Baseline, candidate: float) -> Any:
    with optional():
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.svm import SVC, LinearSVC

    match baseline.classifier:
        case "linear-svm":
            return LinearSVC(C=candidate, dual=False, random_state=baseline.seed)
        case "rbf-svm":
            # One against the rest, as the linear one (Rifkin and Klautau 2004): SVC alone counts the votes of
            # its pairs, which give nearly every image the same confidence.
            return OneVsRestClassifier(SVC(C=candidate, gamma="scale", cache_size=1000))
        case "logistic":
            return LogisticRegression(C=candidate, max_iter=1000)
    leaf = round(candidate)
    return RandomForestClassifier(baseline.trees, min_samples_leaf=leaf, random_state=baseline.seed)


def _logits(classifier: Any, features: Features, floor: float) -> npt.NDArray[np.float64]:
    """Decision values (N, 7) where the classifier has them, else the logarithm of its probabilities, none of
    them below ``floor``: a forest gives exactly 0 to what no tree votes for."""
    if hasattr(classifier, "decision_function"):
        return np.asarray(classifier.decision_function(features), np.float64)
    return np.log(np.maximum(classifier.predict_proba(features), floor))


def hog_linear_svm() -> Baseline:
    """Histograms of oriented gradients and a linear SVM: Dalal and Triggs's own pair (CVPR 2005).

    An SVM gives no probabilities; its calibrated decision values stand for them.

    Command: ``fer baseline hog-linear-svm --data fer2013.csv``
    """
    return Baseline("hog-linear-svm", "hog", "linear-svm", candidates=(0.01, 0.1))


def hog_logistic() -> Baseline:
    """Histograms of oriented gradients and multinomial logistic regression: one dense layer on HOG.

    Command: ``fer baseline hog-logistic --data fer2013.csv``
    """
    return Baseline("hog-logistic", "hog", "logistic", candidates=(0.01, 0.1, 1.0))


def hog_forest() -> Baseline:
    """Histograms of oriented gradients and a random forest (Breiman 2001) of 100 trees.

    A forest is underconfident, which calibration corrects.

    Command: ``fer baseline hog-forest --data fer2013.csv``
    """
    return Baseline("hog-forest", "hog", "forest", candidates=(2,))


def hog_rbf_svm() -> Baseline:
    """Histograms of oriented gradients and an SVM with a Gaussian kernel, on 12,000 images.

    Fitting time grows with the square of the images. gamma is scikit-learn's "scale".

    Command: ``fer baseline hog-rbf-svm --data fer2013.csv``
    """
    return Baseline("hog-rbf-svm", "hog", "rbf-svm", candidates=(1.0, 10.0), train_images=12_000)


def pixels_rbf_svm() -> Baseline:
    """100 eigenfaces (Turk and Pentland 1991) and an SVM with a Gaussian kernel, on 20,000 images.

    Command: ``fer baseline pixels-rbf-svm --data fer2013.csv``
    """
    return Baseline("pixels-rbf-svm", "pixels-pca", "rbf-svm", candidates=(1.0, 10.0), train_images=20_000)


BASELINES: dict[str, Callable[[], Baseline]] = {
    "hog-linear-svm": hog_linear_svm,
    "hog-logistic": hog_logistic,
    "hog-forest": hog_forest,
    "hog-rbf-svm": hog_rbf_svm,
    "pixels-rbf-svm": pixels_rbf_svm,
}


def load_baseline(name: str) -> Baseline:
    """The baseline of that name.

    Raises:
        RecipeError: if there is none; the message lists those there are.
    """
    if name not in BASELINES:
        raise RecipeError(
            f"There is no baseline {name!r}. The baselines are: {', '.join(sorted(BASELINES))}."
        )
    return BASELINES[name]()

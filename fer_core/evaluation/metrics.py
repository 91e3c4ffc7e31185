"""Classification metrics: numbers from labels and probabilities.

Everywhere: ``labels`` is (N,) integers in [0, 6], ``probabilities`` is (N, 7) float32 whose rows sum to 1.
Scores lie in [0, 1] (log loss: nats); nothing here rounds, prints or knows of files. NumPy alone, so that
pages import it for free; scikit-learn is the oracle in the tests.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import SPLITS
from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import DataError

Labels = npt.NDArray[np.integer[Any]]
Probabilities = npt.NDArray[np.floating[Any]]
Z_95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Evaluation:
    """A network's predictions on every image of a split.

    Attributes:
        split: "Training", "PublicTest" or "PrivateTest".
        rows: (N,) int64, where each image lies in its source.
        labels: (N,) uint8, the true labels.
        probabilities: (N, 7) float32 from the image as it is (single view).
        probabilities_flip: (N, 7) float32, averaged with those of the mirror image.
        twins: (N,) bool: the image has an exact duplicate in an earlier split (Training, then PublicTest).
            Stored runs keep this name; read it as ``duplicates``.
        features: (N, F) float16, principal components of the last layer's inputs for the image as it is, in
            order of variance; None for a baseline.
    """

    split: str
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]
    probabilities_flip: npt.NDArray[np.float32]
    twins: npt.NDArray[np.bool_]
    features: npt.NDArray[np.float16] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.split not in SPLITS:
            raise DataError(f"The split must be one of {', '.join(SPLITS)}. Received: {self.split!r}.")
        kinds = {"rows": np.integer, "probabilities": np.floating, "probabilities_flip": np.floating}
        for name, kind in (kinds | {"twins": np.bool_}).items():
            if not np.issubdtype(getattr(self, name).dtype, kind):
                found = getattr(self, name).dtype
                raise DataError(f"{name} must be of {kind.__name__}. Received: {found}.")
        for probabilities in (self.probabilities, self.probabilities_flip):
            check_rows(self.labels, probabilities)
            _check_sums(probabilities)
        if not len(self.rows) == len(self.labels) == len(self.twins):
            lengths = (len(self.rows), len(self.labels), len(self.twins))
            raise DataError(f"Rows, labels and duplicates must have one length. Received: {lengths}.")
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != len(self.labels)):
            raise DataError(f"Features must be ({len(self.labels)}, F). Received: {self.features.shape}.")

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Every array there is, by name: all but the split."""
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    @property
    def duplicates(self) -> npt.NDArray[np.bool_]:
        """(N,): whether the image has an exact duplicate in an earlier split."""
        return self.twins

    def without_duplicates(self) -> "Evaluation":
        """The same for the images without a duplicate in an earlier split."""
        kept = ~self.duplicates
        return Evaluation(split=self.split, **{name: value[kept] for name, value in self.arrays.items()})

    without_twins = without_duplicates  # the name before 0.25, for one version

    def view(self, name: str) -> npt.NDArray[np.float32]:
        """The probabilities of the view "single" or "flip"."""
        views = {"single": self.probabilities, "flip": self.probabilities_flip}
        if name not in views:
            raise DataError(f"The view must be one of {', '.join(views)}. Received: {name!r}.")
        return views[name]


def check_rows(labels: Labels, probabilities: Probabilities) -> None:
    """Refuse labels (N,) and probabilities or logits (N, 7) that do not belong together.

    Raises:
        DataError: with what was expected and what was received.
    """
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"Labels must be (N,) integers. Received: {labels.shape} {labels.dtype}.")
    if probabilities.shape != (len(labels), EMOTION_COUNT):
        raise DataError(
            f"Probabilities must be ({len(labels)}, {EMOTION_COUNT}), a row for each label. "
            f"Received: {probabilities.shape}."
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < EMOTION_COUNT:
        raise DataError(f"Labels must lie in [0, 6]. Received: {int(labels.min())} to {int(labels.max())}.")


def _check_sums(probabilities: Probabilities) -> None:
    """Refuse values that are no probabilities; not-a-number fails every comparison."""
    wrong = ~(np.abs(probabilities.sum(axis=1) - 1) < 1e-3) | ~(probabilities >= 0).all(axis=1)
    if wrong.any():
        row = probabilities[np.flatnonzero(wrong)[0]].tolist()
        raise DataError(f"Probabilities must be at least 0, and each row must sum to 1. Received: {row}.")


def softmax(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """Probabilities (N, 7) float32 of logits (N, 7)."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)


def accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """The share of correct predictions; nan of no images."""
    check_rows(labels, probabilities)
    return float((probabilities.argmax(axis=1) == labels).mean()) if len(labels) else float("nan")


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927), which stays inside [0, 1]; (nan, nan) of no images."""
    if count == 0:
        return float("nan"), float("nan")
    share, spread = right / count, Z_95**2 / count
    middle = share + spread / 2
    half = Z_95 * np.sqrt(share * (1 - share) / count + spread / (4 * count))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(0.0, min(share, float(low))), min(1.0, max(share, float(high)))  # whatever rounding does


def class_intervals(confusion: npt.ArrayLike) -> dict[str, list[tuple[float, float]]]:
    """The 95% intervals of each class's precision, recall and F1, which follow from the confusion matrix.

    Precision and recall are shares (Wilson). F1 is none, but with J, the share of correct predictions among
    the images of the class or predicted as it, F1 = 2 J / (1 + J), and that rises with J: so the ends of J's
    Wilson interval are carried over. The tests hold this against the bootstrap.

    Args:
        confusion: (7, 7) counts, rows are true labels.

    Returns:
        "precision", "recall" and "f1": seven (low, high) each; (nan, nan) where no image counts.
    """
    counts = np.asarray(confusion)
    right, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    union = support + predicted - right
    shares = {
        name: [wilson_interval(int(over), int(under)) for over, under in zip(right, unders, strict=True)]
        for name, unders in (("precision", predicted), ("recall", support), ("f1", union))
    }
    shares["f1"] = [(2 * low / (1 + low), 2 * high / (1 + high)) for low, high in shares["f1"]]
    return shares


def confusion_matrix(labels: Labels, probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """Counts (7, 7): rows are true labels, columns predictions."""
    check_rows(labels, probabilities)
    cells = labels.astype(np.int64) * EMOTION_COUNT + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=EMOTION_COUNT**2).reshape(EMOTION_COUNT, EMOTION_COUNT)


def log_loss(labels: Labels, probabilities: Probabilities) -> float:
    """Mean of -ln(probability of the label), in nats; 0 counts as float32's epsilon."""
    check_rows(labels, probabilities)
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    chosen = np.maximum(chosen, np.finfo(np.float32).eps)
    return float(-np.log(chosen).mean()) if len(labels) else float("nan")


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy in bins of equal width; empty bins hold nan.

    Attributes:
        edges: (bins + 1,) in [0, 1].
        counts: (bins,) images in each bin.
        confidence: (bins,) mean probability of the predicted class.
        accuracy: (bins,) share of correct predictions.
    """

    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]


def reliability(labels: Labels, probabilities: Probabilities, *, bins: int = 15) -> Reliability:
    """The reliability diagram (Guo et al. 2017, 15 bins)."""
    check_rows(labels, probabilities)
    confidence, place = _bin_confidence(probabilities, bins)
    correct = probabilities.argmax(axis=1) == labels
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=values, minlength=bins) for values in (confidence, correct)]
    with np.errstate(invalid="ignore"):
        means = [total / counts for total in sums]
    return Reliability(np.linspace(0, 1, bins + 1), counts, means[0], means[1])


def _bin_confidence(
    probabilities: Probabilities, bins: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The probability of each predicted class, and which of the bins of equal width it falls into."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    return confidence, np.clip((confidence * bins).astype(np.int64), 0, bins - 1)


def expected_calibration_error(labels: Labels, probabilities: Probabilities, *, bins: int = 15) -> float:
    """Mean distance of confidence and accuracy, weighted by the images in each bin (Guo et al. 2017)."""
    found = reliability(labels, probabilities, bins=bins)
    gaps = np.nan_to_num(np.abs(found.confidence - found.accuracy))
    return float((gaps * found.counts).sum() / max(1, found.counts.sum()))


def calibration_errors_by_chance(
    probabilities: Probabilities, *, bins: int = 15, draws: int = 1000
) -> npt.NDArray[np.float64]:
    """Calibration errors of a perfectly calibrated network: what the real one is held to.

    A bin's accuracy scatters around its confidence, so the error of few images is never 0, however good the
    network (Roelofs et al. 2022, "Mitigating Bias in Calibration Error Estimation", arXiv:2012.08668). Which
    error that makes probable is found by drawing the correct predictions anew (consistency resampling:
    Bröcker and Smith 2007, "Increasing the Reliability of Reliability Diagrams"), all of a bin with its mean
    confidence: bins are narrow.

    Returns:
        (draws,) in [0, 1], the same at each call; zeros of no images.
    """
    confidence, place = _bin_confidence(probabilities, bins)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, weights=confidence, minlength=bins)
    means = np.clip(np.divide(sums, counts, out=np.zeros(bins), where=counts > 0), 0, 1)
    right = np.random.default_rng(0).binomial(counts, means, size=(draws, bins))
    errors: npt.NDArray[np.float64] = np.abs(right - sums).sum(axis=1) / max(1, len(confidence))
    return errors


def score(labels: Labels, probabilities: Probabilities) -> dict[str, Any]:
    """Every metric of one set of predictions, as plain JSON values.

    Returns:
        count, accuracy, accuracy_interval [low, high], macro_f1 (the mean F1 of the classes that occur among
        the true labels), precision, recall, f1 and support (7 each),
        confusion (7 x 7, rows are true labels), log_loss, ece.
    """
    counts = confusion_matrix(labels, probabilities)
    right, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = _safe_divide(2 * right, support + predicted)
    return {
        "count": len(labels),
        "accuracy": accuracy(labels, probabilities),
        "accuracy_interval": list(wilson_interval(int(right.sum()), len(labels))),
        "macro_f1": float(f1[support > 0].mean()) if len(labels) else float("nan"),
        "precision": _safe_divide(right, predicted).tolist(),
        "recall": _safe_divide(right, support).tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "confusion": counts.tolist(),
        "log_loss": log_loss(labels, probabilities),
        "ece": expected_calibration_error(labels, probabilities),
    }


def _safe_divide(over: npt.NDArray[np.int64], under: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """0 where nothing is to be divided by, as scikit-learn's zero_division=0 does."""
    return np.divide(over, under, out=np.zeros(len(over)), where=under > 0)


def score_evaluation(evaluation: Evaluation) -> dict[str, dict[str, dict[str, Any]]]:
    """``score`` for each view ("single", "flip") and subset ("all"; "twin_free": without duplicates)."""
    subsets = {"all": np.ones(len(evaluation.labels), bool), "twin_free": ~evaluation.duplicates}
    return {
        view: {
            name: score(evaluation.labels[chosen], evaluation.view(view)[chosen])
            for name, chosen in subsets.items()
        }
        for view in ("single", "flip")
    }

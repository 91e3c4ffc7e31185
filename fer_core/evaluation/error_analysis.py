"""Error analysis: a run's predictions image by image, possible label errors, and an embedding.

``labels`` is (N,) in [0, 6], ``probabilities`` (N, 7) float32; a position counts in these arrays, a row in
the source of the faces. NumPy alone, save for t-SNE.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.exploration import first_choice
from fer_core.datasets.ferplus import COLUMN_OF, VOTE_NAMES
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS, EMOTIONS
from fer_core.errors import DataError
from fer_core.evaluation.metrics import Evaluation, Labels, Probabilities
from fer_core.extras import optional

Positions = npt.NDArray[np.int64]
Points = npt.NDArray[np.float64]
COLUMNS = np.array([COLUMN_OF[emotion] for emotion in EMOTIONS])
LEAST = float(np.finfo(np.float32).eps)  # what a probability of 0 counts as in a logarithm
PROJECTIONS = ("PCA", "t-SNE")


@dataclass(frozen=True)
class SplitPredictions:
    """What a network predicted and annotators said of each image of a split.

    Attributes:
        evaluation: the run's stored predictions; the single view is what counts here.
        votes: (N, 10) uint8, the FER+ votes on the same images, or None.

    Raises:
        DataError: if the votes are not of the same images.
    """

    evaluation: Evaluation
    votes: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Refuse votes that do not belong to the images."""
        if self.votes is not None and self.votes.shape != (len(self), len(VOTE_NAMES)):
            expected = (len(self), len(VOTE_NAMES))
            raise DataError(f"Votes must be {expected}, a row an image. Received: {self.votes.shape}.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """The true labels, (N,)."""
        return self.evaluation.labels

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The row of each image in its source, (N,)."""
        return self.evaluation.rows

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """The predicted probabilities, (N, 7)."""
        return self.evaluation.probabilities

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """The predicted label, (N,): the most probable emotion."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Its probability, (N,)."""
        return self.probabilities.max(axis=1)

    @cached_property
    def loss(self) -> npt.NDArray[np.float32]:
        """The cross-entropy of each true label, (N,), in nats."""
        chosen = self.probabilities[np.arange(len(self)), self.labels]
        return np.asarray(-np.log(np.maximum(chosen, LEAST)))

    @cached_property
    def first_choice(self) -> npt.NDArray[np.int64]:
        """The emotion with most votes, (N,); -1 where votes are tied, or there are none."""
        return np.full(len(self), -1) if self.votes is None else first_choice(self.votes)

    @cached_property
    def disagreement(self) -> npt.NDArray[np.float64]:
        """The share of annotators who chose another emotion than the network, (N,); 0 without votes."""
        if self.votes is None:
            return np.zeros(len(self))
        votes = self.votes.astype(float)
        agreeing = votes[np.arange(len(self)), COLUMNS[self.predicted]]
        return 1 - np.divide(agreeing, votes.sum(axis=1), out=np.ones(len(self)), where=votes.any(axis=1))

    def probability_of(self, said: Labels) -> npt.NDArray[np.float32]:
        """The probability of one label of each image, (N,); 0 where it is -1."""
        return np.where(said >= 0, self.probabilities[np.arange(len(self)), said], np.float32(0))

    def find(self, row: int) -> int | None:
        """The position of a row, or None where this split does not hold it."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class Filters:
    """Which images to show; None does not filter.

    Attributes:
        true_label: in [0, 6].
        predicted: what was predicted, or the suggested label.
        confidence: the lowest and highest probability of that label, in [0, 1].
        annotators_agree: whether the label has the most votes; without votes it does not filter.
        duplicate: whether an exact duplicate lies in an earlier split.
    """

    true_label: int | None = None
    predicted: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)
    annotators_agree: bool | None = None
    duplicate: bool | None = None


def select(predictions: SplitPredictions, filters: Filters, said: Labels) -> Positions:
    """The positions of the images that fit.

    Args:
        predictions: of all images of a split.
        filters: without both a true and a predicted label, misclassified images alone fit.
        said: (N,) ``predictions.predicted``, or the labels of ``find_label_errors``; -1 leaves an image out.
    """
    low, high = filters.confidence
    confidence = predictions.probability_of(said)
    fits = (said >= 0) & (confidence >= low)
    fits &= (confidence <= high) | (high >= 1)  # whatever rounding does
    if filters.true_label is None or filters.predicted is None:
        fits &= said != predictions.labels
    for value, values in ((filters.true_label, predictions.labels), (filters.predicted, said)):
        if value is not None:
            fits &= values == value
    if filters.annotators_agree is not None and predictions.votes is not None:
        agree = predictions.first_choice == predictions.labels
        decided = predictions.first_choice >= 0
        fits &= agree if filters.annotators_agree else decided & ~agree
    if filters.duplicate is not None:
        fits &= predictions.evaluation.duplicates == filters.duplicate
    return np.flatnonzero(fits)


ORDERS: dict[str, Callable[[SplitPredictions, Labels], npt.NDArray[Any]]] = {
    "confidence": lambda predictions, said: predictions.probability_of(said),
    "loss": lambda predictions, said: predictions.loss,
    "disagreement": lambda predictions, said: predictions.disagreement,
}


def sort(predictions: SplitPredictions, positions: Positions, by: str, said: Labels) -> Positions:
    """The positions, the highest probability of what is ``said`` (as for ``select``), loss or annotator
    disagreement first.

    By loss, possible label errors come with the least probability of their own label first ("self-confidence"
    in Northcutt et al. 2021). On PrivateTest that is the best order: average precision 0.84 for labels that
    FER+ contradicts, 0.80 by the probability of the suggested label (run ``best``).

    Raises:
        DataError: if ``by`` is none of ORDERS.
    """
    if by not in ORDERS:
        raise DataError(f"Images are sorted by one of {', '.join(ORDERS)}. Received: {by!r}.")
    return positions[np.argsort(-ORDERS[by](predictions, said)[positions], kind="stable")]


def find_label_errors(labels: Labels, probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """Possible label errors: the label that each image should rather have, (N,), by confident learning; -1
    where nothing speaks against its own.

    An image counts for an emotion when its probability reaches the mean that images of this label get; one
    that counts for another emotion than its label stands beside the diagonal of the "confident joint". Where
    the predicted label is the given one there is no error, as in the authors' own package. The probabilities
    must come from a network that was not trained on these images.

    Reference:
        Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70,
        2021, arXiv:1911.00068. Their package cleanlab is under the AGPL, which does not fit this project's
        licence; these are the equations of section 3.1.
    """
    thresholds = np.full(EMOTION_COUNT, np.inf)  # an emotion that no label names suggests nothing
    for emotion in np.unique(labels):
        thresholds[emotion] = probabilities[labels == emotion, emotion].mean()
    counting = np.where(probabilities >= thresholds, probabilities, -1.0)
    best = counting.argmax(axis=1)
    doubted = (counting.max(axis=1) >= 0) & (best != labels) & (probabilities.argmax(axis=1) != labels)
    return np.where(doubted, best, -1)


def embed(evaluation: Evaluation) -> Points:
    """The embedding of each image, centred, (N, D): the features before the network's last layer.

    Where none are stored it is the logarithm of the probabilities less its mean over the emotions: the
    logits, up to the calibration.
    """
    if evaluation.features is None:
        seen = np.log(np.maximum(evaluation.probabilities.astype(float), LEAST))
        seen -= seen.mean(axis=1, keepdims=True)
    else:
        seen = evaluation.features.astype(float)
    return np.asarray(seen - seen.mean(axis=0))


def project(evaluation: Evaluation, method: str = "PCA") -> Points:
    """The embedding, projected to the plane, (N, 2): near images look alike to the network.

    Args:
        evaluation: of at least 3 images.
        method: "PCA", or "t-SNE" (scikit-learn's; seconds for some thousand images).

    Raises:
        DataError: if the method is unknown, or there are fewer images.
    """
    count = len(evaluation.labels)
    if method not in PROJECTIONS or count < 3:
        raise DataError(
            f"An embedding takes at least 3 images and one of {', '.join(PROJECTIONS)}. "
            f"Received: {count} images, {method!r}."
        )
    seen = embed(evaluation)
    if method == "PCA":
        return _principal(seen)
    with optional():
        from sklearn.manifold import TSNE

    perplexity = min(30.0, (count - 1) / 3)
    # From principal components 500 steps keep neighbours as 1,000 do (trustworthiness 0.99), in half the time
    tsne = TSNE(init=_principal(seen), perplexity=perplexity, max_iter=500, random_state=0)
    return np.asarray(tsne.fit_transform(seen), dtype=float)


def projection_key(evaluation: Evaluation) -> str:
    """What a stored projection is held to: a SHA-256 of what is projected, as stored; as hex digits."""
    seen = evaluation.probabilities if evaluation.features is None else evaluation.features
    return sha256(np.ascontiguousarray(seen).data).hexdigest()


def _principal(centred: Points) -> Points:
    """The two principal components, signed so that the same images always lie the same way up."""
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[[0, 1], np.abs(axes[:2]).argmax(axis=1)])[:, None]
    return np.asarray(centred @ axes.T)


def predictions_as_csv(predictions: SplitPredictions, positions: Positions, suspected: Labels) -> str:
    """A CSV line an image: row, true and predicted label, probabilities, votes where there are any."""
    text = io.StringIO()
    votes = () if predictions.votes is None else tuple(f"votes {name}" for name in VOTE_NAMES)
    writer = csv.writer(text, lineterminator="\n")
    head = ("split", "row", "true label", "predicted", "confidence", "loss", "duplicate", "suggested label")
    writer.writerow((*head, *EMOTION_LABELS, *votes))
    for position in positions:
        writer.writerow(_csv_row(predictions, int(position), int(suspected[position])))
    return text.getvalue()


def _csv_row(predictions: SplitPredictions, position: int, suspected: int) -> list[object]:
    row: list[object] = [
        predictions.evaluation.split,
        int(predictions.rows[position]),
        EMOTION_LABELS[predictions.labels[position]],
        EMOTION_LABELS[predictions.predicted[position]],
        f"{predictions.confidence[position]:.4f}",
        f"{predictions.loss[position]:.4f}",
        int(predictions.evaluation.duplicates[position]),
        EMOTION_LABELS[suspected] if suspected >= 0 else "",
        *(f"{value:.4f}" for value in predictions.probabilities[position]),
    ]
    return row + ([] if predictions.votes is None else predictions.votes[position].tolist())


def nearest_images(evaluation: Evaluation, position: int, count: int) -> Positions:
    """The positions of the images whose embeddings lie nearest to one image's, itself left out; nearest
    first, by Euclidean distance."""
    seen = embed(evaluation)
    distance = np.linalg.norm(seen - seen[position], axis=1)
    distance[position] = np.inf
    return np.argsort(distance, kind="stable")[: min(count, len(distance) - 1)]

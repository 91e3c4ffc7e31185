"""A run's answers face by face: which to look at, in what order, whose labels look wrong, and a map of them.

``labels`` is (N,) in [0, 6], ``probabilities`` (N, 7) float32; a position counts in these arrays, a row in
the source of the faces. NumPy alone, save for t-SNE.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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
MAPS = ("PCA", "t-SNE")


@dataclass(frozen=True)
class Answers:
    """What a network and people said of each face of a split.

    Attributes:
        evaluation: the run's stored predictions; the single view is what counts here.
        votes: (N, 10) uint8, the FER+ votes on the same faces, or None.

    Raises:
        DataError: if the votes are not of the same faces.
    """

    evaluation: Evaluation
    votes: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Refuse votes that do not belong to the faces."""
        if self.votes is not None and self.votes.shape != (len(self), len(VOTE_NAMES)):
            expected = (len(self), len(VOTE_NAMES))
            raise DataError(f"Votes must be {expected}, a row a face. Received: {self.votes.shape}.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """The truth, (N,)."""
        return self.evaluation.labels

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Where each face lies in its source, (N,)."""
        return self.evaluation.rows

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """What the network said, (N, 7)."""
        return self.evaluation.probabilities

    @cached_property
    def read(self) -> npt.NDArray[np.int64]:
        """The most probable emotion, (N,)."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Its probability, (N,)."""
        return self.probabilities.max(axis=1)

    @cached_property
    def loss(self) -> npt.NDArray[np.float32]:
        """How much the label surprises the network, (N,), in nats."""
        chosen = self.probabilities[np.arange(len(self)), self.labels]
        return np.asarray(-np.log(np.maximum(chosen, LEAST)))

    @cached_property
    def first_choice(self) -> npt.NDArray[np.int64]:
        """The emotion most voters saw, (N,); -1 where they have none, or there are no votes."""
        return np.full(len(self), -1) if self.votes is None else first_choice(self.votes)

    @cached_property
    def dissent(self) -> npt.NDArray[np.float64]:
        """The share of voters who saw something else than the network, (N,); 0 where nobody voted."""
        if self.votes is None:
            return np.zeros(len(self))
        votes = self.votes.astype(float)
        agreeing = votes[np.arange(len(self)), COLUMNS[self.read]]
        return 1 - np.divide(agreeing, votes.sum(axis=1), out=np.ones(len(self)), where=votes.any(axis=1))

    def find(self, row: int) -> int | None:
        """The position of a row, or None where this split does not hold it."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class Wanted:
    """Which faces to look at; None leaves a question open.

    Attributes:
        truth: the label.
        said: what the network said, or what is suspected.
        confidence: the least and the most probability of the network's answer, in [0, 1].
        people_agree: whether the voters' first choice is the label; with votes alone.
        twin: whether an identical image lies in an earlier split.
    """

    truth: int | None = None
    said: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)
    people_agree: bool | None = None
    twin: bool | None = None


def select(answers: Answers, wanted: Wanted, said: Labels) -> Positions:
    """The positions of the faces that fit.

    Args:
        answers: all faces of a split.
        wanted: what is asked of them. Without both a truth and an answer, mistakes alone fit.
        said: (N,) what was said of each face: ``answers.read``, or ``suspect``'s; -1 leaves a face out.
    """
    low, high = wanted.confidence
    fits = (said >= 0) & (answers.confidence >= low)
    fits &= (answers.confidence <= high) | (high >= 1)  # whatever rounding does
    if wanted.truth is None or wanted.said is None:
        fits &= said != answers.labels
    for value, values in ((wanted.truth, answers.labels), (wanted.said, said)):
        if value is not None:
            fits &= values == value
    if wanted.people_agree is not None and answers.votes is not None:
        agree = answers.first_choice == answers.labels
        decided = answers.first_choice >= 0
        fits &= agree if wanted.people_agree else decided & ~agree
    if wanted.twin is not None:
        fits &= answers.evaluation.twins == wanted.twin
    return np.flatnonzero(fits)


ORDERS: dict[str, Callable[[Answers], npt.NDArray[Any]]] = {
    "confidence": lambda answers: answers.confidence,
    "loss": lambda answers: answers.loss,
    "voters": lambda answers: answers.dissent,
}


def sort(answers: Answers, positions: Positions, by: str) -> Positions:
    """The positions, the highest confidence, loss or dissent of the voters first.

    Raises:
        DataError: if ``by`` is none of ORDERS.
    """
    if by not in ORDERS:
        raise DataError(f"Faces are sorted by one of {', '.join(ORDERS)}. Received: {by!r}.")
    return positions[np.argsort(-ORDERS[by](answers)[positions], kind="stable")]


def suspect(labels: Labels, probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """What each label should rather be, (N,), by confident learning; -1 where nothing speaks against it.

    A face counts for an emotion when its probability reaches the mean that faces of this label get; a face
    that counts for another emotion than its label stands beside the diagonal of the "confident joint". Where
    the network's first answer is the label it is not suspected, as in the authors' own package. The
    probabilities must come from a network that has not learnt these faces.

    Reference:
        Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70,
        2021, arXiv:1911.00068. Their package cleanlab is under the AGPL, which does not fit this project's
        licence; these are the equations of section 3.1.
    """
    thresholds = np.full(EMOTION_COUNT, np.inf)  # an emotion that no label names suspects nobody
    for emotion in np.unique(labels):
        thresholds[emotion] = probabilities[labels == emotion, emotion].mean()
    counting = np.where(probabilities >= thresholds, probabilities, -1.0)
    best = counting.argmax(axis=1)
    doubted = (counting.max(axis=1) >= 0) & (best != labels) & (probabilities.argmax(axis=1) != labels)
    return np.where(doubted, best, -1)


def margin(labels: Labels, probabilities: Probabilities) -> npt.NDArray[np.floating[Any]]:
    """How far the label lies behind the best other emotion, (N,): the higher, the more suspect."""
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -1
    return others.max(axis=1) - probabilities[np.arange(len(labels)), labels]


def place(evaluation: Evaluation, method: str = "PCA") -> Points:
    """Faces as points in the plane, (N, 2): near ones look alike to the network.

    What is placed are the features that the network's last layer reads. Where none are stored it is the
    logarithm of the probabilities less its mean over the emotions: the logits, up to the calibration.

    Args:
        evaluation: of at least 3 faces.
        method: "PCA", or "t-SNE" (scikit-learn's; seconds for some thousand faces).

    Raises:
        DataError: if the method is unknown, or there are fewer faces.
    """
    count = len(evaluation.labels)
    if method not in MAPS or count < 3:
        raise DataError(
            f"A map shows at least 3 faces by one of {', '.join(MAPS)}. Received: {count} faces, {method!r}."
        )
    if evaluation.features is None:
        seen = np.log(np.maximum(evaluation.probabilities.astype(float), LEAST))
        seen -= seen.mean(axis=1, keepdims=True)
    else:
        seen = evaluation.features.astype(float)
    seen -= seen.mean(axis=0)
    if method == "PCA":
        return _principal(seen)
    with optional():
        from sklearn.manifold import TSNE

    perplexity = min(30.0, (count - 1) / 3)
    # From principal components 500 steps keep neighbours as 1,000 do (trustworthiness 0.99), in half the time
    tsne = TSNE(init=_principal(seen), perplexity=perplexity, max_iter=500, random_state=0)
    return np.asarray(tsne.fit_transform(seen), dtype=float)


def _principal(centred: Points) -> Points:
    """The two principal components, signed so that the same faces always lie the same way up."""
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[[0, 1], np.abs(axes[:2]).argmax(axis=1)])[:, None]
    return np.asarray(centred @ axes.T)


def faces_as_csv(answers: Answers, positions: Positions, suspected: Labels) -> str:
    """A CSV line a face: row, label, answer, probabilities, votes where there are any."""
    text = io.StringIO()
    votes = () if answers.votes is None else tuple(f"votes {name}" for name in VOTE_NAMES)
    writer = csv.writer(text, lineterminator="\n")
    head = ("split", "row", "label", "read as", "confidence", "loss", "twin", "label should rather be")
    writer.writerow((*head, *EMOTION_LABELS, *votes))
    for position in positions:
        writer.writerow(_csv_row(answers, int(position), int(suspected[position])))
    return text.getvalue()


def _csv_row(answers: Answers, position: int, suspected: int) -> list[object]:
    row: list[object] = [
        answers.evaluation.split,
        int(answers.rows[position]),
        EMOTION_LABELS[answers.labels[position]],
        EMOTION_LABELS[answers.read[position]],
        f"{answers.confidence[position]:.4f}",
        f"{answers.loss[position]:.4f}",
        int(answers.evaluation.twins[position]),
        EMOTION_LABELS[suspected] if suspected >= 0 else "",
        *(f"{value:.4f}" for value in answers.probabilities[position]),
    ]
    return row + ([] if answers.votes is None else answers.votes[position].tolist())

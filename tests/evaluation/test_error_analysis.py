"""Faces selected, sorted, suspected, placed and handed out; and the charts to pick them from."""

import csv
import io

import numpy as np
import pytest

from fer_core.charts.error_analysis import CORRECTNESS, PREDICTION, plot_embedding, plot_face_votes
from fer_core.datasets import PRIVATE_TEST, VOTE_NAMES
from fer_core.emotions import EMOTION_LABELS, Emotion
from fer_core.errors import DataError
from fer_core.evaluation.error_analysis import (
    Filters,
    SplitPredictions,
    find_label_errors,
    nearest_images,
    predictions_as_csv,
    project,
    select,
    sort,
)
from fer_core.evaluation.metrics import Evaluation

ANGRY, FEAR, HAPPY, SAD = Emotion.ANGRY, Emotion.FEAR, Emotion.HAPPY, Emotion.SAD


def sure(emotion, share):
    """Probabilities of one face: ``share`` for the emotion, the rest spread evenly."""
    values = np.full(7, (1 - share) / 6)
    values[emotion] = share
    return values


def evaluate(probabilities, features=None):
    """An evaluation of which only the predictions matter."""
    count = len(probabilities)
    said = np.asarray(probabilities, np.float32)
    rows, labels, twins = np.arange(count), np.zeros(count, np.uint8), np.zeros(count, bool)
    return Evaluation(PRIVATE_TEST, rows, labels, said, said, twins, features)


def voted(**counts):
    return [counts.get(name, 0) for name in VOTE_NAMES]


@pytest.fixture
def predictions():
    labels = np.array([FEAR, FEAR, SAD, HAPPY, FEAR], np.uint8)
    said = [(SAD, 0.9), (SAD, 0.5), (SAD, 0.7), (HAPPY, 0.99), (HAPPY, 0.6)]
    probabilities = np.array([sure(*each) for each in said], np.float32)
    votes = [voted(fear=10), voted(sadness=8, fear=2), voted(sadness=5, fear=5), voted(), voted(happiness=10)]
    evaluation = Evaluation(
        PRIVATE_TEST,
        np.array([32298, 32299, 32300, 32301, 32302]),
        labels,
        probabilities,
        probabilities,
        np.array([True, False, False, False, True]),
    )
    return SplitPredictions(evaluation, np.array(votes, np.uint8))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [0, 1, 4]),
        (Filters(true_label=FEAR), [0, 1, 4]),
        (Filters(predicted=SAD), [0, 1]),
        (Filters(true_label=SAD, predicted=SAD), [2]),
        (Filters(true_label=FEAR, predicted=HAPPY), [4]),
        (Filters(true_label=ANGRY), []),
        (Filters(confidence=(0.55, 0.85)), [4]),
        (Filters(annotators_agree=True), [0]),
        (Filters(annotators_agree=False), [1, 4]),
        (Filters(duplicate=True), [0, 4]),
        (Filters(duplicate=False), [1]),
    ],
)
def test_faces_are_selected(predictions, filters, expected):
    assert select(predictions, filters, predictions.predicted).tolist() == expected


def test_without_votes_people_are_not_asked(predictions):
    alone = SplitPredictions(predictions.evaluation)
    assert select(alone, Filters(annotators_agree=True), alone.predicted).tolist() == [0, 1, 4]
    assert (alone.first_choice == -1).all()
    assert not alone.disagreement.any()


@pytest.mark.parametrize(
    ("by", "expected"), [("confidence", [0, 4, 1]), ("loss", [0, 4, 1]), ("disagreement", [0, 1, 4])]
)
def test_faces_are_sorted(predictions, by, expected):
    assert sort(predictions, np.array([0, 1, 4]), by, predictions.predicted).tolist() == expected


def test_what_is_suggested_is_filtered_and_sorted_by_its_own_probability(predictions):
    said = np.array([HAPPY, SAD, -1, -1, -1])  # sad is more probable than happy for the first
    assert predictions.probability_of(said)[:3] == pytest.approx([0.1 / 6, 0.5, 0])
    assert sort(predictions, np.array([0, 1]), "confidence", said).tolist() == [1, 0]
    assert select(predictions, Filters(confidence=(0.4, 1)), said).tolist() == [1]


def test_what_the_voters_say_of_the_answers(predictions):
    assert predictions.first_choice.tolist() == [FEAR, SAD, -1, -1, HAPPY]
    np.testing.assert_allclose(predictions.disagreement, [1, 0.2, 0.5, 0, 0])


def test_faces_are_found_by_row(predictions):
    assert predictions.find(32301) == 3
    assert predictions.find(7) is None


def test_confident_learning_finds_flipped_labels():
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(7), 100)
    probabilities = 0.3 * rng.dirichlet(np.ones(7), len(truth)) + 0.7 * np.eye(7)[truth]
    flipped = rng.choice(len(truth), 40, replace=False)
    labels = truth.copy()
    labels[flipped] = (truth[flipped] + 3) % 7
    suspected = find_label_errors(labels, probabilities)
    found = np.flatnonzero(suspected >= 0)
    assert set(found) <= set(flipped)  # the others fall short of the mean of the emotion they truly show
    assert len(found) >= 20
    np.testing.assert_array_equal(suspected[found], truth[found])


def test_confident_learning_counts_by_hand():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.zeros((4, 7))
    probabilities[:, :2] = [(0.9, 0.1), (0.2, 0.8), (0.4, 0.6), (0.45, 0.55)]
    # Thresholds: emotion 0 mean(0.9, 0.2) = 0.55, emotion 1 mean(0.6, 0.55) = 0.575.
    assert find_label_errors(labels, probabilities).tolist() == [-1, 1, -1, -1]


def test_of_no_faces_nothing_is_suspect():
    assert len(find_label_errors(np.zeros(0, np.int64), np.zeros((0, 7)))) == 0


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_faces_that_are_read_alike_lie_near(method):
    rng = np.random.default_rng(1)
    read = np.repeat([HAPPY, SAD], 20)
    probabilities = 0.2 * rng.dirichlet(np.ones(7), 40) + 0.8 * np.eye(7)[read]
    evaluation = evaluate(probabilities)
    points = project(evaluation, method)
    assert points.shape == (40, 2)
    middles = [points[read == emotion].mean(axis=0) for emotion in (HAPPY, SAD)]
    distance = np.linalg.norm(points[:, None] - np.array(middles), axis=2)
    assert ((distance[:, 0] < distance[:, 1]) == (read == HAPPY)).all()
    np.testing.assert_allclose(points, project(evaluation, method))


def test_stored_features_are_placed_rather_than_answers():
    rng = np.random.default_rng(1)
    features = rng.normal(0, (9.0, 4.0, 0.1), (40, 3)).astype(np.float16)
    points = project(evaluate(rng.dirichlet(np.ones(7), 40), features))
    centred = features - features.astype(float).mean(axis=0)
    across = np.abs(np.corrcoef(points.T, centred.T)[:2, 2:])
    assert across[0, 0] > 0.99
    assert across[1, 1] > 0.99


def test_the_nearest_images_are_those_with_the_nearest_features():
    features = np.array([[0, 0], [3, 4], [0, 1], [10, 0]], np.float16)
    evaluation = evaluate(np.full((4, 7), 1 / 7), features)
    assert nearest_images(evaluation, 0, 2).tolist() == [2, 1]
    assert nearest_images(evaluation, 3, 9).tolist() == [1, 0, 2]
    assert nearest_images(evaluate(np.full((1, 7), 1 / 7)), 0, 5).tolist() == []


def test_bad_questions_are_one_sentence(predictions):
    with pytest.raises(DataError, match=r"one of PCA, t-SNE. Received: 5 images, 'UMAP'"):
        project(predictions.evaluation, "UMAP")
    with pytest.raises(DataError, match="at least 3 images"):
        project(evaluate(np.full((2, 7), 1 / 7)))
    with pytest.raises(DataError, match="sorted by one of confidence, loss, disagreement"):
        sort(predictions, np.arange(2), "age", predictions.predicted)
    with pytest.raises(DataError, match="a row an image"):
        SplitPredictions(predictions.evaluation, predictions.votes[:2])


def test_a_selection_is_handed_out(predictions):
    suspected = np.array([-1, SAD, -1, -1, -1])
    first, second = csv.DictReader(io.StringIO(predictions_as_csv(predictions, np.array([1, 4]), suspected)))
    shown = [first[name] for name in ("row", "true label", "predicted", "duplicate")]
    assert shown == ["32299", "fear", "sad", "0"]
    assert first["suggested label"] == "sad"
    assert second["suggested label"] == ""
    assert float(first["sad"]) == 0.5
    assert first["votes sadness"] == "8"
    alone = predictions_as_csv(SplitPredictions(predictions.evaluation), np.array([1]), suspected)
    assert "votes" not in alone
    assert predictions_as_csv(predictions, np.array([], int), suspected).count("\n") == 1


def test_the_map_has_a_mark_an_emotion_and_a_row_a_point(predictions):
    figure = plot_embedding(
        project(predictions.evaluation), predictions.labels, predictions.predicted, predictions.rows
    )
    legend, faces = figure.data[::2], figure.data[1::2]
    assert [trace.name for trace in legend] == list(EMOTION_LABELS)
    assert len({trace.marker.symbol for trace in faces}) == 7
    assert faces[FEAR].customdata.tolist() == [[32298, 0], [32299, 1], [32302, 4]]
    assert faces[FEAR].text[::2] == ("fear, predicted as sad", "fear, predicted as happy")
    assert not any(trace.showlegend for trace in faces)
    assert not figure.layout.xaxis.fixedrange  # it can be zoomed


def test_the_map_is_coloured_by_prediction_or_correctness(predictions):
    def shown(colour_by):
        points = project(predictions.evaluation)
        arrays = (predictions.labels, predictions.predicted, predictions.rows)
        traces = plot_embedding(points, *arrays, colour_by=colour_by).data[1::2]
        return {trace.name: [row for row, _ in trace.customdata] for trace in traces if len(trace.x)}

    assert shown(PREDICTION) == {"happy": [32301, 32302], "sad": [32298, 32299, 32300]}
    assert shown(CORRECTNESS) == {"correct": [32300, 32301], "misclassified": [32298, 32299, 32302]}


def test_the_votes_on_a_face():
    (bars,) = plot_face_votes(voted(sadness=7, contempt=2, NF=1)).data
    shown = dict(zip(bars.y, bars.x, strict=True))
    assert (shown["▼ sad"], shown["contempt"], shown["no face"]) == (7, 2, 1)
    assert sum(bars.x) == 10

"""Classical baselines: what they compute, how they choose, the run they leave, and what must not use it."""

import json

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import Dataset
from fer_core.errors import DataError, RecipeError, RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.evaluation.metrics import accuracy, log_loss
from fer_core.experiments import runs
from fer_core.experiments.measuring import evaluate_run
from fer_core.experiments.model_card import results_table, write_card
from fer_core.experiments.pipeline import fit_run
from fer_core.experiments.runs import Run, best_run, list_networks, list_runs, load_run
from fer_core.inference.recognizer import Recognizer
from fer_core.training import baselines
from fer_core.training.baselines import BASELINES, Baseline, describe_gradients, fit_baseline, load_baseline
from tests.finished_runs import write_baseline, write_run
from tests.synthetic import synthetic_splits, write_fer2013_csv

QUICK = Baseline("quick", "hog", "logistic", candidates=(0.1, 1.0))
EVERY_KIND = [
    Baseline("kind", features, classifier, candidates=(1.0,), components=20, trees=20)
    for features in baselines.FEATURES
    for classifier in baselines.CLASSIFIERS
]


@pytest.fixture(scope="module")
def splits():
    return synthetic_splits(20, 8, 8)


def fit(baseline, splits, **options):
    return fit_baseline(baseline, train=splits["Training"], validation=splits["PublicTest"], **options)


@pytest.mark.parametrize("baseline", EVERY_KIND, ids=lambda each: f"{each.features} {each.classifier}")
def test_every_kind_learns_drawn_faces_and_gives_probabilities(baseline, splits):
    fitted = fit(baseline, splits)
    said = fitted.predict(splits["PrivateTest"].images)
    assert (said.shape, said.dtype) == ((56, 7), np.float32)
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert said.min() >= 0
    assert accuracy(splits["PrivateTest"].labels, said) > 0.3  # guessing: 0.14
    np.testing.assert_array_equal(said, fit(baseline, splits).predict(splits["PrivateTest"].images))


def test_public_test_chooses_the_candidate_and_the_calibration(splits):
    told, public = [], splits["PublicTest"]
    labels = np.where(public.rows % 3 == 0, 6 - public.labels, public.labels)  # so that nobody can be sure
    public = Dataset(public.images, labels, public.rows, public.split)
    splits = splits | {"PublicTest": public}
    fitted = fit(QUICK.replace(candidates=(1e-9, 1.0)), splits, on_candidate=lambda *each: told.append(each))
    assert [candidate for candidate, _ in told] == [1e-9, 1.0]
    assert fitted.chosen == max(told, key=lambda each: each[1])[0]
    logits = fitted.classifier.decision_function(fitted.features.transform(public.images))
    found = fitted.calibration

    def loss(calibration):
        return log_loss(public.labels, calibration.probabilities(logits))

    for share in (0.8, 1.25):
        assert loss(found) < loss(Calibration(share * found.temperature, found.power))
        assert loss(found) < loss(Calibration(found.temperature, share * found.power))


def test_private_test_selects_nothing(splits):
    with pytest.raises(DataError, match="final evaluation alone"):
        fit_baseline(QUICK, train=splits["Training"], validation=splits["PrivateTest"])


def test_an_emotion_without_a_face_is_refused(splits):
    train = splits["Training"]
    some = type(train)(
        *(part[train.labels > 1] for part in (train.images, train.labels, train.rows)), train.split
    )
    with pytest.raises(DataError, match=r"all seven emotions. Received: none of 2"):
        fit_baseline(QUICK, train=some, validation=splits["PublicTest"])


def test_a_budget_of_faces_keeps_each_emotion(splits):
    chosen = baselines._draw(splits["Training"], 35, seed=0)
    assert np.bincount(splits["Training"].labels[chosen]).tolist() == [5] * 7
    assert len(set(chosen)) == 35
    assert len(baselines._draw(splits["Training"], 0, seed=0)) == len(splits["Training"])


def test_hog_is_that_of_dalal_and_triggs():
    edge = np.zeros((1, 48, 48), np.uint8)
    edge[:, :, 24:] = 200
    features = describe_gradients(edge, cell_px=8)
    assert features.shape == (1, 5 * 5 * 4 * 9)
    blocks = features.reshape(5, 5, 36)  # x, y
    norms = np.linalg.norm(blocks, axis=2)
    assert norms[[2, 3]] == pytest.approx(1, abs=0.05)  # L2-Hys: what holds an edge has length 1,
    assert norms[[0, 4]] == pytest.approx(0, abs=1e-5)  # and what is flat has none.
    by_orientation = features.reshape(-1, 9).sum(axis=0)
    assert set(np.argsort(by_orientation)[-2:]) <= {0, 8}  # a gradient along x: the bins beside 0 degrees


def test_light_and_contrast_do_not_matter_to_pixels(splits):
    face = splits["Training"].images[:1] // 2
    brighter = face + np.uint8(40)
    np.testing.assert_allclose(
        baselines.standardize_pixels(face), baselines.standardize_pixels(brighter), atol=1e-4
    )
    assert not baselines.standardize_pixels(np.zeros((1, 48, 48), np.uint8)).any()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ".hidden"),
        ("features", "sift"),
        ("classifier", "boosting"),
        ("candidates", ()),
        ("candidates", (0.0,)),
        ("train_images", -1),
        ("cell_px", 5),
        ("components", 0),
        ("trees", 0),
    ],
)
def test_what_cannot_be_fitted_is_refused(field, value):
    with pytest.raises(RecipeError, match=f"field {field} must be .* Received"):
        QUICK.replace(**{field: value})


@pytest.mark.parametrize("name", BASELINES)
def test_each_named_baseline_round_trips_and_has_a_card(name):
    baseline = load_baseline(name)
    assert baseline.name == name
    assert Baseline.from_json(json.loads(json.dumps(baseline.to_json()))) == baseline
    assert f"fer baseline {name} --data" in BASELINES[name].__doc__


def test_an_unknown_baseline_or_field_is_named():
    with pytest.raises(RecipeError, match=r"no baseline 'svm'.*hog-forest"):
        load_baseline("svm")
    with pytest.raises(RecipeError, match=r"not whole.*'depth'"):
        Baseline.from_json(QUICK.to_json() | {"depth": 3})


def test_the_command_leaves_a_whole_run(models, splits, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(BASELINES, "quick", lambda: QUICK)
    csv = write_fer2013_csv(tmp_path / "fer2013.csv", splits)
    assert cli.main(["baseline", "quick", "--data", str(csv), "--name", "mine"]) == 0
    out, err = capsys.readouterr()
    assert "mine: a baseline" in out
    assert err.count("candidate") == 2
    run = load_run("mine")
    assert not run.has_network
    assert {file.name for file in run.path.iterdir()} == {*runs.WHOLE_BASELINE, runs.EMBEDDING}
    assert run.metrics == runs.compute_metrics(run)
    assert run.config == QUICK.replace(name="mine")
    assert run.provenance["command"] == "python -m fer_core baseline quick --data PATH --name mine"
    assert {"scikit-learn", "numpy"} < set(run.provenance["versions"])
    assert run.provenance["chosen"] in QUICK.candidates
    assert (run.path / runs.CARD).read_text(encoding="utf-8") == write_card(run)
    with pytest.raises(RunError, match="finished already"):
        fit_run(QUICK.replace(name="mine"), splits)


def test_baselines_lists_each_card(capsys):
    assert cli.main(["baselines"]) == 0
    assert "Dalal and Triggs" in capsys.readouterr().out


@pytest.fixture
def beside(models):
    """A baseline that is better than the network beside it."""
    network = write_run(models, "network", tflite=b"", seed=4)
    return network, write_baseline(models, "classic", seed=0)


def test_a_baseline_is_listed_but_never_used(beside):
    network, baseline = beside
    assert [run.name for run in list_runs()] == ["classic", "network"]
    assert list_networks() == [network]
    assert best_run() == network
    with pytest.raises(RunError, match=r"'classic' is a baseline's.*Name a network"):
        Recognizer("classic")
    with pytest.raises(RunError, match=r"Only the run of a network has one.*'classic', a baseline"):
        evaluate_run(baseline, synthetic_splits())


def test_only_a_baseline_is_no_network(models):
    write_baseline(models, "classic")
    with pytest.raises(RunError, match="no trained network"):
        best_run()


@pytest.mark.parametrize("name", runs.WHOLE_BASELINE)
def test_a_baseline_that_lacks_a_file_is_not_whole(beside, name):
    (beside[1].path / name).unlink()
    with pytest.raises(RunError, match=f"lacks .*{'recipe.json' if name == 'baseline.json' else name}"):
        load_run("classic")


def test_a_broken_baseline_json_is_one_sentence(beside):
    (beside[1].path / "baseline.json").write_text(json.dumps(QUICK.to_json() | {"features": "sift"}))
    with pytest.raises(RunError, match=r"baseline.json holds no baseline: Baseline field features"):
        _ = Run(beside[1].path).config


def test_its_card_and_its_row_say_what_it_is(beside, capsys):
    card = write_card(beside[1])
    assert "A classical baseline" in card
    assert "no model: the command below" in card
    assert "best hyper-parameter: 0.1" in card
    assert "| classifier | logistic |" in card
    row = next(line for line in results_table(list_runs()).splitlines() if "classic" in line)
    assert row.split(" | ")[1] == "–"
    assert cli.main(["runs"]) == 0
    assert "a baseline" in capsys.readouterr().out

"""The embedding that is stored with a run: computed once, held to the predictions, never wrong."""

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.errors import RunError
from fer_core.evaluation.error_analysis import project
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.embedding import project_run
from fer_core.experiments.run_files import EMBEDDING
from fer_core.experiments.runs import Run, check_run

SPLITS = (PUBLIC_TEST, PRIVATE_TEST)


def replace(run, split, **arrays):
    evaluation = run.evaluation(split)
    run.save_evaluations(Evaluation(split=split, **(evaluation.arrays | arrays)))


@pytest.mark.parametrize("split", SPLITS)
def test_a_trained_run_has_it(run_copy, split):
    stored = run_copy.embedding(split)
    assert stored.shape == (len(run_copy.evaluation(split).labels), 2)
    np.testing.assert_allclose(stored, project(run_copy.evaluation(split), "t-SNE"), rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(project_run(run_copy, split, "t-SNE"), stored)
    np.testing.assert_array_equal(
        project_run(run_copy, split, "PCA"), project(run_copy.evaluation(split), "PCA")
    )


def test_that_of_other_predictions_is_never_shown(run_copy):
    features = run_copy.evaluation(PUBLIC_TEST).features
    replace(run_copy, PUBLIC_TEST, features=features[::-1].copy())
    assert run_copy.embedding(PUBLIC_TEST) is None
    assert run_copy.embedding(PRIVATE_TEST) is not None
    again = project(run_copy.evaluation(PUBLIC_TEST), "t-SNE")
    np.testing.assert_allclose(project_run(run_copy, PUBLIC_TEST, "t-SNE"), again)


def test_an_older_run_gets_it_by_a_command(run_copy, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(run_copy.path.parent))
    before = {split: run_copy.embedding(split) for split in SPLITS}
    (run_copy.path / EMBEDDING).unlink()
    check_run(run_copy)
    assert run_copy.embedding(PUBLIC_TEST) is None
    assert cli.main(["embed", run_copy.name]) == 0
    for split in SPLITS:
        np.testing.assert_array_equal(Run(run_copy.path).embedding(split), before[split])


@pytest.mark.parametrize("points", [np.zeros((3, 2)), np.full((140, 2), np.nan)])
def test_a_damaged_one_is_one_sentence(run_copy, points):
    run_copy.save_embedding({PUBLIC_TEST: points})
    with pytest.raises(RunError, match=r"embedding.npz must hold \(\d+, 2\) numbers of PublicTest"):
        check_run(run_copy)

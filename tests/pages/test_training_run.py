"""The Training page of a finished run: its teachers, its best epoch, its model summary."""

import pytest

from fer_core.experiments.runs import DISTILLATION_LOSS, HISTORY_COLUMNS, SUMMARY
from fer_core.networks.summary import Layer, Summary, write_summary
from tests.finished_runs import write_run
from tests.pages.test_pages import TRAINING, charts_of, complaints, texts, visit


@pytest.fixture
def finished(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    return write_run(tmp_path, "done", tflite=b"", seed=1)


def names(app):
    return {trace.get("name") for trace in charts_of(app)[0]["data"]}


def test_what_a_teacher_costs_is_drawn_apart(finished):
    history = {**finished.history, DISTILLATION_LOSS: [3.0] * len(finished.history["epoch"])}
    finished.save_history(
        [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)]
    )
    finished.save_config(finished.recipe.replace(teacher="one+other", distillation_weight=0.8))
    app = visit(TRAINING)
    assert complaints(app) == []
    assert "Distillation loss" in [each.value for each in app.subheader]
    assert any("distilled from one and other. Distillation loss:" in each.value for each in app.caption)
    assert not any("training loss includes" in each.value for each in app.caption)


def test_what_a_teacher_does_to_the_loss_is_said(finished):
    assert "is distilled from" not in texts(visit(TRAINING), "caption")
    taught = finished.recipe.replace(teacher="elder", distillation_weight=0.5)
    finished.save_config(taught)
    assert f"{finished.name} is distilled from elder:" in texts(visit(TRAINING), "caption")
    finished.save_config(taught.replace(teacher="elder+other+third"))
    app = visit(TRAINING)
    caption = texts(app, "caption")
    assert "is distilled from elder, other and third:" in caption
    assert "the distance to their predictions, so" in caption
    assert "elder, other and third" in app.table[0].value.to_string()


def test_the_best_epoch_is_best_in_what_the_recipe_monitors(finished):
    """Accuracy is highest at the first of three epochs, loss lowest at the second."""
    rows = [dict.fromkeys(HISTORY_COLUMNS, 0.1 * at) | {"epoch": at} for at in (1, 2, 3)]
    rows[0]["val_accuracy"], rows[1]["val_loss"] = 0.9, 0.05
    finished.save_history(rows)
    finished.save_provenance(finished.provenance | {"epochs": 3, "best_epoch": 3})
    said = {"val_accuracy": "highest validation accuracy", "val_loss": "lowest validation loss"}
    for epoch, (monitor, why) in enumerate((said | {"epoch": "last epoch"}).items(), 1):
        finished.save_config(finished.recipe.replace(monitor=monitor))
        app = visit(TRAINING)
        assert (app.metric[0].value, why in app.metric[0].help) == (f"{epoch} of 3", True)
        assert f"best epoch ({epoch})" in names(app)


def test_the_model_summary_has_headings(finished):
    summary = Summary((Layer("dense", "Dense", (7,), 32, 21), Layer("relu", "ReLU", (7,), 0, 0)))
    write_summary(finished.path / SUMMARY, summary)
    app = visit(TRAINING)
    assert (complaints(app), "**2 layers**, **32 parameters**" in texts(app, "markdown")) == ([], True)
    table = app.dataframe[0].value
    assert list(table) == ["Layer", "Type", "Output shape", "Parameters", "MACs"]
    assert list(table.iloc[0]) == ["dense", "Dense", "7", 32, 21]


def test_a_run_without_a_summary_says_how_to_make_it(finished):
    app = visit(TRAINING)
    assert (complaints(app), "no model summary yet" in texts(app, "info")) == ([], True)
    assert f"python -m fer_core summary {finished.name}" in texts(app, "code")


@pytest.mark.parametrize("text", ["", "{}", '{"layers": [{"name": "a"}]}', '{"layers": 3}'])
def test_a_broken_summary_is_one_sentence(finished, text):
    (finished.path / SUMMARY).write_text(text)
    app = visit(TRAINING)
    assert "summary.json" in texts(app, "info")
    assert [*complaints(app), *app.dataframe] == []

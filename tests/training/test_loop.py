"""Training: it learns, repeats itself, and resumes as if it had not stopped."""

import keras
import numpy as np
import pytest

from fer_core.datasets import TRAINING, Dataset
from fer_core.errors import DataError, RecipeError, RunError
from fer_core.training import checkpoints, epoch_data, loop
from fer_core.training.augmentation import Augmentation
from fer_core.training.epoch_data import EpochData
from fer_core.training.loop import train
from tests.synthetic import synthetic_splits

EPOCHS = 3


class StoppedError(Exception):
    """A kill, from inside a callback."""


@pytest.fixture(scope="module")
def splits():
    return synthetic_splits(16, 6, 6)


@pytest.fixture(scope="module")
def recipe(tiny):
    return tiny.replace(epochs=EPOCHS, batch_size=16)


def run(recipe, splits, checkpoint, **options):
    return train(
        recipe,
        train=splits["Training"],
        validation=splits["PublicTest"],
        checkpoint=checkpoint,
        **options,
    )


@pytest.fixture(scope="module")
def uninterrupted(recipe, splits, tmp_path_factory):
    """The network, its progress, and the checkpoint that it left."""
    checkpoint = tmp_path_factory.mktemp("uninterrupted") / "checkpoint.npz"
    return *run(recipe, splits, checkpoint), checkpoint


def interrupt(recipe, splits, checkpoint, *, epoch, step):
    """Stop after this batch of this epoch, both counted from 1; the epoch's end is step 0 of the next."""
    done = []

    def on_step(at, steps):
        if (len(done) + 1, at) == (epoch, step):
            raise StoppedError

    def on_epoch(history):
        done.append(history[-1])
        if (len(done) + 1, 0) == (epoch, step):
            raise StoppedError

    with pytest.raises(StoppedError):
        run(recipe, splits, checkpoint, on_step=on_step, on_epoch=on_epoch)
    return done


def without_seconds(history):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


def test_a_network_learns_drawn_faces(trained_run):
    """Chance is 1/7; ten seeds ended between 0.89 and 0.94, so 0.7 leaves room for other machines."""
    history = trained_run.history
    assert max(history["val_accuracy"]) > 0.7
    assert history["val_loss"][-1] < 0.7 * history["val_loss"][0]
    assert history["loss"][-1] < history["loss"][0]


# In the middle of an epoch (which is begun again), and between two.
@pytest.mark.parametrize("stop", [{"epoch": 2, "step": 3}, {"epoch": 3, "step": 0}])
def test_an_interrupted_run_resumes_as_if_it_had_not_stopped(recipe, splits, uninterrupted, tmp_path, stop):
    checkpoint = tmp_path / "checkpoint.npz"
    before = interrupt(recipe, splits, checkpoint, **stop)
    assert len(before) == stop["epoch"] - 1
    network, progress = run(recipe, splits, checkpoint, resume=True)
    whole_network, whole, _ = uninterrupted
    assert without_seconds(before) == without_seconds(whole.history[: len(before)])  # a recipe repeats itself
    assert without_seconds(progress.history) == without_seconds(whole.history)
    for resumed, expected in zip(network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_array_equal(resumed, expected)


def test_another_seed_is_another_run(recipe, splits, uninterrupted, tmp_path):
    done = interrupt(recipe.replace(seed=1), splits, tmp_path / "checkpoint.npz", epoch=2, step=0)
    assert done[0]["loss"] != uninterrupted[1].history[0]["loss"]


def test_an_epochs_seconds_are_those_of_its_validation_too(recipe, splits, tmp_path, monkeypatch):
    now, validate = [0.0], loop._validate

    def slow_validate(*given):
        now[0] += 7
        return validate(*given)

    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(loop, "_validate", slow_validate)
    assert interrupt(recipe, splits, tmp_path / "checkpoint.npz", epoch=2, step=0)[0]["seconds"] == 7


def test_a_training_that_has_ended_is_not_gone_on_with(recipe, splits, uninterrupted, monkeypatch):
    whole_network, whole, checkpoint = uninterrupted
    monkeypatch.setattr(loop, "_learn", lambda *_: pytest.fail("trained again"))
    network, progress = run(recipe, splits, checkpoint, resume=True)
    assert progress.history == whole.history
    np.testing.assert_array_equal(network.get_weights()[0], whole_network.get_weights()[0])


def test_what_comes_back_is_the_best_epoch_in_float32(splits, uninterrupted):
    network, progress, _ = uninterrupted
    validation = splits["PublicTest"]
    best = max(row["val_accuracy"] for row in progress.history)
    logits = epoch_data.predict_logits(network, validation.images)
    assert (logits.argmax(axis=1) == validation.labels).mean() == pytest.approx(best)
    assert {layer.compute_dtype for layer in network.layers[1:]} == {"float32"}
    assert not hasattr(network, "optimizer") or network.optimizer is None


def test_a_history_row_holds_what_history_csv_shows(uninterrupted):
    from fer_core.experiments.runs import HISTORY_COLUMNS

    rows = uninterrupted[1].history
    assert [set(row) for row in rows] == [set(HISTORY_COLUMNS)] * EPOCHS
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert all(type(value) in (int, float) for row in rows for value in row.values())


def test_steps_are_reported_for_a_progress_bar(recipe, splits, tmp_path):
    steps = []
    run(
        recipe.replace(epochs=1),
        splits,
        tmp_path / "checkpoint.npz",
        on_step=lambda *step: steps.append(step),
    )
    assert steps == [(step, 7) for step in range(1, 8)]  # 16 x 7 faces in batches of 16


def test_mixed_precision_trains_and_ends_in_float32(recipe, splits, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "precision_here", lambda architecture: "mixed_bfloat16")
    before = keras.config.dtype_policy()
    mixed = recipe.replace(epochs=1, optimizer="sgd", learning_rate=0.05)
    network, progress = run(mixed, splits, tmp_path / "checkpoint.npz")
    assert keras.config.dtype_policy() == before
    assert {layer.compute_dtype for layer in network.layers[1:]} == {"float32"}
    assert np.isfinite(progress.history[0]["val_loss"])


@pytest.mark.parametrize("place", ["train", "validation"])
def test_private_test_trains_and_chooses_nothing(recipe, splits, tmp_path, place):
    chosen = {"train": splits["Training"], "validation": splits["PublicTest"]}
    chosen[place] = splits["PrivateTest"]
    with pytest.raises(DataError, match="PrivateTest is for the final evaluation alone"):
        train(recipe, **chosen, checkpoint=tmp_path / "checkpoint.npz")


def test_images_that_fill_no_batch_are_refused(recipe, splits, tmp_path):
    with pytest.raises(DataError, match=r"One batch takes 113 images\. Received: 112"):
        run(recipe.replace(batch_size=113), splits, tmp_path / "checkpoint.npz")


def test_a_checkpoint_of_another_recipe_is_refused_by_the_names_of_its_fields(recipe, splits, tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    checkpoints.save(checkpoint, recipe, [], {})
    with pytest.raises(RunError, match=r"another recipe: dropout was 0\.1, now 0\.2, seed was 0, now 3\."):
        run(recipe.replace(seed=3, dropout=0.2), splits, checkpoint, resume=True)


@pytest.mark.parametrize("weights", [[], [np.zeros(3)], None], ids=["none", "other", "absent"])
def test_a_checkpoint_of_another_network_is_refused(recipe, splits, tmp_path, weights):
    checkpoint = tmp_path / "checkpoint.npz"
    state = {} if weights is None else {"weights": weights, "optimizer": [], "best": []}
    checkpoints.save(checkpoint, recipe, [], state)
    with pytest.raises(RunError, match=r"does not fit the network.*Delete it to start anew\.$"):
        run(recipe, splits, checkpoint, resume=True)


def test_blank_images_are_left_out():
    images = np.zeros((4, 48, 48), np.uint8)
    images[[1, 3], 0, 0] = 1  # one pixel is enough to be an image
    rows = np.arange(10, 14)
    groups = np.array(list("abcd"))
    dataset = Dataset(images, np.array([0, 1, 2, 3], np.uint8), rows, TRAINING, "Four", groups)
    seen = loop.without_blank(dataset)
    assert (seen.labels.tolist(), seen.rows.tolist(), seen.groups.tolist()) == ([1, 3], [11, 13], ["b", "d"])
    assert (seen.split, seen.name) == (TRAINING, "Four")


def test_blank_images_fill_no_batch(recipe, splits, tmp_path):
    data = splits["Training"]
    images = data.images.copy()
    images[:2] = 0
    blank = Dataset(images, data.labels, data.rows, TRAINING)
    options = {"validation": splits["PublicTest"], "checkpoint": tmp_path / "checkpoint.npz"}
    with pytest.raises(DataError, match=r"One batch takes 112 images\. Received: 110"):
        train(recipe.replace(batch_size=112, epochs=1), train=blank, **options)


def test_rare_emotions_weigh_more(recipe, splits):
    keep = np.flatnonzero((splits["Training"].labels != 1) | (np.arange(112) < 28))  # a quarter of disgust
    data = splits["Training"]
    rare = Dataset(data.images[keep], data.labels[keep], data.rows[keep], TRAINING)
    shown = EpochData(recipe, rare)
    one_hot, weights = shown.targets, shown.weights
    assert one_hot.argmax(axis=1).tolist() == rare.labels.tolist()
    assert weights[rare.labels == 1] == pytest.approx(4 * weights[rare.labels == 0][0])
    assert weights.mean() == pytest.approx(1.0)
    assert (EpochData(recipe.replace(class_weights=False), rare).weights == 1).all()


def test_weights_reach_the_loss(recipe, splits, tmp_path, monkeypatch):
    monkeypatch.setattr(epoch_data, "class_weights", lambda labels: np.zeros(7))
    _, progress = run(recipe.replace(epochs=1), splits, tmp_path / "checkpoint.npz")
    assert progress.history[0]["loss"] == 0


def test_averaged_and_mixed_it_still_resumes_bit_for_bit(recipe, splits, uninterrupted, tmp_path):
    """The newest weights go on, the averaged ones are judged: neither may be lost by an interruption."""
    averaged = recipe.replace(ema=0.9, mixup=0.2, cutmix=1.0)
    network, progress = run(averaged, splits, tmp_path / "whole.npz")
    interrupt(averaged, splits, tmp_path / "cut.npz", epoch=3, step=0)
    resumed, again = run(averaged, splits, tmp_path / "cut.npz", resume=True)
    columns = ("loss", "val_loss", "val_accuracy")
    assert [[row[c] for c in columns] for row in again.history] == [
        [row[c] for c in columns] for row in progress.history
    ]
    for one, other in zip(network.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_the_network_has_predicted_outlives_an_interruption(recipe, splits, tmp_path, monkeypatch):
    """Its predictions after the second epoch count in the third, whether it was interrupted or not."""
    monkeypatch.setattr(loop, "SELF_DISTILLED_EVERY", 2)
    learning = recipe.replace(ema=0.9, self_distillation=1.0, patience=0)
    _, progress = run(learning, splits, tmp_path / "whole.npz")
    interrupt(learning, splits, tmp_path / "cut.npz", epoch=3, step=0)
    _, again = run(learning, splits, tmp_path / "cut.npz", resume=True)
    assert [row["loss"] for row in again.history] == [row["loss"] for row in progress.history]
    _, labels_alone = run(learning.replace(self_distillation=0.0), splits, tmp_path / "labels.npz")
    losses = [[row["loss"] for row in each.history] for each in (progress, labels_alone)]
    assert losses[0][:2] == losses[1][:2]
    assert losses[0][2] != losses[1][2]


def test_small_images_grow_and_it_still_resumes_bit_for_bit(recipe, splits, tmp_path, monkeypatch):
    growing = recipe.replace(architecture="strided", first_px=32, mixup=0.4, erasing=0.1)
    sides = []
    monkeypatch.setattr(Augmentation, "_erase", lambda layer, pixels: sides.append(pixels.shape[1]) or pixels)
    _, progress = run(growing, splits, tmp_path / "whole.npz")
    assert sorted(set(sides)) == [32, 40, 48]
    interrupt(growing, splits, tmp_path / "cut.npz", epoch=3, step=0)
    _, again = run(growing, splits, tmp_path / "cut.npz", resume=True)
    assert [row["loss"] for row in again.history] == [row["loss"] for row in progress.history]


def test_the_average_is_judged_and_the_newest_weights_go_on(recipe, splits, tmp_path):
    """An average that moves by a millionth a step stays where it began; the training itself must not."""
    _, progress = run(recipe.replace(ema=0.999999, patience=0), splits, tmp_path / "c.npz")
    _, plain = run(recipe.replace(patience=0), splits, tmp_path / "d.npz")
    assert [row["loss"] for row in progress.history] == [row["loss"] for row in plain.history]
    assert progress.history[-1]["val_loss"] != plain.history[-1]["val_loss"]


@pytest.mark.parametrize("field", [{"start": "x"}, {"teacher": "x", "distillation_weight": 0.5}])
def test_what_a_recipe_needs_is_given_or_nothing_is_trained(recipe, splits, tmp_path, field):
    name = next(iter(field))
    with pytest.raises(RecipeError, match=rf"tiny needs its {name}, 'x', which only `fer train` loads\."):
        run(recipe.replace(**field), splits, tmp_path / "checkpoint.npz")


def test_a_start_is_adapted_to_what_is_seen_and_not_asked_for_again(recipe, splits, tmp_path, monkeypatch):
    calls = []
    adapt = loop.adapt_statistics
    monkeypatch.setattr(
        loop, "adapt_statistics", lambda *given: calls.append(given[1].shape) or adapt(*given)
    )
    started = recipe.replace(start="somewhere", epochs=2)
    start = lambda network: calls.append(network.name)  # noqa: E731
    with pytest.raises(StoppedError):
        run(started, splits, tmp_path / "c.npz", start=start, on_epoch=lambda history: stop())
    assert calls == ["tiny", (112, 48, 48, 1)]
    _, progress = run(started, splits, tmp_path / "c.npz", resume=True)
    assert len(progress.history) == 2
    assert len(calls) == 2


def stop():
    raise StoppedError

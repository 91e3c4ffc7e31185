"""The Errors page, acting on what it shows: from image to image, new labels, tags and notes, all kept."""

import numpy as np
import pytest

from fer_core.datasets import PRIVATE_TEST, drawn_splits
from fer_core.datasets.label_corrections import LabelCorrection, load_corrections
from pages.parts import connect
from tests.pages.test_pages import address, complaints, texts, visit

ERRORS = "pages/6_Errors.py"
FIRST = drawn_splits()[PRIVATE_TEST]


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Where corrections are kept; no FER2013, so the page shows the synthetic faces."""
    monkeypatch.setattr(connect, "FETCHED", tmp_path / "nothing fetched")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FER_LABELS", str(tmp_path / "labels"))
    return tmp_path / "labels"


def press(app, label):
    """Press a button; in the drawer it runs the drawer alone, so the page is run once more."""
    next(each for each in app.button if each.label == label).click().run()
    return app.run()


def cards(app):
    return [each for each in app.button if (each.key or "").startswith("open ") and "near" not in each.key]


def kept(folder):
    (file,) = folder.glob("*.csv")
    return load_corrections(file).lines


def test_the_header_counts_what_is_shown():
    count = int((FIRST.labels == 2).sum())
    assert f"420** {PRIVATE_TEST} images are misclassified" in texts(visit(ERRORS), "markdown")
    app = visit(ERRORS, true="fear")
    assert f"of {count}** {PRIVATE_TEST} images labelled fear are misclassified" in texts(app, "markdown")
    app = visit(ERRORS, true="fear", predicted="surprise")
    assert "images labelled fear are predicted as surprise" in texts(app, "markdown")
    assert f"**{len(cards(app))} of {count}**" in texts(app, "markdown")
    app = visit(ERRORS, predicted="fear")
    assert "images predicted as fear have another label" in texts(app, "markdown")
    app = visit(ERRORS, predicted="fear", duplicates="duplicates")
    assert not complaints(app)
    shown = len(cards(app))
    assert f"**{shown} image{'s' * (shown != 1)}** of them {'is' if shown == 1 else 'are'} shown." in texts(
        app, "markdown"
    )


def test_possible_label_errors_come_with_the_least_probable_label_first_and_say_it():
    app = visit(ERRORS, show="Label errors")
    assert not complaints(app)
    shown = [each.value for each in app.caption if each.value.endswith(" %")]
    shares = [int(text.split()[-2]) for text in shown]
    assert len(shares) == 16
    assert shares == sorted(shares)


def test_next_and_previous_go_through_the_images_in_their_order():
    app = visit(ERRORS)
    first, second = (int(card.key.split()[1]) for card in cards(app)[:2])
    cards(app)[0].click().run()
    assert f"**Row {first}**, 1 of " in texts(app, "markdown")
    assert app.button(key="Previous").disabled
    app.button(key="Next").click().run()
    assert not complaints(app)
    assert f"**Row {second}**, 2 of " in texts(app, "markdown")
    assert address(app)["face"] == [str(second)]
    app.button(key="Previous").click().run()
    assert f"**Row {first}**, 1 of " in texts(app, "markdown")


def test_an_image_that_the_filters_leave_out_opens_and_leads_nowhere():
    app = visit(ERRORS, true="fear", predicted="surprise", face=str(FIRST.rows[0]))
    assert not complaints(app)
    assert app.button(key="Next").disabled
    assert app.button(key="Previous").disabled


def test_a_neighbour_opens():
    app = visit(ERRORS, face=str(FIRST.rows[0]))
    near = [each for each in app.button if (each.key or "").startswith("open near-")]
    assert len(near) == 4
    row = near[0].key.removeprefix("open near-")
    near[0].click().run()
    assert not complaints(app)
    assert f"**Row {row}**" in texts(app, "markdown")


def test_labels_tags_and_notes_are_kept_and_shown_again(folder):
    row, label = int(FIRST.rows[3]), int(FIRST.labels[3])
    app = visit(ERRORS, face=str(row))
    press(app, "▼ sad")
    press(app, "unclear")
    app.text_input(key=f"note-{row}").set_value(" half hidden ").run()
    assert not complaints(app)
    assert kept(folder) == (LabelCorrection(row, label, 4, "half hidden", "unclear"),)
    app = visit(ERRORS, face=str(row), corrections="corrected", true="any")  # another session
    assert app.text_input(key=f"note-{row}").value == "half hidden"
    assert "**Corrections**: 1 new label, 1 tag and 1 note." in texts(app, "markdown")
    press(app, "▼ sad")  # pressed again it is taken back
    press(app, "no face")  # an image has one tag
    assert kept(folder) == (LabelCorrection(row, label, None, "half hidden", "no face"),)
    app.text_input(key=f"note-{row}").set_value("").run()
    press(app, "no face")
    assert kept(folder) == ()


def test_corrected_images_are_marked_and_filtered(folder):
    app = visit(ERRORS)
    row = int(cards(app)[1].key.split()[1])
    cards(app)[1].click().run()
    press(app, "look again")
    app = visit(ERRORS)
    assert ":material/edit: look again" in [each.value for each in app.caption]
    app = visit(ERRORS, corrections="corrected")
    assert [card.key for card in cards(app)] == [f"open {row}"]
    assert "Only images with: a correction, tag or note." in texts(app, "caption")
    app = visit(ERRORS, corrections="not yet")
    assert f"open {row}" not in [card.key for card in cards(app)]


def test_where_strangers_may_come_nothing_is_written(folder, monkeypatch):
    monkeypatch.setenv("FER_PUBLIC", "1")
    app = visit(ERRORS, face=str(FIRST.rows[0]))
    press(app, "▼ sad")
    assert not complaints(app)
    assert "**Corrections**: 1 new label." in texts(app, "markdown")
    assert "Kept until you close this page" in texts(app, "caption")
    assert not folder.exists()
    assert "none yet" in texts(visit(ERRORS), "markdown")


def test_what_cannot_be_written_is_said_and_kept_in_the_session(folder):
    folder.write_text("")  # a file where the folder should be
    app = visit(ERRORS, face=str(FIRST.rows[0]))
    press(app, "▼ sad")
    assert not app.error
    assert "cannot be written" in texts(app, "warning")
    assert "**Corrections**: 1 new label." in texts(app, "markdown")


def test_a_damaged_file_is_said_and_left_as_it_is(folder):
    app = visit(ERRORS, face=str(FIRST.rows[0]))
    press(app, "▼ sad")
    (file,) = folder.glob("*.csv")
    file.write_text("nonsense\n")
    app = visit(ERRORS, face=str(FIRST.rows[0]))
    assert "cannot be read" in texts(app, "warning")
    press(app, "▼ sad")
    assert "**Corrections**: 1 new label." in texts(app, "markdown")
    assert file.read_text() == "nonsense\n"


def test_corrections_are_added_from_a_csv_and_what_does_not_fit_is_one_sentence(folder):
    app = visit(ERRORS)
    head = "row,old label,new label\n"
    for content, sentence in [
        ("a,b\n", "expected the columns row, old label, new label"),
        (f"{head}999999,sad,fear\n", "Received: row 999999"),
    ]:
        app.file_uploader[0].upload("mine.csv", content.encode()).run()
        assert sentence in texts(app, "error")
    row = int(np.flatnonzero(drawn_splits()["Training"].labels == 3)[0])
    app.file_uploader[0].upload("mine.csv", f"{head}{row},happy,fear\n".encode()).run()
    assert not complaints(app)
    assert kept(folder) == (LabelCorrection(row, 3, 2),)
    press(app, "Remove all")
    assert kept(folder) == ()


def test_training_images_are_predicted_so_that_their_labels_can_be_corrected(folder):
    data = drawn_splits()["Training"]
    app = visit(ERRORS, split="Training", show="Label errors")
    assert not complaints(app)
    assert "of 2,800** Training labels may be wrong." in texts(app, "markdown")
    assert "The run was trained on these images" in texts(app, "caption")
    row = int(cards(app)[0].key.split()[1])
    cards(app)[0].click().run()
    label = int(data.labels[row])
    app.button(key="say ▼ sad" if label != 4 else "say ● happy").click().run()
    corrected, count = load_corrections(next(folder.glob("*.csv"))).apply(drawn_splits(), "Training")
    assert count == 1
    assert corrected["Training"].labels[row] == (4 if label != 4 else 3)


def test_many_training_images_are_predicted_when_asked_for(monkeypatch):
    monkeypatch.setattr("pages.parts.errors.training_images.AT_ONCE", 100)
    app = visit(ERRORS, split="Training")
    assert not complaints(app)
    assert not cards(app)
    press(app, "Predict 2,800 images")
    assert len(cards(app)) == 16
    app.run()
    assert len(cards(app)) == 16

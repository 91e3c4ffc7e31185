"""Home predicts a photo there and then, and says of the network what its files say."""

import json
import re

import pytest

from pages.parts.frame import HOME
from tests.pages.test_pages import PHOTO, complaints, picture, texts, visit
from tests.tiny_networks import SAMPLES

pytestmark = pytest.mark.usefixtures("network_run")


def shown(app):
    return [image.alt for element in app.get("image") for image in element.proto.imgs]


def test_a_photo_is_predicted_there_and_then_and_goes_along():
    app = visit(HOME.file)
    assert not complaints(app)
    assert not any("two-faces" in alt for alt in shown(app))
    app.file_uploader[0].upload("two-faces.jpg", (SAMPLES / "two-faces.jpg").read_bytes()).run()
    assert not complaints(app)
    assert any(alt.startswith("two-faces.jpg: face 1: ") for alt in shown(app))
    assert "Face 1 of 2" in texts(app, "caption")
    app.switch_page(PHOTO).run()
    assert not complaints(app)
    assert len(app.dataframe[0].value) == 2
    app.switch_page(HOME.file).run()
    assert "Face 1 of 2" in texts(app, "caption")  # and back


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [(b"no picture", "error", "notes.jpg is not a picture"), (picture(), "info", "No face was detected")],
    ids=["text", "wall"],
)
def test_what_shows_no_face_has_its_sentence_and_the_numbers_stay(content, kind, says):
    app = visit(HOME.file)
    app.file_uploader[0].upload("notes.jpg", content).run()
    assert not app.exception
    assert says in texts(app, kind)
    assert app.metric


@pytest.mark.parametrize(
    ("recipe", "facts", "says"),
    [
        ({}, {}, "from random weights."),
        (
            {"start": "other", "teacher": "a+b+c", "distillation_weight": 0.5},
            {},
            "from the weights of other, distilled from 3 networks.",
        ),
        ({}, {"other_images": "VGGFace2"}, "from random weights, pre-trained on VGGFace2."),
    ],
    ids=["alone", "distilled", "pre-trained"],
)
def test_what_the_network_has_seen_is_what_its_files_say(network_run, recipe, facts, says):
    path = network_run.path / "recipe.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | recipe))
    network_run.save_provenance(network_run.provenance | facts)
    app = visit(HOME.file)
    assert not complaints(app)
    said = texts(app, "caption")
    assert "4,321,000 parameters, trained on 28,709 images of FER2013" in said
    assert says in said
    assert not re.search("from scratch", texts(app))

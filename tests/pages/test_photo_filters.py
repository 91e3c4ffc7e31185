"""The filters over the table of many photos: what they leave, and what a URL may say of them."""

import csv
import io

import pytest

from tests.pages.test_pages import complaints, texts
from tests.pages.test_photo import hand_in, predictions, samples, saved, table

pytestmark = pytest.mark.usefixtures("network_run")

__all__ = ["saved"]  # a fixture


def test_filters_leave_what_was_asked_for_and_the_csv_is_what_is_left(saved):
    everybody = predictions()
    emotion = everybody[0][2].emotion.label
    app = hand_in(samples())
    assert len(list(csv.DictReader(io.StringIO(saved["faces.csv"])))) == len(everybody)
    app.multiselect(key="emotions").set_value([emotion]).run()
    kept = [each for each in everybody if each[2].emotion.label == emotion]
    assert list(table(app)["path"]) == [each[0] for each in kept]
    rows = list(csv.DictReader(io.StringIO(saved["faces.csv"])))
    assert [(row["path"], int(row["face"]), row["emotion"]) for row in rows] == [
        (photo, number, emotion) for photo, number, _ in kept
    ]
    app.multiselect(key="emotions").set_value([]).run()
    assert len(table(app)) == len(everybody)


def test_confidence_filters_too(saved):
    everybody = predictions()
    limit = 5 * int(sorted(each[2].confidence for each in everybody)[len(everybody) // 2] * 20)
    app = hand_in(samples())
    app.slider(key="sure").set_value((limit, 100)).run()
    kept = [each for each in everybody if 100 * each[2].confidence >= limit]
    assert len(table(app)) == len(kept)
    app.slider(key="sure").set_value((0, 0)).run()
    assert not app.dataframe
    assert "No face matches" in texts(app, "info")
    assert not list(csv.DictReader(io.StringIO(saved["faces.csv"])))
    assert f"**0 of {len(everybody)} faces**" in texts(app, "markdown")
    assert app.selectbox(key="shown").value == 0  # the photo stays in view


def test_a_url_may_hold_the_filters():
    emotions = sorted({each[2].emotion.label for each in predictions()})[:1]
    app = hand_in(samples(), emotions=emotions, sure=["5", "95"])
    assert not complaints(app)
    assert app.multiselect(key="emotions").value == emotions
    assert app.slider(key="sure").value == (5, 95)
    assert set(table(app)["emotion"].str.split().str[1]) == set(emotions)


@pytest.mark.parametrize(
    "query",
    [
        {"emotions": ["joy", ""], "sure": "x"},
        {"emotions": "joy", "sure": ["-5", "500"]},
        {"sure": ["1", "2", "3"]},
        {"sure": ["100", "0"]},  # the wrong way round is meant well
    ],
    ids=str,
)
def test_what_a_url_says_wrongly_filters_nothing(query):
    app = hand_in(samples(), **query)
    assert not complaints(app)
    assert app.multiselect(key="emotions").value == []
    assert len(table(app)) == len(predictions())

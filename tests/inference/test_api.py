"""The HTTP API over a real socket: every answer is the recognizer's own, every refusal one sentence."""

import contextlib
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from fer_core.inference.face_table import COLUMNS, photo_rows, to_json
from fer_core.inference.recognizer import Recognizer
from tests.picture_files import encode, png_header, progressive
from tests.tiny_networks import SAMPLES

httpx = pytest.importorskip("httpx", reason="httpx is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the extra [api] is not installed")
pytest.importorskip("fastapi_offline", reason="the extra [api] is not installed")
from fer_core.inference.api import create_app  # noqa: E402
from fer_core.inference.api_limits import Limits, Turnstile  # noqa: E402

CLIENTS = 20
SECONDS = 60
LIMITS = Limits(most_mb=0.3, most_megapixels=2, body_seconds=1)
SMALL, BEST = "small", "best"


@pytest.fixture(scope="module")
def recognizers():
    return {name: Recognizer(name) for name in (SMALL, BEST)}


@contextlib.contextmanager
def serving(app):
    """The address at which an application answers, in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(SECONDS)


@pytest.fixture(scope="module")
def address(recognizers):
    with serving(create_app(recognizers, LIMITS)) as address:
        yield address


def send(address, data, path="/predict", **options):
    return httpx.post(f"{address}{path}", content=data, timeout=SECONDS, **options)


@contextlib.contextmanager
def begun(address, data, length):
    """A connection that has sent the first bytes of a photo."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=SECONDS)
    with contextlib.closing(connection) as client:
        client.putrequest("POST", "/predict")
        client.putheader("Content-Length", str(length))
        client.endheaders(data)
        yield client


def photos():
    """Different photos, each of which has its own answer."""
    for path in sorted(SAMPLES.glob("*.jpg")):
        picture = Image.open(path)
        for width in range(300, 440, 20):
            yield encode(picture.resize((width, width * picture.height // picture.width)), "JPEG")


def test_twenty_clients_at_once_each_get_the_right_answer(address, recognizers):
    sent = [*photos()][:CLIENTS]
    expected = [json.loads(to_json(photo_rows("photo", recognizers[SMALL].predict(each)))) for each in sent]
    assert len({json.dumps(rows) for rows in expected}) == CLIENTS
    together = threading.Barrier(CLIENTS)

    def ask(data):
        together.wait(SECONDS)
        return send(address, data)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(ask, sent))
    assert [each.status_code for each in answers] == [200] * CLIENTS
    assert [each.json() for each in answers] == expected


def test_a_form_gives_the_photo_its_name_and_a_run_can_be_named(address, recognizers):
    photo = (SAMPLES / "two-faces.jpg").read_bytes()
    files = {"file": ("holiday.jpg", photo)}
    found = httpx.post(f"{address}/predict", params={"run": BEST}, files=files, timeout=SECONDS).json()
    assert found == json.loads(to_json(photo_rows("holiday.jpg", recognizers[BEST].predict(photo))))
    assert [row["face"] for row in found] == [1, 2]
    assert tuple(found[0]) == COLUMNS


def test_a_photo_without_a_face_has_a_row_that_says_so(address):
    (row,) = send(address, encode(Image.new("RGB", (200, 100)))).json()
    assert row == dict.fromkeys(COLUMNS) | {"path": "photo"}


def test_the_threshold_is_the_recognizers(address):
    photo = (SAMPLES / "two-faces.jpg").read_bytes()
    (row,) = send(address, photo, params={"face_threshold": 0.999}).json()
    assert row["face"] is None


ENCODED = encode(Image.new("RGB", (2000, 1001)))
REFUSALS = {
    "nothing": (b"", {}, 400, "Received: nothing"),
    "no picture": (b"hello, world", {}, 415, "is not a picture. Expected one of JPEG"),
    "too many bytes": (bytes(300_001), {}, 413, "Expected at most 0.3 MB. Received: 0.3 MB"),
    "far too many bytes": (bytes(9_000_000), {}, 413, "Expected at most 0.3 MB. Received: 9.0 MB"),
    "too many pixels": (ENCODED, {}, 413, "Expected at most 2 megapixels. Received: 2000 x 1001"),
    "a bomb": (png_header(1, 90_000_000), {}, 422, "Expected at most 30,000 pixels a side"),
    "a slow bomb": (progressive(scans=200), {}, 422, "takes too long to decode"),
    "damaged": (ENCODED[:100], {}, 413, "megapixels"),
    "cut off": (encode(Image.effect_noise((90, 90), 9))[:900], {}, 422, "damaged or unfinished PNG"),
    "unknown run": (ENCODED, {"run": "nobody"}, 404, "no run 'nobody' here. The runs are: small, best"),
    "threshold": (ENCODED, {"face_threshold": "high"}, 422, 'face_threshold must be a valid number'),
    "threshold of 0": (ENCODED, {"face_threshold": "0"}, 422, 'greater than 0. Received: "0"'),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_cannot_be_answered_is_one_sentence(address, what):
    data, params, status, sentence = REFUSALS[what]
    answer = send(address, data, params=params)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert sentence in answer.json()["error"]
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"a": "1"}, "files": {}, "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"files": {"a": ("a.jpg", b"1"), "b": ("b.jpg", b"2")}},
        {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_a_form_holds_one_file(address, form):
    answer = httpx.post(f"{address}/predict", timeout=SECONDS, **form)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("A form with one file is expected. Received: ")


def test_a_body_without_a_length_is_measured_as_it_comes(address):
    answer = send(address, (bytes(100_000) for _ in range(5)))
    assert answer.status_code == 413
    assert "Received: more." in answer.json()["error"]


def test_a_photo_that_does_not_arrive_is_not_waited_for(address):
    with begun(address, b"a part", 1000) as client:
        answer = client.getresponse()
        assert answer.status == 408
        assert "must arrive within 1 seconds" in json.load(answer)["error"]


def test_other_methods_and_paths_name_what_there_is(address):
    answer = httpx.get(f"{address}/predict")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json() == {"error": "/predict expects POST. Received: GET."}
    answer = httpx.get(f"{address}/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no /nowhere here. Expected one of /predict, /runs")


def test_more_at_once_than_the_limit_are_told_to_come_back(recognizers):
    limits = Limits(workers=1, waiting=0, body_seconds=SECONDS)
    with serving(create_app(recognizers, limits)) as address:
        photo = (SAMPLES / "grace-hopper.jpg").read_bytes()
        with begun(address, photo[:10], len(photo)) as client:  # has the only place until the rest comes
            end = time.monotonic() + SECONDS
            while (answer := send(address, photo)).status_code == 200 and time.monotonic() < end:
                pass  # the other one may not have been heard yet
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert "at most 1 photos at once" in answer.json()["error"]
            client.send(photo[10:])
            assert client.getresponse().status == 200
        assert send(address, photo).status_code == 200


def test_health_runs_metrics_and_the_page(recognizers):
    with serving(create_app(recognizers)) as address:
        assert httpx.get(f"{address}/health").json()["status"] == "ok"
        assert httpx.get(f"{address}/runs").json() == [SMALL, BEST]
        send(address, (SAMPLES / "two-faces.jpg").read_bytes())
        send(address, b"no picture")
        httpx.get(f"{address}/guess")
        text = httpx.get(f"{address}/metrics").text
        for line in (
            "fer_faces_total 2.0",
            'fer_requests_total{path="/predict",status="200"} 1.0',
            'fer_requests_total{path="/predict",status="415"} 1.0',
            'fer_requests_total{path="other",status="404"} 1.0',
            "fer_predictions_in_progress 0.0",
        ):
            assert line in text.splitlines()
        page = httpx.get(f"{address}/docs").text
        assert "http" not in page.replace("http-equiv", "")
        schema = httpx.get(f"{address}/openapi.json").json()["paths"]["/predict"]["post"]
        assert set(schema["requestBody"]["content"]) == {"image/*", "multipart/form-data"}
        row = schema["responses"]["200"]["content"]["application/json"]["schema"]["items"]
        assert tuple(row["properties"]) == COLUMNS


def test_a_default_server_takes_sixty_more_than_its_threads():
    assert Turnstile(Limits(workers=2))._most == 62

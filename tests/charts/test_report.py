"""The report of a run: one file with the card and the charts, in which no text that is not ours is markup."""

import re

import pytest

from fer_core.charts.report import build_report
from fer_core.cli.main import main
from fer_core.experiments.model_card import build_card
from fer_core.experiments.runs import Run
from fer_core.formats import format_accuracy
from tests.finished_runs import write_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    return write_run(tmp_path, "done", tflite=b"", seed=1)


def without_scripts(report):
    return re.sub(r"<script.*?</script>", "", report, flags=re.DOTALL)


def test_it_has_the_card_and_a_chart_of_each_kind(run):
    report = without_scripts(build_report(run))
    assert "<h1>done</h1>" in report
    for section in build_card(run)[1:]:
        assert f"<h2>{section.heading}</h2>" in report
    assert f"<td>{format_accuracy(run.metrics['PrivateTest']['single']['all'])}</td>" in report
    captions = re.findall(r"<figcaption>(\w+)", report)
    assert captions == ["Confusion", "Precision", "Reliability", "Accuracy", "Loss"]


def test_it_asks_no_other_server_for_anything(run):
    report = build_report(run)
    assert not re.findall(r"""<[^>]+\b(?:src|href)=["']?https?:""", without_scripts(report))
    assert not re.findall(r"<script[^>]+src=", report)
    assert len(re.findall(r"plotly\.js v\d", report)) == 1  # its script, once


def test_a_text_that_is_not_ours_is_text(run):
    command = "fer train <img src=x onerror=alert(1)> ![a](https://example.org/a.png)"
    run.save_provenance(run.provenance | {"command": command, "device": "<b>chip</b>"})
    report = without_scripts(build_report(Run(run.path)))
    assert "<img" not in report
    assert "<b>chip" not in report
    assert "&lt;img src=x" in report


def test_the_command_writes_it(run, tmp_path, capsys):
    path = tmp_path / "report.html"
    assert main(["report", "done", "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"The report of done is {path}.\n"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["report", "done", "--output", str(tmp_path / "missing" / "report.html")]) == 1
    assert "missing" in capsys.readouterr().err

"""The model card of a run: README.md, a function of its recipe, provenance and metrics.

Mitchell et al., "Model Cards for Model Reporting", 2019, arXiv:1810.03993.
"""

from typing import Any

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.datasets.drawn import NAME
from fer_core.emotions import EMOTION_LABELS
from fer_core.evaluation.metrics import calibration_errors_by_chance
from fer_core.experiments.runs import Run
from fer_core.formats import format_accuracy, format_macro_f1, format_percent, format_seconds

USE = """## What it is for, and what not

It reads the expression of a face in a photo as one of seven words, for teaching, research and play.
**An expression is not an emotion**: what a face shows does not tell what a person feels (Barrett et al.
2019). Do not use it to judge people: not at work, at school, in hiring, lending, policing or health. In the
European Union, inferring emotions at work and in education is prohibited (AI Act, Article 5(1)(f)). It
identifies nobody.
"""
LIMITS = """
## Known limits

- FER2013 was gathered by web search for emotion words; its labels are crowd opinions. FER+ voters agree
  with the label on about two faces in three, so no network can be right about all of them.
- Posed and exaggerated faces, web photos of the years before 2013, unknown shares of age, sex, skin colour
  and culture: expect lower accuracy on people who are rare there. Nobody has measured it for this network.
"""
DRAWN_LIMITS = """
## Known limits

- It has seen faces drawn by code alone and cannot read a photo; its numbers say nothing about real faces.
- The drawings are hard on purpose: expressions fade, and one label in twelve names another emotion.
"""


def write_card(run: Run) -> str:
    """The card as Markdown; the same run always gives the same text."""
    limits = DRAWN_LIMITS if _data_name(run) == NAME else LIMITS
    if not run.has_network:
        limits = limits.replace("this network", "this baseline")
    parts = [
        _heading(run),
        _scores(run),
        _emotions(run),
        _training(run),
        USE + limits + _twins(run),
        _recipe(run),
    ]
    return "\n".join(parts)


def results_table(runs: list[Run]) -> str:
    """The README's table: PrivateTest, a row a run, in the order given."""
    lines = [
        "| run | parameters | accuracy, single view (95% interval) | with its mirror image | twin-free faces "
        "| macro-F1 | ECE | trained in |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        views, facts = run.metrics[PRIVATE_TEST], run.provenance
        other = facts.get("other_images")
        single = views["single"]["all"]
        cells = [
            f"[`{run.name}`](models/{run.name}/README.md)" + (f", from {other}" if other else ""),
            f"{facts['parameters']:,}" if run.has_network else "–",
            f"**{format_accuracy(single)}**",
            format_accuracy(views["flip"]["all"]),
            format_accuracy(views["single"]["twin_free"]),
            format_macro_f1(single),
            f"{single['ece']:.3f}",
            f"{format_seconds(facts['seconds'])}, {facts['device']}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _data_name(run: Run) -> str:
    """What the data set was called that the run learnt from."""
    return str(next(iter(run.provenance["data"].values()))["name"])


def _heading(run: Run) -> str:
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    split = (
        "FER2013's PrivateTest" if _data_name(run) == "FER2013" else f"the PrivateTest of {_data_name(run)}"
    )
    right = f"**{format_accuracy(scores)}** of {split} (n = {scores['count']:,}, 95% interval)"
    if run.has_network:
        what = (
            f"A network that reads facial expressions: {right}, {run.provenance['parameters']:,} parameters."
        )
    else:
        what = (
            f"A classical baseline, to measure the networks against: {right}. The folder holds its answers "
            "and no model to run: the command below fits it anew."
        )
    return (
        f"# {run.name}\n\n{what}\n\nThis card is generated from the run's files; no number in it was typed.\n"
    )


def _scores(run: Run) -> str:
    lines = [
        "## Results\n",
        "| split | view | faces | n | accuracy (95% interval) | macro-F1 | log loss | ECE |",
        "|---|---|---|---|---|---|---|---|",
    ]
    subsets = {"all": "all", "twin_free": "without twins"}
    for split in (PRIVATE_TEST, PUBLIC_TEST):
        for view in ("single", "flip"):
            for subset, name in subsets.items():
                lines.append(_score_row(split, view, name, run.metrics[split][view][subset]))
    lines.append(
        f"\nSingle: the face as it is. Flip: averaged with its mirror image. PublicTest chose {_chosen(run)}"
        f", so its numbers flatter; PrivateTest chose nothing. {_chance(run)}\n"
    )
    return "\n".join(lines)


def _chance(run: Run) -> str:
    """What a calibration error is to be held to, which is not 0."""
    evaluation, said = run.evaluation(PRIVATE_TEST), []
    for view in ("single", "flip"):
        errors = calibration_errors_by_chance(evaluation.view(view))
        share = (errors >= run.metrics[PRIVATE_TEST][view]["all"]["ece"]).mean()
        said.append(f"{view} {errors.mean():.3f}, as much or more in {format_percent(share)} of draws")
    return (
        f"ECE of all of PrivateTest by chance alone, were every confidence exactly right: {'; '.join(said)}."
    )


def _chosen(run: Run) -> str:
    if not run.has_network:
        return "the hyper-parameter and the calibration"
    return "the calibration" if run.recipe.monitor == "epoch" else "the epoch and the calibration"


def _score_row(split: str, view: str, subset: str, scores: dict[str, Any]) -> str:
    return (
        f"| {split} | {view} | {subset} | {scores['count']:,} | {format_accuracy(scores)} "
        f"| {format_macro_f1(scores, digits=2)} | {scores['log_loss']:.3f} | {scores['ece']:.3f} |"
    )


def _emotions(run: Run) -> str:
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    lines = ["## Each emotion (PrivateTest, single view)\n", "| emotion | n | precision | recall | F1 |"]
    lines.append("|---|---|---|---|---|")
    for index, label in enumerate(EMOTION_LABELS):
        shares = " | ".join(format_percent(scores[key][index]) for key in ("precision", "recall", "f1"))
        lines.append(f"| {label} | {scores['support'][index]} | {shares} |")
    return "\n".join(lines) + "\n"


def _twins(run: Run) -> str:
    scores = run.metrics[PRIVATE_TEST]["single"]
    count, twin_free = scores["all"]["count"], scores["twin_free"]["count"]
    return (
        f"- {count - twin_free:,} of {count:,} PrivateTest faces have a pixel-identical twin in Training or "
        'PublicTest: see the rows "without twins".\n'
    )


def _training(run: Run) -> str:
    facts = run.provenance
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    counts = ", ".join(f"{split} {data['count']:,}" for split, data in facts["data"].items())
    took, learner = f"{format_seconds(facts['seconds'])} on {facts['device']}", "network"
    took += f", in {facts['precision']}" if "precision" in facts else ""
    if run.has_network:
        took = f"{facts['epochs']} epochs in {took}; epoch {facts['best_epoch']} was kept"
    else:
        took, learner = f"fitted in {took}; of the candidates, {facts['chosen']:g} was kept", "baseline"
    taught, other = "Training alone", facts.get("other_images")
    if other:
        taught = f"Training, and from {other}, whose pictures are other than FER2013's: it started from "
        taught += "weights learnt there, or from a network that did"
    return (
        "## Where it comes from\n\n"
        f"- Command: `{facts['command']}` (seed {facts['seed']}, commit `{facts['commit']}`)\n"
        f"- Time: {took}\n"
        f"- Data: {_data_name(run)} ({counts}); the {learner} learnt from {taught}\n"
        f"- Calibration: {_calibration(run)}\n"
        f"- Versions: {versions}\n"
    )


def _calibration(run: Run) -> str:
    """Its numbers; until 0.22 a run had a temperature alone."""
    facts, calibration = run.provenance, run.calibration
    power = f", power {calibration.power:.4f}" if "power" in facts else ""
    later = ""
    if "calibrated_at" in facts:
        command = f"python -m fer_core calibrate {run.name} --data PATH"
        later = f", later, by `{command}` (commit `{facts['calibrated_at']}`)"
    return f"temperature {calibration.temperature:.4f}{power}, fitted on PublicTest{later}"


def _recipe(run: Run) -> str:
    lines = ["## Recipe\n", "| field | value |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in run.asked.to_json().items()]
    return "\n".join(lines) + "\n"

"""The model card of a run, from its recipe, provenance and metrics: as README.md, and on the About page.

Mitchell et al., "Model Cards for Model Reporting", 2019, arXiv:1810.03993.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.datasets.drawn import NAME
from fer_core.emotions import EMOTION_LABELS
from fer_core.evaluation.metrics import calibration_errors_by_chance
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_accuracy, format_macro_f1, format_percent, format_seconds

RECIPE, USE = "Recipe", "Intended use"
USE_TEXT = """\
It classifies the expression of a face in a photo as one of seven words, for teaching, research and play.
**An expression is not an emotion**: what a face shows does not tell what a person feels (Barrett et al.
2019). Do not use it to judge people: not at work, at school, in hiring, lending, policing or health. In the
European Union, inferring emotions at work and in education is prohibited (AI Act, Article 5(1)(f)). It
identifies nobody."""
LIMITATIONS = """\
- FER2013 was collected by web search for emotion words, and its labels are opinions. For about
  one image in three another emotion has the most FER+ votes, so no classifier can be right about all of
  them.
- Many faces are posed or exaggerated, all are from web pages of before 2013, and the shares of age, sex,
  skin colour and culture are unknown. Expect lower accuracy for people who are rare there; it has not been
  measured."""
DRAWN_LIMITATIONS = """\
- It was trained on faces drawn by code and cannot classify a photo; its numbers say nothing about real faces.
- The drawings are hard on purpose: expressions fade, and one label in twelve is wrong."""


@dataclass(frozen=True)
class Section:
    """A part of a card: its heading, a table as columns of texts or none, and Markdown below it."""

    heading: str
    table: Mapping[str, Sequence[str]] = field(default_factory=dict)
    text: str = ""


def build_card(run: Run) -> list[Section]:
    """The card's parts; the same run always gives the same. The first one's heading is the run's name."""
    return [
        Section(run.name, text=_summary(run)),
        Section("Results", _results(run), _results_notes(run)),
        Section("Per-class metrics (PrivateTest, single view)", _per_class(run)),
        *_robustness(run),
        Section("Provenance", text=_provenance(run)),
        Section(USE, text=USE_TEXT),
        Section("Limitations", text=_limitations(run)),
        Section(RECIPE, _recipe(run)),
    ]


def write_card(run: Run) -> str:
    """The card as Markdown."""
    return format_card(build_card(run))


def format_card(sections: Sequence[Section]) -> str:
    """What ``build_card`` gives, as Markdown."""
    parts = [
        f"{'##' if level else '#'} {section.heading}\n\n{_format_table(section.table)}{section.text}".rstrip()
        for level, section in enumerate(sections)
    ]
    return "\n\n".join(parts) + "\n"


def results_table(runs: Sequence[Run]) -> str:
    """The README's table: PrivateTest, a row a run, in the order given."""
    names = (
        *("run", "parameters", "accuracy, single view (95% interval)", "averaged with the mirror image"),
        *("without duplicates", "macro-F1", "ECE", "training time"),
    )
    rows = [_results_row(run) for run in runs]
    return _format_table({name: [row[index] for row in rows] for index, name in enumerate(names)}).rstrip()


def _format_table(columns: Mapping[str, Sequence[str]]) -> str:
    """Columns of texts as a Markdown table with an empty line below; nothing where there are none."""
    if not columns:
        return ""
    rows = [columns.keys(), ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n\n"


def _results_row(run: Run) -> list[str]:
    views, facts = run.metrics[PRIVATE_TEST], run.provenance
    single, other = views["single"]["all"], _other_images(run)
    return [
        f"[`{run.name}`](models/{run.name}/README.md)" + (f", from {other}" if other else ""),
        f"{facts['parameters']:,}" if run.has_network else "–",
        f"**{format_accuracy(single)}**",
        format_accuracy(views["flip"]["all"]),
        format_accuracy(views["single"]["twin_free"]),
        format_macro_f1(single),
        f"{single['ece']:.3f}",
        f"{format_seconds(facts['seconds'])}, {escape_markdown(facts['device'])}",
    ]


def _data_name(run: Run) -> str:
    """What the data set was called that the run was trained on."""
    return escape_markdown(next(iter(run.provenance["data"].values()))["name"])


def _other_images(run: Run) -> str:
    """Other images than FER2013's that it was pre-trained on; until 0.24 the key was another."""
    return escape_markdown(run.provenance.get("other_images") or run.provenance.get("other_pictures") or "")


def _summary(run: Run) -> str:
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    what = (
        f"A network that classifies facial expressions, with {run.provenance['parameters']:,} parameters."
        if run.has_network
        else "A classical baseline to compare networks with. Its predictions are stored and no model: the "
        "command below fits it again."
    )
    return (
        f"{what} Test accuracy (PrivateTest of {_data_name(run)}, {scores['count']:,} images): "
        f"**{format_accuracy(scores)}**, with the 95 % confidence interval.\n\n"
        "This card is generated from the run's files; no number in it was typed."
    )


def summarize_training(run: Run) -> str:
    """What a network has seen and where it started, in a sentence of Markdown."""
    facts, recipe, other = run.provenance, run.recipe, _other_images(run)
    seen = f"{next(iter(facts['data'].values()))['count']:,} images of {_data_name(run)}"
    start = f"the weights of {escape_markdown(recipe.start)}" if recipe.start else "random weights"
    start += f", pre-trained on {other}" if other else ""
    teachers = len(recipe.teacher.split("+")) if recipe.teacher else 0
    distilled = {0: "", 1: ", distilled from another network"}.get(
        teachers, f", distilled from {teachers} networks"
    )
    distilled += ", with self-distillation" if recipe.self_distillation else ""
    name, size = escape_markdown(run.name), f"{facts['parameters']:,} parameters"
    return f"{name}: {size}, trained on {seen} from {start}{distilled}."


def _results(run: Run) -> dict[str, list[str]]:
    """A row for each split, view and subset; five columns, which is what a phone shows."""
    scores = {
        f"{split}{how}{duplicates}": run.metrics[split][view][subset]
        for split in (PRIVATE_TEST, PUBLIC_TEST)
        for view, how in (("single", ""), ("flip", ", flip"))
        for subset, duplicates in (("all", ""), ("twin_free", ", without duplicates"))
    }
    return {
        "images": [f"{name} (n = {each['count']:,})" for name, each in scores.items()],
        "accuracy (95 % CI)": [format_accuracy(each) for each in scores.values()],
        "macro-F1": [format_macro_f1(each, digits=2) for each in scores.values()],
        "log loss": [f"{each['log_loss']:.3f}" for each in scores.values()],
        "ECE": [f"{each['ece']:.3f}" for each in scores.values()],
    }


def _results_notes(run: Run) -> str:
    selected = "the hyper-parameter and the calibration"
    if run.has_network:
        selected = (
            "the calibration" if run.recipe.monitor == "epoch" else "the best epoch and the calibration"
        )
    single, flip = (_chance(run, view) for view in ("single", "flip"))
    return (
        "- Single view: the image as it is. Flip: the mean of its probabilities and its mirror image's.\n"
        f"- PublicTest was used for model selection ({selected}), so its scores are optimistic; PrivateTest "
        "was not.\n"
        "- Even a perfectly calibrated model would show an ECE on as many images as PrivateTest has: about "
        f"{single} for the single view, and about {flip} for flip."
    )


def _chance(run: Run, view: str) -> str:
    """The ECE of a perfectly calibrated model, and how often it would be as large as this one's."""
    errors = calibration_errors_by_chance(run.evaluation(PRIVATE_TEST).view(view))
    share = (errors >= run.metrics[PRIVATE_TEST][view]["all"]["ece"]).mean()
    return f"{errors.mean():.3f} (at least this model's in {format_percent(share)} of simulations)"


def _per_class(run: Run) -> dict[str, list[str]]:
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    counts = {"emotion": list(EMOTION_LABELS), "n": [f"{count:,}" for count in scores["support"]]}
    shares = {"precision": "precision", "recall": "recall", "F1": "f1"}
    return counts | {name: [format_percent(share) for share in scores[key]] for name, key in shares.items()}


def _robustness(run: Run) -> list[Section]:
    """Accuracy on degraded images, once it was measured: five columns, which is what a phone shows."""
    found = run.robustness
    if found is None:
        return []
    accuracies = [found.accuracies(name) for name in found.correct]
    levels = [f"{each[0]} to {each[-1]}" for each in found.levels.values()]
    table = {"corruption": [f"{name} ({level})" for name, level in zip(found.correct, levels, strict=True)]}
    table |= {f"severity {n}": [format_percent(each[n - 1]) for each in accuracies] for n in (1, 3, 5)}
    table["mean of 5"] = [format_percent(mean) for mean in found.means.values()]
    text = (
        f"{found.split} (n = {found.count:,}), degraded by code in five severities, single view: mean "
        f"accuracy over all **{format_percent(found.mean)}**, {format_percent(found.clean_accuracy)} on the "
        "images as they are. In the spirit of ImageNet-C (Hendrycks and Dietterich 2019)."
    )
    return [Section("Robustness", table, text)]


def _provenance(run: Run) -> str:
    facts, other = run.provenance, _other_images(run)
    took = f"{format_seconds(facts['seconds'])} on {escape_markdown(facts['device'])}"
    took += f", in {escape_markdown(facts['precision'])}" if "precision" in facts else ""
    if run.has_network:
        took = f"{facts['epochs']} epochs in {took}; best epoch: {facts['best_epoch']}"
    else:
        took = f"{took}; best hyper-parameter: {facts['chosen']:g}"
    counts = ", ".join(f"{split} {data['count']:,}" for split, data in facts["data"].items())
    trained = (
        f", from weights that were pre-trained on {other}, or from a network that was" if other else " alone"
    )
    versions = ((escape_markdown(name), escape_markdown(each)) for name, each in facts["versions"].items())
    return (
        f"- Command: {_code(facts['command'])} (seed {facts['seed']}, commit {_code(facts['commit'])})\n"
        f"- Training: {took}\n"
        f"- Data: {_data_name(run)} ({counts}); trained on Training{trained}\n{_corrections(facts)}"
        f"- Calibration: {_calibration(run)}\n"
        f"- Versions: {', '.join(f'{name} {version}' for name, version in versions)}"
    )


def _corrections(facts: Mapping[str, Any]) -> str:
    """The line on corrected labels; nothing where the run learnt from the data's own."""
    if "labels" not in facts:
        return ""
    labels = facts["labels"]
    return f"- Labels: {labels['changed']:,} of Training corrected by a file (SHA-256 `{labels['sha256']}`)\n"


def _code(text: object) -> str:
    """A text that is not ours as code in its line."""
    return f"`{' '.join(str(text).split()).replace('`', chr(39))}`"


def _calibration(run: Run) -> str:
    """Its numbers; until 0.22 a run had a temperature alone."""
    facts, calibration = run.provenance, run.calibration
    power = f", power {calibration.power:.4f}" if "power" in facts else ""
    later = ""
    if "calibrated_at" in facts:
        command = f"python -m fer_core calibrate {run.name} --data PATH"
        later = f", later, by `{command}` (commit {_code(facts['calibrated_at'])})"
    return f"temperature {calibration.temperature:.4f}{power}, fitted on PublicTest{later}"


def _limitations(run: Run) -> str:
    scores = run.metrics[PRIVATE_TEST]["single"]
    count = scores["all"]["count"]
    return (
        f"{DRAWN_LIMITATIONS if _data_name(run) == NAME else LIMITATIONS}\n"
        f"- {count - scores['twin_free']['count']:,} of {count:,} PrivateTest images have an exact duplicate "
        'in Training or PublicTest: see the rows "without duplicates".'
    )


def _recipe(run: Run) -> dict[str, list[str]]:
    fields = run.config.to_json()
    return {"field": list(fields), "value": [str(value) for value in fields.values()]}

"""A run's report: its model card and charts in one HTML file, which prints, and opens without a network."""

from collections.abc import Iterator
from html import escape

from fer_core.charts.confusion import plot_confusion
from fer_core.charts.evaluation import plot_per_emotion, plot_reliability
from fer_core.charts.style import STILL
from fer_core.charts.training import plot_history
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.evaluation.metrics import class_intervals, reliability
from fer_core.experiments.model_card import Section, build_card
from fer_core.experiments.runs import Run
from fer_core.extras import optional

with optional():
    import plotly.graph_objects as go
    from markdown_it import MarkdownIt

STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2430; max-width: 52rem; margin: 2rem auto }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #d7dae0; padding: .3rem .8rem .3rem 0; text-align: left }
code { overflow-wrap: anywhere }
h2, figure { break-after: avoid }
figure { margin: 1rem 0; break-inside: avoid }
figcaption { color: #5a6070 }
@media (max-width: 54rem) { body { margin: 1rem } }
@media print { body { margin: 0; max-width: none } }"""
Chart = tuple[str, go.Figure]  # a caption, and the figure


def build_report(run: Run) -> str:
    """One HTML page: the card's sections, then the charts of its predictions for PrivateTest (single view)
    and of its training. Plotly's script is in it (5 MB), so that no network is needed.

    Raises:
        RunError: if a file of the run cannot be read.
    """
    title = escape(f"{run.name}: report")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    first, *rest = build_card(run)
    parts = [_section(first, "h1"), *(_section(section, "h2") for section in rest), "<h2>Charts</h2>"]
    parts += [_figure(*chart, first=not index) for index, chart in enumerate(_charts(run))]
    page = ["<!doctype html>", '<html lang="en">', f"<head>{head}<style>{STYLE}</style></head>", "<body>"]
    return "\n".join([*page, *parts, "</body></html>\n"])


def _charts(run: Run) -> Iterator[Chart]:
    evaluation = run.evaluation(PRIVATE_TEST)
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    confusion = scores["confusion"]
    matrix = plot_confusion(confusion, background="#ffffff")
    yield "Confusion matrix: shares of each true label, and images", matrix
    yield (
        "Precision, recall and F1 of each class, with 95 % intervals",
        plot_per_emotion(scores, class_intervals(confusion)),
    )
    bins = reliability(evaluation.labels, evaluation.view("single"))
    yield (
        "Reliability diagram: accuracy against confidence",
        plot_reliability(bins.confidence, bins.accuracy, bins.counts),
    )
    if run.has_network:
        for column, what in (("accuracy", "Accuracy"), ("loss", "Loss")):
            curves = plot_history({run.name: run.history}, column, monitors={run.name: run.recipe.monitor})
            yield f"{what} by epoch", curves


def _section(section: Section, level: str) -> str:
    text = MarkdownIt("js-default").render(section.text)  # which escapes HTML
    return f"<{level}>{escape(section.heading)}</{level}>\n{_table(section)}\n{text}"


def _table(section: Section) -> str:
    if not section.table:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in section.table)
    rows = [
        "".join(f"<td>{escape(cell)}</td>" for cell in row)
        for row in zip(*section.table.values(), strict=True)
    ]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _figure(caption: str, figure: go.Figure, *, first: bool) -> str:
    figure.update_layout(template="plotly_white")
    chart = figure.to_html(full_html=False, include_plotlyjs=first, config=STILL)
    return f"<figure>{chart}<figcaption>{escape(caption)}.</figcaption></figure>"

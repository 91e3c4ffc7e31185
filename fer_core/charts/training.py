"""Charts of how a run learnt; several runs lie over each other."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fer_core.charts.style import MUTED, RUN_COLOURS, RUN_MARKERS, new_figure
from fer_core.evaluation.learning_curves import (
    History,
    best_epoch,
    generalisation_gap,
    overfitting_epoch,
    smooth,
)
from fer_core.extras import optional

with optional():
    import plotly.graph_objects as go

NO_MONITORS: Mapping[str, str] = MappingProxyType({})
FAINT = 0.3  # the raw line under a smoothed one
# A training loss with terms that validation lacks (distillation; feature maps in runs before 0.25) can be
# sixteen times the validation loss, and would press it flat.
APART = 4.0


def plot_history(
    histories: Mapping[str, History],
    field: str,
    *,
    monitors: Mapping[str, str] = NO_MONITORS,
    smoothing: float = 0.0,
    height: int = 340,
) -> go.Figure:
    """One field by epoch: validation as a full line, training dotted, the best epoch marked.

    For one run the legend names the lines, for several it names the runs. Where training losses lie ``APART``
    from validation losses they have an axis of their own, on the right.

    Args:
        histories: run name -> history (``Run.history``).
        field: "accuracy" or "loss".
        monitors: run name -> what its best epoch is best in; validation accuracy where it is not named.
        smoothing: weight of ``curves.smooth`` in [0, 1); above 0 the raw lines stay, faint.
        height: px.
    """
    share, alone = field == "accuracy", len(histories) == 1
    figure = new_figure(height)
    training: dict[str, Any] = {"name": "training", "dash": "dot", "showlegend": alone}
    if not share and _lie_apart(histories):
        training["yaxis"] = "y2"
        right = {"overlaying": "y", "side": "right", "showgrid": False, "automargin": True}
        figure.update_layout(yaxis2=right | {"title": "training", "tickmode": "auto", "nticks": 6})
    for index, (name, history) in enumerate(histories.items()):
        style: dict[str, Any] = {"index": index, "share": share, "smoothing": smoothing, "legendgroup": name}
        validation = "validation" if alone else name
        _add_line(figure, history, f"val_{field}", name=validation, **style)
        _add_line(figure, history, field, **training, **style)
        epoch = best_epoch(history, monitors.get(name, "val_accuracy"))
        if epoch is not None:
            value = history[f"val_{field}"][list(history["epoch"]).index(epoch)]
            _mark_best(figure, epoch, value, index=index, showlegend=alone, legendgroup=name)
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(tickformat=".1~%" if share else ".3~f", fixedrange=True, zeroline=False)
    return figure


def _lie_apart(histories: Mapping[str, History]) -> bool:
    training, validation = (
        max((value for history in histories.values() for value in history[field]), default=0.0)
        for field in ("loss", "val_loss")
    )
    return training > APART * validation


def plot_column(histories: Mapping[str, History], column: str, *, height: int = 260) -> go.Figure:
    """One column by epoch, from 0 up, for each run: "learning_rate" or "distillation_loss"."""
    figure = new_figure(height, showlegend=len(histories) > 1)
    number = ".2e" if column == "learning_rate" else ".3f"
    for index, (name, history) in enumerate(histories.items()):
        _add_line(figure, history, column, name=name, index=index, number=number)
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(rangemode="tozero", exponentformat="power", nticks=5)
    return figure


def plot_gap(histories: Mapping[str, History], *, smoothing: float = 0.0, height: int = 260) -> go.Figure:
    """Training minus validation accuracy by epoch, with the epoch marked from which it overfits."""
    figure = new_figure(height, showlegend=len(histories) > 1)
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    for index, (name, history) in enumerate(histories.items()):
        gap = {"epoch": history["epoch"], "gap": generalisation_gap(history)}
        _add_line(figure, gap, "gap", name=name, index=index, share=True, smoothing=smoothing)
        epoch = overfitting_epoch(history)
        if epoch is not None:
            figure.add_vline(x=epoch, line={"color": RUN_COLOURS[index % len(RUN_COLOURS)], "dash": "dash"})
            figure.add_annotation(
                x=epoch,
                y=1,
                yref="paper",
                text=f"{name if len(histories) > 1 else 'overfits'} from epoch {epoch}",
                showarrow=False,
                xanchor="left",
                yanchor="top",
                xshift=4,
                yshift=-18 * index,
            )
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(tickformat=".1~%")
    return figure


def _add_line(
    figure: go.Figure,
    history: History,
    key: str,
    *,
    name: str,
    index: int,
    dash: str = "solid",
    share: bool = False,
    number: str = ".3f",
    smoothing: float = 0.0,
    **legend: Any,  # showlegend, legendgroup
) -> None:
    epochs, raw = list(history["epoch"]), list(history[key])
    line = {"color": RUN_COLOURS[index % len(RUN_COLOURS)], "dash": dash, "width": 2}
    if smoothing:
        faint: dict[str, Any] = {"opacity": FAINT, "hoverinfo": "skip"}
        figure.add_scatter(
            x=epochs, y=raw, mode="lines", line=line, **faint, **(legend | {"showlegend": False})
        )
    words = f"{name}{', smoothed' if smoothing else ''}"
    figure.add_scatter(
        name=name,
        x=epochs,
        y=smooth(raw, smoothing),
        mode="lines",
        line=line,
        hovertemplate=f"{words}, epoch %{{x}}: %{{y:{'.1%' if share else number}}}<extra></extra>",
        **legend,
    )


def _mark_best(figure: go.Figure, epoch: int, value: float, *, index: int, **legend: Any) -> None:
    figure.add_scatter(
        name=f"best epoch ({epoch})",
        x=[epoch],
        y=[value],
        mode="markers",
        marker={
            "size": 12,
            "symbol": RUN_MARKERS[index % len(RUN_MARKERS)],
            "color": RUN_COLOURS[index % len(RUN_COLOURS)],
            "line": {"width": 2, "color": "#ffffff"},
        },
        hovertemplate=f"best epoch: {epoch}<extra></extra>",
        **legend,
    )

"""The confusion matrix, the same on every page, and the difference of two."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import ACCENT, LABEL_PX, new_figure
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.extras import optional
from fer_core.palette import ink_on, rgb

with optional():
    import plotly.graph_objects as go

SHADE, OTHER_SHADE = "#4f46e5", "#b45309"  # darker than ACCENT, so that white can be read on them
STRONG = 0.62  # where a page's background is not known: from here on white is read better than dark ink
COUNT_PX = 10
TICKS = (0.0, 0.25, 1.0)  # of the colour bar: more would turn on a phone
Shares = npt.NDArray[np.float64]
Scale = list[tuple[float, str]]


def plot_confusion(
    confusion: npt.ArrayLike,
    *,
    by: str = "row",
    predicted: str = "predicted label",
    picked: tuple[int | None, int | None] = (None, None),
    background: str | None = None,
    height: int = 520,
) -> go.Figure:
    """The confusion matrix: rows are true labels, columns predictions; each cell says its share and count.

    A click on a cell selects its point, whose y and x are its emotions: a heat map sends no click, so
    invisible squares lie over its cells.

    Args:
        confusion: (7, 7) counts, rows are true labels.
        by: how shares are normalised: "row", by true label (the diagonal is recall), or "column", by
            prediction (the diagonal is precision).
        predicted: what the columns are.
        picked: the (true, predicted) label to frame; None frames a whole row or column, twice None nothing.
        background: the page's, "#rrggbb", where it is known; the ink of each cell is chosen by it.
        height: px.
    """
    counts = np.asarray(confusion)
    totals = np.broadcast_to(counts.sum(axis=1 if by == "row" else 0, keepdims=True), counts.shape)
    share = counts / np.maximum(totals, 1)
    # The root, so that a few percent can be seen, and happy does not drown disgust.
    figure = _new_matrix(np.sqrt(share), (0, 1), _scale(background), height, predicted)
    figure.data[0].colorbar.update(
        title_text="share of the true label" if by == "row" else "share of the predictions",
        tickvals=np.sqrt(TICKS),
        ticktext=[f"{tick:.0%}" for tick in TICKS],
    )
    figure.update_layout(
        annotations=_write_cells(
            lambda at: _share_and_count(share[at], counts[at], bold=at[0] == at[1]),
            lambda at: _ink(np.sqrt(share[at]), SHADE, background),
        )
    )
    of_whom = (
        "%{y} images<br>predicted as %{x}"
        if by == "row"
        else "images predicted as %{x}<br>have the label %{y}"
    )
    hover = "%{customdata[0]:,} of the %{customdata[1]:,} " + of_whom + ": %{customdata[2]:.1%}"
    _add_squares(figure, np.dstack([counts, totals, share]).reshape(-1, 3), hover)
    _frame(figure, picked)
    return figure


def plot_confusion_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, background: str | None = None, height: int = 460
) -> go.Figure:
    """How much more often the first run predicts each emotion for each true label, in points of its images.

    Args:
        first: (7, 7) counts, rows are true labels.
        second: the same of the run that is subtracted.
        background: as for ``plot_confusion``.
        height: px.
    """
    shares = [
        np.asarray(counts) / np.maximum(np.sum(counts, axis=1, keepdims=True), 1)
        for counts in (first, second)
    ]
    points = 100 * (shares[0] - shares[1])
    most = max(2.0, float(np.abs(points).max()))
    below = [(0.5 - part / 2, colour) for part, colour in reversed(_scale(background, OTHER_SHADE))]
    above = [(0.5 + part / 2, colour) for part, colour in _scale(background)]
    figure = _new_matrix(points, (-most, most), [*below, *above], height, "predicted label")
    figure.data[0].colorbar.title.text = "difference in points"
    figure.update_layout(
        annotations=_write_cells(
            lambda at: _signed(points[at], bold=at[0] == at[1]),
            lambda at: _ink(abs(points[at]) / most, SHADE if points[at] > 0 else OTHER_SHADE, background),
        )
    )
    values = np.dstack([100 * shares[0], 100 * shares[1], points]).reshape(-1, 3)
    hover = "%{y} predicted as %{x}:<br>%{customdata[0]:.1f}% and %{customdata[1]:.1f}%"
    hover += ", %{customdata[2]:+.1f} points"
    _add_squares(figure, values, hover)
    return figure


def _new_matrix(
    values: Shares, ends: tuple[float, float], scale: Scale, height: int, predicted: str
) -> go.Figure:
    figure = new_figure(height, hoverdistance=-1, showlegend=False)  # -1: a click counts all over a cell
    figure.add_heatmap(
        z=values,
        x=EMOTION_LABELS,
        y=EMOTION_LABELS,
        zmin=ends[0],
        zmax=ends[1],
        xgap=2,
        ygap=2,
        colorscale=scale,
        hoverinfo="skip",
        colorbar={
            "orientation": "h",
            "title": {"side": "top"},  # beside it, the title would leave a narrow matrix no room for the bar
            "thickness": 10,
            "x": 0.5,
            "y": 1.01,
            "yanchor": "bottom",
            "outlinewidth": 0,
            "ypad": 4,
        },
    )
    edges = [-0.5, EMOTION_COUNT - 0.5]  # markers would widen the axes
    names = {"ticks": "", "showgrid": False, "tickfont": {"size": LABEL_PX}}
    # Where the names are wider than the cells, Plotly would turn them by 30 degrees, one above the next.
    figure.update_xaxes(title=predicted, autotickangles=[0, -45, -90], range=edges, **names)
    figure.update_yaxes(title="true label", autorange=False, range=edges[::-1], **names)
    return figure


def _scale(background: str | None, shade: str = SHADE) -> Scale:
    """From nearly nothing to the shade, over the page's background."""
    if background is None:
        red, green, blue = rgb(shade)
        return [(0, f"rgba({red},{green},{blue},0.03)"), (1, f"rgba({red},{green},{blue},1)")]
    return [(0, _blend(0.0, shade, background)), (1, shade)]


def _blend(strength: float, shade: str, background: str) -> str:
    """The colour of a cell, "#rrggbb"."""
    strength = 0.03 + 0.97 * strength
    mixed = [round(b + strength * (s - b)) for s, b in zip(rgb(shade), rgb(background), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _ink(strength: float, shade: str, background: str | None) -> str | None:
    """What is read best on a cell; None is the theme's own ink."""
    if background is not None:
        return ink_on(_blend(strength, shade, background))
    return "#ffffff" if strength**2 > STRONG else None


def _share_and_count(share: float, count: int, *, bold: bool) -> str:
    text = f"<b>{share:.0%}</b>" if bold else f"{share:.0%}"
    return f"{text}<br><span style='font-size:{COUNT_PX}px'>{count:,}</span>"


def _signed(points: float, *, bold: bool) -> str:
    text = f"{points:+z.0f}".replace("-", "\u2212")
    text = "0" if text == "+0" else text
    return f"<b>{text}</b>" if bold else text


def _write_cells(
    text: Callable[[tuple[int, int]], str], ink: Callable[[tuple[int, int]], str | None]
) -> list[dict[str, object]]:
    """An annotation for each cell."""
    return [
        {
            "x": EMOTION_LABELS[at[1]],
            "y": EMOTION_LABELS[at[0]],
            "text": text(at),
            "showarrow": False,
            "font": {"size": LABEL_PX} | ({} if (colour := ink(at)) is None else {"color": colour}),
        }
        for at in np.ndindex(EMOTION_COUNT, EMOTION_COUNT)
    ]


def _add_squares(figure: go.Figure, values: Shares, hover: str) -> None:
    rows, columns = np.indices((EMOTION_COUNT, EMOTION_COUNT)).reshape(2, -1)
    clear = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=[EMOTION_LABELS[column] for column in columns],
        y=[EMOTION_LABELS[row] for row in rows],
        mode="markers",
        marker={"symbol": "square", "size": 34, "opacity": 0},
        selected=clear,
        unselected=clear,
        customdata=values,
        hovertemplate=f"{hover}<extra></extra>",
    )


def _frame(figure: go.Figure, picked: tuple[int | None, int | None]) -> None:
    truth, said = picked
    if truth is not None or said is not None:
        (x0, x1), (y0, y1) = _span(said), _span(truth)
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"color": ACCENT, "width": 3})


def _span(index: int | None) -> tuple[float, float]:
    """The edges of a row or column of cells; all of them for None."""
    return (-0.5, EMOTION_COUNT - 0.5) if index is None else (index - 0.5, index + 0.5)

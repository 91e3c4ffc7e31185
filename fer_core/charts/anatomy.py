"""A network drawn: its blocks from top to bottom, as large as their maps, and where the work is done."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.anatomy import Block, Shape
from fer_core.charts.style import ACCENT, MUTED, RUN_COLOURS, new_figure
from fer_core.formats import format_shape

BLOCK_PX = 30
COLOURS = {"Conv2D": ACCENT, "Dense": RUN_COLOURS[1]}
KIND_WORDS = {"InputLayer": "face", "Conv2D": "conv", "Dense": "dense"}
# What else a block does is named by these, in the order it is done.
EXTRA_WORDS = {
    "MaxPooling2D": "pool",
    "AveragePooling2D": "pool",
    "GlobalAveragePooling2D": "mean",
    "Multiply": "×",
    "Add": "+",
}
BOXES, BARS = [0.0, 0.66], [0.7, 1.0]  # the two panels, as shares of the width


def plot_network(blocks: Sequence[Block]) -> go.Figure:
    """The network in order: a box a block, as wide as its maps' side and as thick as it has channels (both by
    their roots), lines around what is added further down, and each block's share of the multiply-adds.

    Args:
        blocks: from ``anatomy.group_layers``, at least one.
    """
    figure = new_figure(90 + BLOCK_PX * len(blocks), showlegend=False, barmode="overlay")
    rows = np.arange(len(blocks))
    halves = np.array([np.sqrt(_side(block.shape)) / 2 for block in blocks])
    channels = np.array([block.shape[-1] if block.shape else 1 for block in blocks])
    colours = [COLOURS.get(block.head.kind, MUTED) for block in blocks]
    figure.add_bar(
        x=2 * halves,
        base=-halves,
        y=rows,
        width=0.12 + 0.76 * np.sqrt(channels / channels.max()),
        orientation="h",
        marker={"color": colours, "cornerradius": 3},
        customdata=[_in_full(block) for block in blocks],
        hovertemplate="%{customdata}<extra></extra>",
    )
    _add_shapes(figure, blocks, float(halves.max()))
    _add_skips(figure, blocks, halves)
    _add_work(figure, blocks, colours)
    figure.update_yaxes(
        range=[len(blocks) - 0.4, -0.6],
        tickvals=rows,
        ticktext=[_name(block) for block in blocks],
        showgrid=False,
        ticks="",
    )
    return figure


def _add_shapes(figure: go.Figure, blocks: Sequence[Block], widest: float) -> None:
    """The shape beside each box, and room for it."""
    figure.add_scatter(
        x=np.full(len(blocks), 1.15 * widest),
        y=np.arange(len(blocks)),
        mode="text",
        text=[format_shape(block.shape).replace(" ", "") for block in blocks],
        textposition="middle right",
        hoverinfo="skip",
    )
    figure.update_xaxes(range=[-1.45 * widest, 2.8 * widest], domain=BOXES, visible=False, fixedrange=True)


def _add_skips(figure: go.Figure, blocks: Sequence[Block], halves: np.ndarray) -> None:
    """A line on the left from a block to the one that adds its output, as far out as the maps are wide."""
    for row, block in enumerate(blocks):
        if block.skips_from is None:
            continue
        between = halves[block.skips_from : row + 1]
        out = -(between.max() + 0.9)
        start, end = -halves[block.skips_from], -halves[row]
        first = block.skips_from
        path = f"M {start},{first} L {out},{first} L {out},{row} L {end},{row}"
        figure.add_shape(type="path", path=path, line={"color": MUTED, "width": 2})
        figure.add_annotation(
            x=end, y=row, ax=out, ay=row, axref="x", ayref="y", text="",
            showarrow=True, arrowhead=2, arrowwidth=2, arrowcolor=MUTED,
        )  # fmt: skip


def _add_work(figure: go.Figure, blocks: Sequence[Block], colours: Sequence[str]) -> None:
    """The share of the multiply-adds, as bars in a panel of their own on the right."""
    work = np.array([block.multiply_adds for block in blocks])
    share = work / max(1, work.sum())
    figure.add_bar(
        x=share,
        y=np.arange(len(blocks)),
        xaxis="x2",
        width=0.6,
        orientation="h",
        marker={"color": colours, "cornerradius": 2},
        text=[f"{each:.0%}" if each >= 0.005 else "" for each in share],
        textposition="outside",
        cliponaxis=False,
        customdata=work,
        hovertemplate="%{customdata:,} multiply-adds, %{x:.1%}<extra></extra>",
    )
    figure.update_layout(
        xaxis2={
            "domain": BARS,
            "anchor": "y",
            "range": [0, 1.35 * max(0.01, float(share.max()))],
            "fixedrange": True,
            "visible": False,
        }
    )
    figure.add_annotation(
        text="share of the work", x=BARS[0], xref="paper", y=-0.9, yref="y", showarrow=False, xanchor="left"
    )


def _side(shape: Shape | None) -> int:
    return shape[0] if shape and len(shape) == 3 else 1


def _name(block: Block) -> str:
    """What a block is, in a few words: "conv 3×3 · pool"."""
    head = block.head
    words = KIND_WORDS.get(head.kind, head.kind)
    size = head.detail.split(",")[0].replace(" ", "") if head.kind == "Conv2D" else ""
    extras = [EXTRA_WORDS[layer.kind] for layer in block.layers[1:] if layer.kind in EXTRA_WORDS]
    return " · ".join([f"{words} {size}".strip(), *extras])


def _in_full(block: Block) -> str:
    lines = [f"{layer.kind} {layer.detail}".strip() for layer in block.layers]
    return "<br>".join([*lines, f"→ {format_shape(block.shape)}"])

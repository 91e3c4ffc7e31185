"""The network itself, from its saved file: drawn block by block, and layer by layer in a table."""

from collections.abc import Sequence

import streamlit as st

from fer_core import charts
from fer_core.anatomy import Layer, group_layers, read_layers
from fer_core.errors import RunError
from fer_core.formats import format_percent, format_shape
from fer_core.runs import Run
from pages.parts.figures import show_figure


def show_network(run: Run) -> None:
    """The drawing, what it costs in one sentence, and the table; a broken file is one sentence."""
    st.subheader("The network")
    try:
        layers = read_layers(run.keras_path)
    except RunError as error:
        st.info(f"It cannot be drawn. {error}", icon=":material/account_tree:")
        return
    st.markdown(_summary(layers))
    show_figure(
        charts.plot_network(group_layers(layers)),
        key="network",
        alt="The network's blocks from top to bottom, with the shape of their output and their share of the "
        "multiply-adds; the table of layers has the same numbers.",
    )
    st.caption(
        "A box is as wide as its maps are (pixels a side) and as thick as they are many (channels), both by "
        "their square roots. A gray line carries a block's output past others, to where it is added (+); "
        "× weighs each channel of the maps before it."
    )
    _show_table(layers)


def _summary(layers: Sequence[Layer]) -> str:
    parameters = sum(layer.parameters or 0 for layer in layers)
    work = sum(layer.multiply_adds or 0 for layer in layers)
    sentence = (
        f"**{len(layers)} layers** hold **{parameters:,} parameters**; one face costs "
        f"**{work / 1e6:,.0f} million multiply-adds**"
    )
    if not work:
        return f"{sentence}."
    heaviest = max(layers, key=lambda layer: layer.multiply_adds or 0)
    share = format_percent((heaviest.multiply_adds or 0) / work, digits=0)
    return f"{sentence}, {share} of them in its heaviest layer."


def _show_table(layers: Sequence[Layer]) -> None:
    work = max(1, sum(layer.multiply_adds or 0 for layer in layers))
    table = {
        "layer": [f"{layer.kind} {layer.detail}".strip() for layer in layers],
        "output": [format_shape(layer.shape) for layer in layers],
        "parameters": [_number(layer.parameters) for layer in layers],
        "multiply-adds": [_number(layer.multiply_adds) for layer in layers],
        "share": [100 * (layer.multiply_adds or 0) / work for layer in layers],
    }
    columns = {
        name: st.column_config.TextColumn(name, alignment="right") for name in ("parameters", "multiply-adds")
    }
    columns["share"] = st.column_config.NumberColumn("share", format="%.1f %%")
    st.dataframe(table, hide_index=True, column_config=columns, height=460, key="layers")
    st.caption(
        "Multiply-adds are those of convolutions and dense layers; what works number by number is not "
        "counted. “–”: a kind of layer that is not known here."
    )


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"

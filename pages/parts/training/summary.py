"""A network's model summary: what it costs in one sentence, and its layers in a table."""

import streamlit as st

from fer_core.errors import RunError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_shape
from fer_core.networks.summary import Summary


def show_network(run: Run) -> None:
    """The stored summary; one that is missing or broken is one sentence."""
    st.subheader("Model summary")
    try:
        summary = run.summary
    except RunError as error:
        st.info(escape_markdown(error), icon=":material/account_tree:")
        return
    if summary is None:
        st.info("This run has no model summary yet. This command makes it:", icon=":material/account_tree:")
        st.code(f"python -m fer_core summary {run.name}", language="bash")
        return
    st.markdown(
        f"**{len(summary.layers)} layers**, **{summary.parameters:,} parameters**, "
        f"**{summary.macs / 1e6:,.0f} million MACs** per image."
    )
    _show_table(summary)


def _show_table(summary: Summary) -> None:
    layers = summary.layers
    words = {
        "Layer": [layer.name for layer in layers],
        "Type": [layer.type for layer in layers],
        "Output shape": [format_shape(layer.output_shape) for layer in layers],
    }
    numbers = {
        "Parameters": [layer.parameters for layer in layers],
        "MACs": [layer.macs for layer in layers],
    }
    columns = {
        name: st.column_config.ProgressColumn(
            name, format="localized", min_value=0, max_value=max(1, *column)
        )
        for name, column in numbers.items()
    }
    st.dataframe({**words, **numbers}, hide_index=True, column_config=columns, height=460, key="layers")
    st.caption(
        "MACs: multiply–accumulate operations of the convolutional and dense layers for one image. "
        "Element-wise operations, such as batch normalisation and ReLU, are not counted."
    )

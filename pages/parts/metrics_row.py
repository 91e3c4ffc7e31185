"""A row of numbers, each in its box; on a phone the row breaks."""

from typing import NamedTuple

import streamlit as st


class Tile(NamedTuple):
    """One number: what it is, its value, a sentence that explains it, and what to write under it."""

    label: str
    value: str
    help: str | None = None
    note: str | None = None


def show_tiles(*tiles: Tile) -> None:
    """Draw the tiles side by side."""
    row = st.container(horizontal=True)
    for tile in tiles:
        row.metric(
            tile.label,
            tile.value,
            tile.note,
            help=tile.help,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )

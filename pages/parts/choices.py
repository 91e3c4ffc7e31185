"""One of a few options, or a range, as widgets that the address takes part in."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import streamlit as st

from pages.parts.state import bound

Option = TypeVar("Option")


def choose(
    label: str,
    options: Sequence[Option],
    *,
    key: str,
    default: Option | None = None,
    help: str | None = None,
    on_change: Callable[[], None] | None = None,
    is_label_shown: bool = True,
    wraps: bool = False,
) -> Option:
    """One of a few options as buttons; kept in the address.

    Args:
        label: what is chosen.
        options: one at least.
        key: see ``state.bound``.
        default: what is chosen at first; without it, the first option.
        help: what a pointer on the label shows.
        on_change: called when another is chosen.
        is_label_shown: else only screen readers have it.
        wraps: whether the buttons stand apart and may take several lines.
    """
    show = st.pills if wraps else st.segmented_control
    chosen = show(
        label,
        options,
        required=True,
        key=bound(key, options[0] if default is None else default, options=options),
        help=help,
        on_change=on_change,
        label_visibility="visible" if is_label_shown else "collapsed",
    )
    return cast(Option, chosen)  # it is required, and ``bound`` has set it: never None


def choose_percents(label: str, *, key: str, on_change: Callable[[], None] | None = None) -> tuple[int, int]:
    """The lowest and the highest percentage; kept in the address."""
    setting = bound(key, (0, 100), between=(0, 100))
    # What is bound to the key is a pair, and so is what the slider returns; its type knows of a number alone.
    return cast(tuple[int, int], st.slider(label, 0, 100, step=5, key=setting, on_change=on_change))

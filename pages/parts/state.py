"""One state, one address: what a page shows stands in its URL and goes along from page to page.

A widget takes part with ``key=bound(...)``. Its value stands in the address under its key unless it is the
default, so a reload, a shared link and the browser's Back bring it back, and the links between pages lead to
where one left a page. A page is one entry of the browser's history, whatever is chosen on it.

Streamlit 1.67 has ``bind="query-params"``, but not across pages: when the page changes it drops a parameter
that the next page binds too (the chosen run), and adds an entry to the history for each one that the server
takes away. So the address is written here alone, and in place.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

RUN = "run"  # the one choice that all pages share; the key of its select box, too
PAGE, QUERIES, BOUND = "state: page", "state: queries", "state: bound"  # where the session keeps it
Query = dict[str, list[str]]
NOTHING = [""]  # an empty list, where that is not the default

REPLACE_ADDRESS = """<script>{
    const [page, query] = %s
    const embed = [...new URLSearchParams(location.search)].filter(([key]) => key.startsWith("embed"))
    const whole = [query, new URLSearchParams(embed).toString()].filter(Boolean).join("&")
    const address = location.pathname + (whole && "?" + whole)
    const isHere = location.pathname.split("/").pop() === page
    if (isHere && address !== location.pathname + location.search) history.replaceState({}, "", address)
}</script>"""


def enter(page: str) -> None:
    """Begin a run of a page; where one has just come to it, its address says what to show."""
    if st.session_state.get(PAGE) != page:
        st.session_state[PAGE] = page
        for key in (RUN, *st.session_state.get(BOUND, ())):  # widgets of the page that was left
            st.session_state.pop(key, None)
        asked = {key: st.query_params.get_all(key) for key in st.query_params}
        st.session_state.setdefault(QUERIES, {})[page] = asked
    st.session_state[BOUND] = {}


def leave() -> None:
    """End a run of a page: its address follows what was chosen."""
    query = _query()
    for key, default in st.session_state[BOUND].items():
        value = st.session_state.get(key, default)
        if value == default:
            query.pop(key, None)
        else:
            query[key] = _write(value)
    page = st.session_state[PAGE]
    told = json.dumps(["" if page == "Home" else page, urlencode(query, doseq=True)])
    st.html(REPLACE_ADDRESS % told.replace("<", "\\u003c"), unsafe_allow_javascript=True)


def bound(
    key: str,
    default: Any,
    *,
    options: Sequence[Any] = (),
    between: tuple[float, float] | None = None,
    is_hidden: bool = False,
) -> str:
    """Give the widget that is drawn next its value, and the address what is chosen with it.

    The widget itself gets no default. What the address says is taken if the widget could have said it.

    Args:
        key: the widget's key, and the parameter's name.
        default: the widget's value at first: a string, a number, a pair of numbers or a list of options.
        options: what can be chosen, if that is a list.
        between: the lowest and the highest value, if that is a number.
        is_hidden: whether the widget lies in a popover. The browser makes it when that is opened, with the
            value that the last run sent; so each run sends it, where Streamlit sends a value once.

    Returns:
        The key.
    """
    st.session_state[BOUND][key] = default
    if key not in st.session_state:
        st.session_state[key] = _read(_query().get(key, []), default, options, between)
    elif options and not _is_offered(st.session_state[key], options):
        st.session_state[key] = default
    elif is_hidden:
        st.session_state[key] = st.session_state[key]
    return key


def get(key: str) -> str | None:
    """A parameter of this page that is no widget's."""
    values = _query().get(key)
    return values[-1] if values else None


def put(key: str, value: str | None) -> None:
    """Set such a parameter, or take it away: for a widget to call, or before the page ends."""
    if value is None:
        _query().pop(key, None)
    else:
        _query()[key] = [value]


def query_for(page: str) -> Query:
    """What a link to a page says: as it was left, with the run that is chosen now."""
    query = dict(st.session_state.get(QUERIES, {}).get(page, {}))
    query.pop(RUN, None)
    run = _query().get(RUN)
    return {RUN: run, **query} if run else query


def _query() -> Query:
    return st.session_state[QUERIES][st.session_state[PAGE]]


def _is_offered(value: Any, options: Sequence[Any]) -> bool:
    return all(each in options for each in (value if isinstance(value, list) else [value]))


def _write(value: Any) -> list[str]:
    return [f"{each:g}" if isinstance(each, float) else str(each) for each in _as_list(value)] or NOTHING


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _read(texts: list[str], default: Any, options: Sequence[Any], between: tuple[float, float] | None) -> Any:
    """What the address says, or the default where it says nothing that fits."""
    if not texts:
        return default
    found = _pick(texts, options) if options else _count(texts, type(_as_list(default)[0]), between)
    if isinstance(default, list):
        return found if found or texts == NOTHING else default
    if isinstance(default, tuple):
        return tuple(sorted(found)) if len(found) == len(default) else default
    return found[-1] if found else default


def _pick(texts: list[str], options: Sequence[Any]) -> list[Any]:
    by_text = {str(option): option for option in options}
    return [by_text[text] for text in dict.fromkeys(texts) if text in by_text]


def _count(texts: list[str], kind: Callable[[str], Any], between: tuple[float, float] | None) -> list[Any]:
    try:
        values = [kind(text) for text in texts]
    except ValueError:
        return []
    low, high = between or (-math.inf, math.inf)
    return values if all(low <= value <= high for value in values) else []

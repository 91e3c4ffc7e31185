"""The runs on disk, read once and kept until a file changes."""

import os
from pathlib import Path

import streamlit as st

from fer_core.experiments.runs import (
    TRAIN_COMMAND,
    Run,
    broken_runs,
    list_runs,
    models_folder,
    public_accuracy,
)
from fer_core.formats import escape_markdown, format_accuracy
from pages.parts import state
from pages.parts.doors import is_public
from pages.parts.frame import beside_heading

NEAR = 0.03  # how far behind the best on PublicTest a light network may lie to be preferred to it


def all_runs() -> list[Run]:
    """Every finished run, baselines' too, best first; a broken one is left out, and named in the sidebar."""
    folder = models_folder()
    # Names as well: a run that gets its name leaves no newer time where another file's lies in the future.
    names = tuple(sorted(entry.name for entry in folder.glob("*")))
    runs, broken = _runs_in(folder, last_change(folder), names)
    for sentence in [] if is_public() else broken:  # it names a folder of the server
        st.sidebar.warning(escape_markdown(sentence), icon=":material/folder_off:")
    return runs


def all_networks() -> list[Run]:
    """The runs that can predict and have a history, best first."""
    return [run for run in all_runs() if run.has_network]


@st.cache_resource(show_spinner=False, max_entries=4)
def _runs_in(folder: Path, changed: float, names: tuple[str, ...]) -> tuple[list[Run], list[str]]:
    return list_runs(folder), broken_runs(folder)


def last_change(folder: Path) -> float:
    """The newest modification time of the folder and all below it: the key of what is kept about it."""
    # Not by ``rglob``, which fails where a folder gets its name while we look.
    found = (os.path.join(at, name) for at, folders, files in os.walk(folder) for name in (*folders, *files))
    return max(map(_modified, (str(folder), *found)))


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:  # a training that goes on beside us replaces its files
        return 0.0


def pick_run(*, baselines: bool = False, light: bool = False) -> Run:
    """The run that the box beside the page's heading shows, the best one at first; in the URL as ``run``.

    Without any run the page says how to train one and stops.

    Args:
        baselines: whether the page can show a run without a network.
        light: show at first the lightest of those that are nearly as good as the best one.
    """
    runs = {run.name: run for run in (all_runs() if baselines else all_networks())}
    if not runs:
        empty_state()
        st.stop()
    if light:
        first = _lightest(list(runs.values()))
        runs = {first.name: first} | runs
    asked = state.get(state.RUN)
    if st.session_state.get(state.RUN) not in runs:
        st.session_state[state.RUN] = asked if asked in runs else next(iter(runs))
    with beside_heading():
        name = st.selectbox(
            "Run", list(runs), key=state.RUN, on_change=_choose_run, label_visibility="collapsed"
        )
        score = runs[name].metrics["PrivateTest"]["single"]["all"]
        st.caption(f"Run · PrivateTest {format_accuracy(score, digits=1)}")
    if asked is not None and asked not in runs:
        _say_that_it_cannot_be_shown(asked, name)
    return runs[name]


def choose_run(name: str) -> None:
    """Show this run from now on, on every page: for a widget to call, or before ``pick_run``."""
    st.session_state[state.RUN] = name
    _choose_run()


def _choose_run() -> None:
    state.put(state.RUN, st.session_state[state.RUN])


def light_run() -> Run:
    """The run that ``pick_run(light=True)`` shows at first."""
    return _lightest(all_networks())


def _lightest(runs: list[Run]) -> Run:
    least = public_accuracy(runs[0]) - NEAR
    near = [run for run in runs if public_accuracy(run) >= least]
    return min(near, key=lambda run: run.provenance["parameters"])


def _say_that_it_cannot_be_shown(asked: str, shown: str) -> None:
    named = escape_markdown(repr(asked))
    if asked in {run.name for run in all_runs()}:
        st.info(
            f"The run {named} is a baseline: it has no network, which this page needs, so this shows "
            f"the network {shown!r}."
        )
    else:
        st.warning(f"There is no run {named} here, so this shows {shown!r}.")


def empty_state() -> None:
    """Say that there is no network yet, and which command trains one."""
    with st.container(border=True):
        st.markdown("**No network has been trained yet.** This command trains one on your copy of FER2013:")
        st.code(TRAIN_COMMAND, language="bash", wrap_lines=True)

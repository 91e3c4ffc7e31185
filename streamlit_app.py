"""Home: what this is, how good it is, a photo already read, and where to go."""

import streamlit as st

from fer_core import charts
from fer_core.errors import FerError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_accuracy, format_percent
from pages.parts import formats
from pages.parts.faces import show_face, show_photo
from pages.parts.figures import show_figure
from pages.parts.frame import PAGES, link, page
from pages.parts.readers import all_networks, empty_state
from pages.parts.reading import Reading, read_photo, sample_photos

# On the same PrivateTest faces. The paper: S. Lonkar, "Facial Expressions Recognition with Convolutional
# Neural Networks". People: Goodfellow et al. 2013, arXiv:1307.0414, who organised the challenge.
PAPER = 0.7010
PEOPLE, PEOPLE_LOW, PEOPLE_HIGH = 0.65, 0.60, 0.70
WAYS_ACROSS = 3


def main() -> None:
    """The page; without a run it says how to train one and shows what there is."""
    best = next(iter(all_networks()), None)
    st.markdown(
        "A convolutional network, trained from scratch on FER2013, reads one of seven expressions in every "
        "face of a photo; this is where you try it, and see how often it is wrong."
    )
    left, right = st.columns(2, gap="large")
    with left:
        reading = _show_sample(best)
    with right:
        if best is None:
            empty_state()
        else:
            _show_result(best)
        _show_comparison(best)
    if best and reading and reading.predictions:
        show_face(best, reading, 1, wide=True)
    _show_ways()
    st.caption(
        "An expression is not an emotion: the network names what a face shows, not what a person feels. "
        "Photos are processed in memory on the computer that runs this app. Nothing is stored or sent."
    )


def _show_result(run: Run) -> None:
    """The run's test accuracy, large, with its interval; in the help that without duplicates."""
    score, unique = (run.metrics["PrivateTest"]["single"][subset] for subset in ("all", "twin_free"))
    st.metric(
        f"Test accuracy (PrivateTest, {score['count']:,} images)",
        format_percent(score["accuracy"], digits=2),
        f"95% interval {formats.interval(score)}",
        delta_color="off",
        delta_arrow="off",
        help=f"Run {run.name!r}, single view. {score['count'] - unique['count']:,} of these images have an "
        f"exact duplicate in Training or PublicTest; without them: {format_accuracy(unique)}.",
    )


def _show_comparison(run: Run | None) -> None:
    """The same number beside the paper's and people's."""
    results = {}
    if run is not None:
        score = run.metrics["PrivateTest"]["single"]["all"]
        name = f"This network {format_percent(score['accuracy'], digits=2)}"
        results[name] = (score["accuracy"], *score["accuracy_interval"])
    results[f"The paper {format_percent(PAPER, digits=2)}"] = (PAPER, PAPER, PAPER)
    results[f"People {format_percent(PEOPLE, digits=0)} ± 5"] = (PEOPLE, PEOPLE_LOW, PEOPLE_HIGH)
    show_figure(
        charts.plot_comparison(results, ours=run is not None),
        key="comparison",
        alt="PrivateTest accuracy: " + ", ".join(results),
    )
    st.caption(
        "PrivateTest accuracy. The paper is S. Lonkar's, which this project started from; the human accuracy "
        "is the one that the challenge's authors report."
    )


def _show_sample(run: Run | None) -> Reading | None:
    """A photo that comes with the app, read by the run; without one, or if it is broken, as it is."""
    path = next(iter(sample_photos().values()))
    try:
        reading = read_photo(run, path.name, path.read_bytes()) if run else None
    except FerError as error:  # the numbers beside it need no network
        st.error(escape_markdown(error), icon=":material/error:")
        reading = None
    if reading:
        show_photo(reading)
    else:
        st.image(path, width="stretch", alt="A sample photo, without predictions")
    return reading


def _show_ways() -> None:
    """A box a page, with the question that it answers."""
    ways = PAGES[1:]
    for start in range(0, len(ways), WAYS_ACROSS):
        for column, each in zip(st.columns(WAYS_ACROSS), ways[start : start + WAYS_ACROSS], strict=False):
            with column.container(border=True, height="stretch"):
                link(each)
                st.caption(each.question)


with page("Home", heading="Facial expression recognition"):
    main()

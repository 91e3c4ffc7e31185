"""Intended use, privacy and biases, the model card of the chosen run, references and versions."""

import platform
from functools import partial
from importlib import metadata
from typing import NamedTuple

import numpy as np
import streamlit as st

from fer_core import __version__
from fer_core.charts.report import build_report
from fer_core.emotions import EMOTION_LABELS
from fer_core.experiments.model_card import RECIPE, USE, build_card, format_card
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_accuracy, format_percent
from pages.parts.frame import page
from pages.parts.readers import all_runs, empty_state, pick_run

PACKAGES = ("streamlit", "plotly", "numpy", "pandas", "pillow", "ai-edge-litert", "opencv-python-headless")

NEVER = """
- **An expression is not an emotion.** What a face shows does not tell what a person feels: people scowl when
  they think and smile when they are polite (Barrett et al. 2019).
- **Not to judge people**: not in hiring, lending, policing, insurance or health, and not to grade attention.
- **Not at work or at school.** The European Union prohibits AI systems that infer emotions in the workplace
  and in education, save for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, Article 5(1)(f),
  since 2 February 2025). Elsewhere the Act counts emotion recognition as high risk (Annex III), and people
  must be told that it is at work (Article 50(3)).
- **Not to identify anybody.** Nothing here knows or stores who a face belongs to.
"""
FOR = (
    "**For teaching, research and play**: to see what a small network predicts for a face, and how it fails."
)
PRIVACY = """
- Photos are processed in memory on the computer that runs this app. Nothing is stored or sent. The same holds
  for videos, snapshots and camera frames; what you record on Live is kept until you close the page.
- The app sends no request to the internet, and usage statistics are off. The one exception is the button that
  downloads FER2013 from Kaggle, when you press it.
- A data set that you upload stays in a temporary folder, and is deleted when you disconnect it or close the
  page. The choices in a page's address are names and numbers, never images or paths.
"""
BIASES = """
- **The labels are opinions.** FER2013 was collected by web search for emotion words. For about one
  image in three another emotion has the most FER+ votes.
- **The sample is not representative.** The images are from web pages of before 2013, many of them posed,
  exaggerated or of celebrities; the shares of age, sex, skin colour and culture are unknown. Accuracy has not
  been measured for any of these groups: expect it to be lower for people who are rare in the data.
- **The classes are imbalanced.** There are 16 happy images for each disgusted one.
"""


class Work(NamedTuple):
    """Something to cite: who, when, what, where."""

    authors: str
    title: str
    where: str
    use: str


WORKS = (
    Work("S. Lonkar", "Facial Expressions Recognition with Convolutional Neural Networks", "", "The paper"),
    Work(
        "I. Goodfellow et al.",
        "Challenges in Representation Learning: A Report on Three Machine Learning Contests",
        "2013, [arXiv:1307.0414](https://arxiv.org/abs/1307.0414)",
        "FER2013",
    ),
    Work(
        "E. Barsoum et al.",
        "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution",
        "ICMI 2016, [arXiv:1608.01041](https://arxiv.org/abs/1608.01041)",
        "FER+",
    ),
    Work(
        "W. Wu, H. Peng, S. Yu",
        "YuNet: A Tiny Millisecond-level Face Detector",
        "Machine Intelligence Research 20, 2023, "
        "[doi:10.1007/s11633-023-1423-y](https://doi.org/10.1007/s11633-023-1423-y)",
        "YuNet",
    ),
    Work(
        "L. F. Barrett et al.",
        "Emotional Expressions Reconsidered",
        "Psychological Science in the Public Interest 20, 2019",
        "Expressions",
    ),
    Work(
        "M. Mitchell et al.",
        "Model Cards for Model Reporting",
        "2019, [arXiv:1810.03993](https://arxiv.org/abs/1810.03993)",
        "The card",
    ),
)
CITATION = f"""\
@software{{fer_core,
  title = {{fer-core: facial expression recognition that you can run, check and trust}},
  author = {{{{the fer-core authors}}}},
  version = {{{__version__}}},
  year = {{2026}}
}}
@article{{goodfellow2013challenges,
  title = {{Challenges in Representation Learning: A Report on Three Machine Learning Contests}},
  author = {{Goodfellow, Ian and others}},
  journal = {{arXiv:1307.0414}},
  year = {{2013}}
}}"""
LICENCE = """
The code is under the MIT licence (the file LICENSE). FER2013 is for research and is no part of this project.
The FER+ votes and the weights of YuNet are under the MIT licence of their authors; the sample photos are in
the public domain.
"""


def main() -> None:
    """The page: what not to do first, then privacy and biases, the card, and the references."""
    run = pick_run(baselines=True) if all_runs() else None
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Intended use")
        st.markdown(FOR + "\n" + NEVER)
    with right:
        st.subheader("Privacy")
        st.markdown(PRIVACY)
        st.subheader("Known biases")
        st.markdown(BIASES + (_weakness(run) if run else ""))
    st.subheader("Model card" + (f" of {escape_markdown(run.name)}" if run else ""))
    if run:
        _show_card(run)
    else:
        empty_state()
    _show_sources()


def _weakness(run: Run) -> str:
    """Where the chosen run is weakest, from its own numbers."""
    scores = run.metrics["PrivateTest"]["single"]["all"]
    recall = np.array(scores["recall"])
    best, worst = int(recall.argmax()), int(recall.argmin())
    best_share, worst_share = (format_percent(recall[index], digits=0) for index in (best, worst))
    recalls = f"{best_share} for {EMOTION_LABELS[best]} and {worst_share} for {EMOTION_LABELS[worst]}"
    accuracy = format_accuracy(scores, digits=1)
    name = escape_markdown(run.name)
    return f"- **It is wrong often.** The test accuracy of {name} is {accuracy}; its recall is {recalls}.\n"


def _show_card(run: Run) -> None:
    """The card, but for what the page says above, and for the recipe where Training shows it."""
    sections = build_card(run)
    hidden = {USE, RECIPE} if run.has_network else {USE}
    with st.container(border=True):
        for section in sections[1:]:
            if section.heading in hidden:
                continue
            st.markdown(f"##### {section.heading}")
            if section.table:  # it scrolls on its own: Markdown's would leave a phone's screen
                st.table(section.table, border="horizontal", hide_index=True)
            st.markdown(section.text)
    with st.container(horizontal=True):
        st.download_button(
            "Report to print (HTML)",
            partial(build_report, run),
            f"{run.name}.html",
            "text/html",
            icon=":material/print:",
            on_click="ignore",
            help="This card and the charts of the run in one file, which opens without a network.",
        )
        st.download_button(
            "Card as Markdown",
            format_card(sections),
            f"{run.name}.md",
            "text/markdown",
            icon=":material/description:",
            on_click="ignore",
        )


def _show_sources() -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("References")
        st.markdown(
            "\n".join(
                f"- **{work.use}**: {work.authors}, *{work.title}*{', ' if work.where else ''}{work.where}."
                for work in WORKS
            )
        )
        st.subheader("How to cite")
        st.markdown("The software, and FER2013 where a result rests on it; with the run's name and commit.")
        st.code(CITATION, language="bibtex", wrap_lines=True)
        st.subheader("Licence")
        st.markdown(LICENCE)
    with right:
        st.subheader("Installed versions")
        st.table(_versions(), border="horizontal", hide_header=True)


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


with page("About"):
    main()

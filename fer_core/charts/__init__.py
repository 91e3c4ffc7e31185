"""Numbers in, Plotly figures out.

Shares and accuracies come in as numbers in [0, 1] and are shown as percent. Text, grid and background have
no colour of their own, so a figure takes them from whoever shows it (Streamlit's light or dark theme); what
carries meaning has a fixed colour from ``palette`` or ``ACCENT``, legible on both. Nothing is said by colour
alone: a name, a number, a dash or a marker says it too.
"""

from fer_core.charts.alignment_study import plot_alignment
from fer_core.charts.confusion import plot_confusion, plot_confusion_difference
from fer_core.charts.evaluation import plot_comparison, plot_per_emotion, plot_reliability
from fer_core.charts.faces import plot_emotion_counts, plot_probabilities, plot_sensitivity
from fer_core.charts.roc_pr import plot_coverage, plot_precision_recall, plot_roc
from fer_core.charts.runs import plot_run_curves
from fer_core.charts.style import STILL, TO_ZOOM
from fer_core.charts.training import plot_column, plot_gap, plot_history

__all__ = [
    "STILL",
    "TO_ZOOM",
    "plot_alignment",
    "plot_column",
    "plot_comparison",
    "plot_confusion",
    "plot_confusion_difference",
    "plot_coverage",
    "plot_emotion_counts",
    "plot_gap",
    "plot_history",
    "plot_per_emotion",
    "plot_precision_recall",
    "plot_probabilities",
    "plot_reliability",
    "plot_roc",
    "plot_run_curves",
    "plot_sensitivity",
]

"""Where t-SNE places a run's images: computed once and stored with the run, because it takes a minute."""

from fer_core.evaluation.error_analysis import PROJECTIONS, Points, project
from fer_core.experiments.run_files import EVALUATION_FILES, Run
from fer_core.experiments.run_writing import rewrite_run

PCA, TSNE = PROJECTIONS
FEWEST = 3  # images that have a plane


def project_run(run: Run, split: str, method: str) -> Points:
    """A split's embedding in the plane, (N, 2): the stored one of t-SNE, else computed.

    Raises:
        DataError: as ``error_analysis.project``.
        RunError: if a file of the run is damaged.
    """
    stored = run.embedding(split) if method == TSNE else None
    return project(run.evaluation(split), method) if stored is None else stored.astype(float)


def store_embedding(run: Run) -> None:
    """Write the t-SNE of both splits into an unfinished run, or a copy of one; what is right stays."""
    held = [split for split, name in EVALUATION_FILES.items() if (run.path / name).is_file()]
    held = [split for split in held if len(run.evaluation(split).labels) >= FEWEST]
    if any(run.embedding(split) is None for split in held):
        run.save_embedding({split: project_run(run, split, TSNE) for split in held})


def embed_run(run: Run) -> None:
    """Store the t-SNE with a finished run, from its stored predictions; a minute for FER2013.

    Raises:
        RunError: if another process works on this run.
    """
    with rewrite_run(run, "being embedded") as copy:
        store_embedding(copy)

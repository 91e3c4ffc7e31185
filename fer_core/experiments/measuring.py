"""A finished run evaluated or calibrated anew on its own data.

Its files are replaced only by what was computed on its own data: see ``measured`` for other data.
"""

from fer_core.datasets.dataset import PUBLIC_TEST, Dataset
from fer_core.errors import RunError
from fer_core.experiments.measured import is_own_data
from fer_core.experiments.pipeline import calibration_of, export_run, store_predictions
from fer_core.experiments.predictions import EARLIER, require_network
from fer_core.experiments.provenance import current_commit
from fer_core.experiments.run_writing import rewrite_run
from fer_core.experiments.runs import Run
from fer_core.networks.architectures import load_network


def evaluate_run(run: Run, splits: dict[str, Dataset]) -> Run:
    """Predict a finished run's own data anew: its predictions, metrics and card are replaced.

    Returns:
        The run, with its files read anew.

    Raises:
        RunError: if the run is a baseline's, the data is not its own, or another process works on it.
    """
    _require_own(run, splits)
    with rewrite_run(run, "being evaluated") as copy:
        _store_own(copy, splits)
    return Run(run.path)


def calibrate_run(run: Run, splits: dict[str, Dataset]) -> Run:
    """Calibrate a finished run anew on its own PublicTest; the network stays as it is.

    All that follows is replaced with it: LiteRT file, predictions, metrics, card.

    Returns:
        The run, with its files read anew.

    Raises:
        RunError: as ``evaluate_run``.
    """
    _require_own(run, splits)
    with rewrite_run(run, "being calibrated") as copy:
        calibration = calibration_of(load_network(copy.keras_path), splits[PUBLIC_TEST])
        copy.save_provenance(copy.provenance | {"calibrated_at": current_commit()} | vars(calibration))
        export_run(Run(copy.path), splits[PUBLIC_TEST])
        _store_own(Run(copy.path), splits)
    return Run(run.path)


def _store_own(run: Run, splits: dict[str, Dataset]) -> None:
    """Store what the network predicts of its own data; the features are the same network's, and stay."""
    features = {split: run.evaluation(split).features for split in EARLIER}
    store_predictions(run, splits, {split: each for split, each in features.items() if each is not None})


def _require_own(run: Run, splits: dict[str, Dataset]) -> None:
    require_network(run)
    if not is_own_data(run, splits):
        raise RunError(
            f"The files of {run.name} are replaced by what comes of its own data alone: expected the data "
            "whose fingerprints stand in its provenance.json. Received: other data, which measure_run is for."
        )

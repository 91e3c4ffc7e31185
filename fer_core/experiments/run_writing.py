"""Runs are written: started, finished, changed. Whoever is killed meanwhile leaves what was there before.

A run is trained into ``models/.<name>.partial/`` and gets its name when it is whole. A finished one is never
changed file by file: a copy of it is, ``.<name>.rewriting/``, which then takes its place. Both under a lock
(see ``locks``), so that no two write the same run; what a killed process left is removed by the next.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fer_core import files
from fer_core.errors import RunError
from fer_core.experiments import locks
from fer_core.experiments.run_files import CHECKPOINT, Run, missing_files
from fer_core.networks import checksums
from fer_core.paths import PROVENANCE, REPLACED, models_folder
from fer_core.training.baselines import Baseline
from fer_core.training.recipes import Recipe

PARTIAL, REWRITING = ".partial", ".rewriting"


@contextmanager
def new_run(
    config: Recipe | Baseline,
    *,
    origin: Mapping[str, Any],
    folder: Path | None = None,
    resume: bool = False,
    restart: bool = False,
) -> Iterator[Run]:
    """A started run, which is nobody else's until the ``with`` ends.

    An error before the first checkpoint leaves no folder: there would be nothing to go on from.

    Args:
        config: what to train or fit.
        origin: what provenance.json says before anything is learnt: the command and the commit.
        folder: where runs lie; ``models_folder()`` if None.
        resume: go on with an interrupted run.
        restart: throw an interrupted run away.

    Raises:
        RunError: as ``check_start``, and if another process works on this run, or an interrupted one was
            begun with other corrected labels.
    """
    folder = folder or models_folder()
    sweep(folder)
    with locks.hold(folder / config.name, "being trained"):
        run = start_run(config, folder=folder, resume=resume, restart=restart)
        if resume:
            _require_same_labels(run, origin)
        try:
            run.save_provenance(dict(origin))
            yield run
        except BaseException:
            if not run.checkpoint_path.is_file():
                shutil.rmtree(run.path, ignore_errors=True)
            raise


def _require_same_labels(run: Run, origin: Mapping[str, Any]) -> None:
    begun = run.provenance.get("labels") if (run.path / PROVENANCE).is_file() else None
    if begun != origin.get("labels"):
        raise RunError(
            f"The interrupted run {run.name} can be resumed with the corrected labels that it was begun with "
            f"alone: expected {_labels(begun)}. Received: {_labels(origin.get('labels'))}."
        )


def _labels(noted: Mapping[str, Any] | None) -> str:
    return f"the file with SHA-256 {noted['sha256'][:12]}…" if noted else "no file (--labels)"


def check_start(
    config: Recipe | Baseline, *, folder: Path | None = None, resume: bool = False, restart: bool = False
) -> Run:
    """The run that ``new_run`` would start, with nothing written yet.

    Raises:
        RunError: if a run of that name is there, finished or not, another process works on it, or there is
            nothing to resume.
    """
    locks.require_free((folder or models_folder()) / config.name)
    return _partial(config, folder, resume, restart)


def _partial(config: Recipe | Baseline, folder: Path | None, resume: bool, restart: bool) -> Run:
    finished = (folder or models_folder()) / config.name
    if finished.exists():
        raise RunError(
            f"The run {finished} is finished already. Train under another name (--name), or delete it."
        )
    run = Run(finished.with_name(f".{config.name}{PARTIAL}"))
    interrupted = run.checkpoint_path.is_file()
    if resume and not interrupted:
        raise RunError(f"There is nothing to resume: {run.checkpoint_path} is not there.")
    if interrupted and not (resume or restart):
        raise RunError(
            f"An interrupted run {config.name} is there: go on with it (--resume) or drop it (--restart)."
        )
    return run


def start_run(
    config: Recipe | Baseline, *, folder: Path | None = None, resume: bool = False, restart: bool = False
) -> Run:
    """The unfinished run to train or fit into. An interrupted one is gone on with (``resume``), or thrown
    away (``restart``), but never lost by accident: see ``check_start`` for what is refused."""
    run = _partial(config, folder, resume, restart)
    if run.path.exists() and not resume:
        shutil.rmtree(run.path)
    run.path.mkdir(parents=True, exist_ok=True)
    if not resume:  # an interrupted run keeps its own; whether the two agree is the checkpoint's to say
        run.save_config(config)
    return run


def finish_run(run: Run, *, studied: bool = False) -> Run:
    """Give a partial run its final name, once every file is there; then the checkpoint goes."""
    missing = missing_files(run, studied=studied)
    if missing:
        raise RunError(f"The run {run.path} cannot be finished: it lacks {', '.join(missing)}.")
    if run.has_network and not studied:
        record_checksums(run)
    finished = Run(run.path.with_name(run.name))
    os.replace(run.path, finished.path)
    finished.checkpoint_path.unlink(missing_ok=True)
    return finished


def record_checksums(run: Run) -> None:
    """Note in provenance.json which model files are the run's: a damaged one is never loaded."""
    found = checksums.checksums(run.keras_path, run.tflite_path)
    run.save_provenance(Run(run.path).provenance | {checksums.KEY: found})


@contextmanager
def rewrite_run(run: Run, doing: str) -> Iterator[Run]:
    """A copy of a finished run to change; it takes the run's place when the ``with`` ends without an error.

    Args:
        run: what to change.
        doing: what other processes are told meanwhile: "being calibrated".

    Raises:
        RunError: if another process works on this run, or the copy is not whole.
    """
    path = run.path.resolve()
    path = path.with_name(Run(path).name)
    with replace_folder(path, doing) as copy:
        shutil.copytree(path, copy, dirs_exist_ok=True)
        yield Run(copy)
        if missing := missing_files(Run(copy)):
            raise RunError(f"{path} stays as it was: what would replace it lacks {', '.join(missing)}.")


@contextmanager
def replace_folder(path: Path, doing: str) -> Iterator[Path]:
    """An empty folder to write into, which takes the place of ``path``, be it there or not, as a whole.

    Raises:
        RunError: if another process works on it.
    """
    copy = path.with_name(f".{path.name}{REWRITING}")
    with locks.hold(path, doing):
        _mend(path)
        try:
            copy.mkdir()
            yield copy
            _exchange(path, copy)
        finally:
            shutil.rmtree(copy, ignore_errors=True)


def _exchange(path: Path, copy: Path) -> None:
    """Between the two renames the old run is found under its other name: see ``paths.run_folders``."""
    if not path.exists():
        os.rename(copy, path)
        return
    replaced = path.with_name(f".{path.name}{REPLACED}")
    os.rename(path, replaced)
    try:
        os.rename(copy, path)
    except OSError:
        os.rename(replaced, path)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed processes left of runs that nobody works on, and put back what they set aside."""
    hidden = [path for ending in (PARTIAL, REWRITING, REPLACED) for path in folder.glob(f".*{ending}/")]
    names = {Run(path).name for path in (*hidden, *folder.glob("[!.]*/"))}
    for path in (folder / name for name in sorted(names)):
        if _leftovers(path) or any(path.glob(f"{files.PARTIAL}*")):
            with suppress(RunError, OSError), locks.hold(path, "being tidied up"):
                _mend(path)


def _mend(path: Path) -> None:
    """Of one run, which is locked."""
    replaced = path.with_name(f".{path.name}{REPLACED}")
    if replaced.is_dir() and not path.exists():
        os.rename(replaced, path)
    for leftover in _leftovers(path):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    files.sweep(path)


def _leftovers(path: Path) -> list[Path]:
    """What nobody needs who does not work on the run now: copies, a training without a checkpoint, and what
    older versions left in finished runs."""
    copies = [path.with_name(f".{path.name}{ending}") for ending in (REWRITING, REPLACED)]
    partial = path.with_name(f".{path.name}{PARTIAL}")
    unfinished = [] if (partial / CHECKPOINT).is_file() else [partial]
    inside = [path / CHECKPOINT, *path.glob(".model.tflite.*")]
    return [found for found in (*copies, *unfinished, *inside) if found.exists()]

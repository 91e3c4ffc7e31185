"""A study's variants as Ray tasks, a core or a GPU each, on this machine or a cluster.

The trainings are those of ``study_runner``, so what is finished is not trained again, and what is interrupted
goes on. A cluster's machines have this package installed and share the folder of runs.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fer_core.datasets.dataset import Dataset
from fer_core.errors import FerError, RunError, reason
from fer_core.experiments.runs import Run, models_folder
from fer_core.experiments.study_claims import Study, Variant
from fer_core.extras import optional
from fer_core.paths import CHECKOUT

CONNECT_SECONDS = 10
OnFinished = Callable[[Variant, Run], None]


def train_on_ray(
    study: Study,
    variants: Sequence[Variant],
    splits: dict[str, Dataset],
    *,
    address: str | None = None,
    on_finished: OnFinished | None = None,
    **options: Any,
) -> dict[str, Run]:
    """Every variant's finished run, by name; as many are trained at once as there are cores or GPUs.

    A task has one core, so a number may differ from that of a training over all cores by rounding.

    Args:
        study: what the variants are of.
        variants: the study's own, or ``study_seeds.repeat_variants``.
        splits: the three of FER2013, copied once to each machine.
        address: the cluster's, "auto" for the one that this machine is part of; by default this machine.
        on_finished: called for each in the order in which they end.
        options: ``command``, ``resume`` and ``restart`` of ``train_variant``.

    Raises:
        MissingExtraError: if Ray is not installed.
        RunError: if Ray cannot be reached, or a worker ends; the others' epochs are kept.
        FerError: the first that a variant raises; the others are trained to their ends.
    """
    with optional():
        import ray
    started = _start(address)
    gpus = ray.cluster_resources().get("GPU", 0) >= 1
    task = ray.remote(num_cpus=0 if gpus else 1, num_gpus=int(gpus), max_retries=0)(_train)
    shared, found, failed = ray.put(splits), {}, []
    waiting = {task.remote(study, each, shared, str(models_folder()), options): each for each in variants}
    try:
        while waiting:
            (done,), _ = ray.wait(list(waiting))
            variant = waiting.pop(done)
            try:
                found[variant.name] = Run(Path(_get(done)))
            except FerError as error:
                failed.append(error)
                continue
            if on_finished:
                on_finished(variant, found[variant.name])
    finally:
        if started:
            ray.shutdown()  # Ctrl-C ends the tasks; their last epochs are kept
    if failed:
        raise failed[0]
    return {each.name: found[each.name] for each in variants}


def _start(address: str | None) -> bool:
    """Begin Ray, or join a cluster; False where this process has already."""
    import ray

    if ray.is_initialized():
        return False
    path = os.pathsep.join([str(CHECKOUT), *filter(None, sys.path)])
    here: dict[str, Any] = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    here |= {} if address else {"PYTHONPATH": path}  # a cluster's machines have the package installed
    here |= {name: os.environ[name] for name in ("KERAS_BACKEND",) if name in os.environ}
    options: dict[str, Any] = {} if address else {"include_dashboard": False}
    try:
        _knock(address)
        ray.init(
            address=address,
            runtime_env={"env_vars": here},
            log_to_driver=False,
            logging_level=logging.ERROR,
            **options,
        )
    except Exception as error:  # where it starts too slowly, it raises that class itself
        what = "be started" if address is None else f"be reached at {address}"
        raise RunError(f"Ray cannot {what}: {reason(error)}.") from error
    return True


def _knock(address: str | None) -> None:
    """Raise OSError where nothing answers at HOST:PORT: Ray itself would wait for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()


def _get(done: Any) -> str:
    """A task's result.

    Raises:
        FerError: what the task raised, or that its process ended.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return str(ray.get(done))
    except RayTaskError as error:
        raise error.cause if isinstance(error.cause, FerError) else error from None
    except RayError as error:
        raise RunError(
            f"A training's process has ended: {reason(error)}. Resume it with --resume."
        ) from error


def _train(
    study: Study, variant: Variant, splits: dict[str, Dataset], models: str, options: dict[str, Any]
) -> str:
    """Train one variant in a process of Ray's; the folder of its run."""
    os.environ["FER_MODELS"] = models
    from fer_core.experiments.study_runner import train_variant

    return str(train_variant(study, variant, splits, **options).path)

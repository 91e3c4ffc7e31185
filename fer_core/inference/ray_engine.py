"""Chunks of work on the machines of a Ray cluster, or on this one, by actors of Ray Data."""

import logging
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from fer_core.errors import DataError, RunError, reason
from fer_core.extras import optional
from fer_core.inference.engines import Chunk, Guarded, Result, Results, Work, check_workers
from fer_core.paths import CHECKOUT

# Ray Data is given chunks in waves, as its list of them lies in memory; to begin one takes seconds.
WAVE, WAVE_BYTES = 20_000, 1_000_000_000


def map_ray(
    work: Work, chunks: Iterable[Chunk], workers: int | None = None, *, address: str | None = None
) -> Results:
    """Each chunk's result from actors of Ray Data, by default one a core of the cluster; see ``map_local``.

    Args:
        work: is pickled to each actor.
        chunks: taken in waves.
        workers: how many actors.
        address: of the cluster, "auto" for the one that this machine is part of; by default this machine.

    Raises:
        MissingExtraError: if Ray is not installed.
        DataError: if Ray cannot be started or reached, or there are no workers.
        RunError: if it fails later.
    """
    check_workers(workers)
    with optional():
        import ray
        import ray.data
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        local: dict[str, Any] = {}
        if address is None:  # a cluster's machines have this package installed
            path = os.pathsep.join([str(CHECKOUT), *filter(None, sys.path)])
            local = {"include_dashboard": False, "runtime_env": {"env_vars": {"PYTHONPATH": path}}}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
        except Exception as error:  # where it starts too slowly, it raises that class itself
            what = "be started" if address is None else f"be reached at {address}"
            raise DataError(f"Ray cannot {what}: {reason(error)}.") from error
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    return _run_waves(work, iter(chunks), workers or int(ray.cluster_resources().get("CPU", 1)))


def _run_waves(work: Work, chunks: Iterator[Chunk], workers: int) -> Results:
    from ray.exceptions import RayError

    try:
        while wave := _take_wave(chunks):
            for results in _run_wave(work, wave, workers):
                yield from results
    except RayError as error:
        raise RunError(f"Ray has failed: {reason(error)}.") from error


def _take_wave(chunks: Iterator[Chunk]) -> list[bytes]:
    """Some chunks, pickled."""
    wave: list[bytes] = []
    size = 0
    while len(wave) < WAVE and size < WAVE_BYTES and (chunk := next(chunks, None)):
        wave.append(pickle.dumps(chunk))
        size += len(wave[-1])
    return wave


def _run_wave(work: Work, wave: list[bytes], workers: int) -> Iterator[list[Result]]:
    import ray

    done = ray.data.from_items(
        [{"chunk": each} for each in wave], override_num_blocks=min(len(wave), 20 * workers)
    ).map_batches(
        _Actor,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(wave))),
        num_cpus=1,
        fn_constructor_args=(pickle.dumps(work), os.getcwd()),
    )
    for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
        yield from map(pickle.loads, batch["results"])


class _Actor:
    """A recognizer on a core, in a process of its own: Ray would begin for ever what ends an actor."""

    def __init__(self, work: bytes, folder: str) -> None:
        self._work = Guarded(pickle.loads(work), folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {"results": [pickle.dumps(self._work(pickle.loads(each))) for each in batch["chunk"]]}

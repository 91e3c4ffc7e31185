"""Chunks of work on this machine's cores, by a pool of processes; ``ray_engine`` has those of many machines.

Chunks are taken only as fast as they are worked off, and results come in the chunks' order.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any, NamedTuple, Protocol

import cv2

from fer_core.errors import DataError, RunError, reason

AHEAD = 2  # chunks a worker that are begun or ready to be
# Results that wait for an earlier one, as for that of a long film: 20 MB of rows.
MOST_WAITING = 1024
CRASHED = "ends the process that reads it"

Chunk = tuple[Any, ...]


class Work(Protocol):
    """What is done with a chunk; it is pickled to each worker."""

    def __call__(self, chunk: Chunk, is_stopped: Callable[[], bool] = ..., /) -> Any:
        """The chunk's result."""

    def failed(self, chunk: Chunk, sentence: str, /) -> Any:
        """The result of a chunk that ends the process which works on it."""


class Result(NamedTuple):
    """What became of a chunk: how many inputs it had, and what the work made of them."""

    inputs: int
    rows: Any


Results = Generator[Result, None, None]


def map_local(work: Work, chunks: Iterable[Chunk], workers: int | None = None) -> Results:
    """Each chunk's result from a pool of processes, by default one a core; close it to stop them.

    A chunk that ends its process, as native code may on a damaged file, is worked on again input by input,
    and the one that does it is ``failed``.

    Raises:
        DataError: if there are no workers.
        RunError: if no process can be started.
    """
    check_workers(workers)
    return _run(work, iter(chunks), workers or os.cpu_count() or 1)


def check_workers(workers: int | None) -> None:
    """Refuse a number of workers that can do nothing.

    Raises:
        DataError: if it is below 1.
    """
    if workers is not None and workers < 1:
        raise DataError(f"Predicting needs at least 1 worker. Received: {workers}.")


def _run(work: Work, chunks: Iterator[Chunk], workers: int) -> Results:
    while True:
        with _pool(work, workers) as pool:
            left = yield from _run_pool(pool, chunks, AHEAD * workers)
        if not left:
            return
        with closing(Guarded(work)) as guarded:
            for chunk, future in left:
                if future.done() and not future.exception():
                    yield Result(len(chunk), future.result())
                else:
                    yield from guarded(chunk)


Waiting = deque[tuple[Chunk, "Future[Any]"]]


def _run_pool(
    pool: ProcessPoolExecutor, chunks: Iterator[Chunk], ahead: int
) -> Generator[Result, None, Waiting]:
    """Results until there are no chunks, or a worker has died; then those that wait are returned."""
    waiting: Waiting = deque()
    running: set[Future[Any]] = set()
    try:
        while True:
            while len(running) < ahead and len(waiting) < MOST_WAITING:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                waiting.append((chunk, Future()))  # it waits, whatever becomes of the pool
                waiting[-1] = (chunk, pool.submit(_call, chunk))
                running.add(waiting[-1][1])
            if not waiting:
                return waiting
            running = wait(running, return_when=FIRST_COMPLETED).not_done
            while waiting and waiting[0][1].done():
                result = waiting[0][1].result()
                chunk, _ = waiting.popleft()
                yield Result(len(chunk), result)
    except BrokenProcessPool:
        return waiting


class Guarded:
    """Work in a process of its own, for who must not be ended by it; close it to stop that.

    Args:
        work: see ``map_local``.
        folder: the working directory in which paths are meant, where this machine has it.

    Raises:
        RunError: if no process can be started.
    """

    def __init__(self, work: Work, folder: str = ".") -> None:
        with suppress(OSError):
            os.chdir(folder)
        self._work, self._process = work, ExitStack()
        self._start()

    def __call__(self, chunk: Chunk) -> list[Result]:
        """The chunk's result; where it ends the process, those of its inputs.

        Raises:
            RunError: if no process can be started.
        """
        with suppress(BrokenProcessPool):
            return [self._try(chunk)]
        found = []
        for each in chunk:
            try:
                found.append(self._try((each,)))
            except BrokenProcessPool:
                found.append(Result(1, self._work.failed((each,), f"{CRASHED}.")))
        return found

    def _try(self, chunk: Chunk) -> Result:
        try:
            return Result(len(chunk), self._pool.submit(_call, chunk).result())
        except BrokenProcessPool:
            self._start()
            raise

    def _start(self) -> None:
        self.close()
        self._pool = self._process.enter_context(_pool(self._work, 1))
        try:
            self._pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise RunError(f"No process can be started to predict in: {reason(error)}.") from error

    def close(self) -> None:
        """End the process."""
        self._process.close()


@contextmanager
def _pool(work: Work, workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes stop what they are doing when the ``with`` ends."""
    context = multiprocessing.get_context("spawn")  # a fork would share the locks of OpenCV's threads
    stopped = context.Event()
    pool = ProcessPoolExecutor(workers, context, _begin, (work, stopped))
    try:
        yield pool
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


_own: dict[str, Any] = {}  # what a worker was begun with


def _begin(work: Work, stopped: Any) -> None:
    """Begin a worker: Ctrl-C is for the one that gathers, who may also be killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _own.update(work=work, is_stopped=stopped.is_set)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(chunk: Chunk) -> Any:
    return _own["work"](chunk, _own["is_stopped"])

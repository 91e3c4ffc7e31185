"""Progress on standard error: bars with the time left; of training, one line per epoch."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from fer_core.errors import FerError
from fer_core.extras import optional
from fer_core.formats import format_percent, format_seconds

with optional():
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )


INPUTS = "photos and videos"
LINE_SECONDS = 60.0  # between two lines where there is no bar


class _Bar:
    """A bar on standard error with the time left, while a ``with`` lasts; none when that is no terminal."""

    def __init__(self, *columns: ProgressColumn, transient: bool, is_hidden: bool = False) -> None:
        self.console = Console(file=sys.stderr)
        self.bar = Progress(
            *columns,
            TimeRemainingColumn(),
            console=self.console,
            disable=is_hidden or not self.console.is_terminal,
            transient=transient,
        )

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.stop()


class TrainingProgress(_Bar):
    """Shows the steps of an epoch and the time left of the whole training, on standard error.

    Args:
        epochs: how many the recipe asks for; early stopping may end sooner.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.done = 0
        self.resumed_at: int | None = None
        self.started = time.monotonic()
        super().__init__(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=False)
        self.task = self.bar.add_task("starting", total=None)

    def on_step(self, step: int, steps: int) -> None:
        """A batch is done."""
        words = f"epoch {self.done + 1} of {self.epochs}"
        completed = self.done * steps + step
        self.bar.update(self.task, description=words, completed=completed, total=self.epochs * steps)

    def on_epoch(self, history: list[dict[str, float]]) -> None:
        """An epoch is done: one line that stays."""
        self.done = len(history)
        if self.resumed_at is None:
            self.resumed_at = self.done - 1
        row = history[-1]
        each = (time.monotonic() - self.started) / (self.done - self.resumed_at)
        left = format_seconds(each * (self.epochs - self.done))
        self.console.print(
            f"epoch {self.done:>3} of {self.epochs}  loss {row['loss']:.3f}  "
            f"accuracy {format_percent(row['accuracy'])}  PublicTest {format_percent(row['val_accuracy'])} "
            f"(loss {row['val_loss']:.3f})  {format_seconds(row['seconds'])}, {left} left",
            highlight=False,
            soft_wrap=True,
        )


class CountProgress(_Bar):
    """A bar over things that are counted, on standard error; none when that is no terminal.

    Args:
        what: is done, in a word or two.
    """

    def __init__(self, what: str) -> None:
        super().__init__(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=True)
        self.task = self.bar.add_task(what, total=None)

    def on_step(self, done: int, total: int) -> None:
        """One more is done."""
        self.bar.update(self.task, completed=done, total=total)


class BatchProgress(_Bar):
    """Photos and videos that are done, how many a second, and the time left, on standard error.

    Where that is no terminal it is a line a minute.

    Args:
        count: counts them all, which may take long; asked in a thread of its own.
    """

    def __init__(self, count: Callable[[], int]) -> None:
        super().__init__(TextColumn("{task.description}"), BarColumn(), transient=True)
        self.task = self.bar.add_task(f"{INPUTS} ...", total=None)
        self._count, self._total = count, 0
        self._done, self._started = 0, time.monotonic()
        self._next_line = self._started + LINE_SECONDS

    def __enter__(self) -> Self:
        threading.Thread(target=self._ask, daemon=True).start()
        return super().__enter__()

    def _ask(self) -> None:
        with suppress(FerError, OSError):  # whoever reads them says it
            self._total = self._count()
            self.bar.update(self.task, total=self._total)

    def on_inputs(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        self.bar.update(self.task, description=self.said, completed=self._done)
        now = time.monotonic()
        if not self.console.is_terminal and now >= self._next_line:
            self._next_line = now + LINE_SECONDS
            print(f"fer: {self.said}{self._left(now)}", file=sys.stderr)

    @property
    def said(self) -> str:
        """What is done, and how fast: "12,000 photos and videos, 31.2 a second"."""
        rate = self._done / max(1e-3, time.monotonic() - self._started)
        return f"{self._done:,} {INPUTS}, {rate:.1f} a second"

    def _left(self, now: float) -> str:
        left = self._total - self._done
        if not self._done or left <= 0:
            return ""
        return f", {format_seconds(left * (now - self._started) / self._done)} left of {self._total:,}"


class VideoProgress(_Bar):
    """A bar over a video that is being read, on standard error; none when that is no terminal.

    Args:
        name: the video's.
        is_hidden: show none, where lines on the same terminal show the progress.
    """

    def __init__(self, name: str, *, is_hidden: bool = False) -> None:
        words = TextColumn("{task.description}", markup=False)
        super().__init__(words, BarColumn(), TaskProgressColumn(), transient=True, is_hidden=is_hidden)
        self.name = name
        self.task = self.bar.add_task(f"opening {name}", total=1.0)

    def on_frame(self, share: float, seconds: float) -> None:
        """The frame at ``seconds`` is read; ``share`` of the video, in [0, 1], lies before it (or 0)."""
        self.bar.update(self.task, description=f"reading {self.name}: {seconds:.0f} s", completed=share)

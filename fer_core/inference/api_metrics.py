"""The figures of the HTTP API, in the text format of Prometheus."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from fer_core.extras import optional

with optional():
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        ProcessCollector,
        generate_latest,
    )

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one application: two in a process do not add up to one.

    Attributes:
        faces: the faces that were found.
    """

    MEDIA_TYPE: ClassVar[str] = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.faces = Counter("fer_faces", "Faces found", registry=registry)
        self._requests = Counter(
            "fer_requests", "Answers, by path and status", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "fer_request_seconds",
            "From a request's first byte to its answer",
            ["path"],
            buckets=SECONDS,
            registry=registry,
        )
        self._work = Histogram(
            "fer_prediction_seconds",
            "Decoding, detection and prediction of a photo",
            buckets=SECONDS,
            registry=registry,
        )
        self._busy = Gauge("fer_predictions_in_progress", "Photos in a thread now", registry=registry)

    @contextmanager
    def predicting(self) -> Iterator[None]:
        """Time the work on one photo."""
        with self._busy.track_inprogress(), self._work.time():
            yield

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)

    def middleware(self, app: Any, paths: Sequence[str]) -> Any:
        """An ASGI application that counts and times what the inner one answers.

        Args:
            app: the inner one.
            paths: those with a line of their own; whoever asks for others must not fill the memory.
        """

        async def counted(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            started, status = time.perf_counter(), 500

            async def note(message: dict[str, Any]) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await app(scope, receive, note)
            finally:
                path = scope["path"] if scope["path"] in paths else "other"
                self._requests.labels(path, str(status)).inc()
                self._seconds.labels(path).observe(time.perf_counter() - started)

        return counted

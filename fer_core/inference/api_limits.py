"""What a request of the HTTP API, and all at once, may ask of the machine; reading a photo within that."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Self

from fer_core.extras import optional

with optional():
    from fastapi import Request
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

MEGA = 1_000_000
MOST_NAME = 255  # letters of a file's name, which comes back in the table
READ_ON = 4  # times the limit: a body is read so far before it is refused, or its sender would not hear why


class RequestError(Exception):
    """A request that is answered by one sentence."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.headers = status, headers

    @classmethod
    @contextmanager
    def where(cls, kind: type[Exception], status: int) -> Iterator[None]:
        """Refuse with the sentence of what is raised inside."""
        try:
            yield
        except kind as error:
            raise cls(status, str(error)) from error


@dataclass(frozen=True)
class Limits:
    """The limits of a server.

    Attributes:
        most_mb: of a request's body, in 10^6 bytes.
        most_megapixels: of a photo as it is decoded; a large JPEG is at a half or less of its size.
        workers: how many photos are decoded and searched at once, each in a thread.
        waiting: how many more requests may be under way, being received or waiting for a thread.
        body_seconds: how long a body may take to arrive.
    """

    most_mb: float = 25
    most_megapixels: float = 50
    workers: int = min(4, os.cpu_count() or 1)
    waiting: int = 60
    body_seconds: float = 30

    def check_pixels(self, size: tuple[int, int]) -> None:
        """Refuse a photo before it is decoded.

        Raises:
            RequestError: if it has too many pixels.
        """
        width, height = size
        if width * height > self.most_megapixels * MEGA:
            raise RequestError(
                413,
                f"The picture is too large. Expected at most {self.most_megapixels:g} megapixels. "
                f"Received: {width} x {height}.",
            )


class Turnstile:
    """Lets in as many requests as the limits say; the others are told to come back.

    Attributes:
        pool: the threads in which photos are handled.
    """

    def __init__(self, limits: Limits) -> None:
        self._most, self._inside = limits.workers + limits.waiting, 0
        self.pool = ThreadPoolExecutor(limits.workers, "fer-predict")

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[Self]:
        """Count a request for as long as it lasts.

        Raises:
            RequestError: if too many are under way.
        """
        if self._inside >= self._most:
            raise RequestError(
                503,
                f"This server handles at most {self._most} photos at once. Send it again in a second.",
                {"Retry-After": "1"},
            )
        self._inside += 1
        try:
            yield self
        finally:
            self._inside -= 1


async def read_photo_bytes(request: "Request", limits: Limits) -> tuple[str, bytes]:
    """The name and bytes of the photo that a request carries, as its body or as the one file of a form.

    Raises:
        RequestError: if there is none, or it is too large, or does not arrive in time.
    """
    try:
        async with asyncio.timeout(limits.body_seconds):
            if request.headers.get("content-type", "").startswith("multipart/form-data"):
                name, data = await _read_form(request, limits)
            else:
                name, data = "photo", b"".join([chunk async for chunk in _bounded(request, limits)])
    except TimeoutError:
        raise RequestError(
            408, f"The photo must arrive within {limits.body_seconds:g} seconds. Received: a part of it."
        ) from None
    if not data:
        raise RequestError(400, "A photo is expected as the request's body. Received: nothing.")
    return name, data


async def _read_form(request: "Request", limits: Limits) -> tuple[str, bytes]:
    """The file of a form; what else it holds is left alone."""
    try:
        form = await MultiPartParser(request.headers, _bounded(request, limits), max_files=1).parse()
    except MultiPartException as error:
        raise RequestError(
            400, f"A form with one file is expected. Received: {error.message.rstrip('.')}."
        ) from error
    try:
        for value in form.values():
            if isinstance(value, UploadFile):
                return (value.filename or "photo")[-MOST_NAME:], await value.read()
    finally:
        await form.close()
    raise RequestError(400, "A form with one file is expected. Received: none.")


async def _bounded(request: "Request", limits: Limits) -> AsyncGenerator[bytes, None]:
    """The body's parts, no more of them than the limit.

    Raises:
        RequestError: if it is longer.
    """
    most, total = limits.most_mb * MEGA, 0
    said = request.headers.get("content-length", "")
    if not (said.isdecimal() and int(said) > READ_ON * most):
        async for chunk in request.stream():
            total += len(chunk)
            if total > READ_ON * most:
                break
            if total <= most:
                yield chunk
        if total <= most:
            return
    received = f"{int(said) / MEGA:,.1f} MB" if said.isdecimal() else "more"
    raise RequestError(
        413,
        f"The photo is too large. Expected at most {limits.most_mb:g} MB. Received: {received}.",
        {"Connection": "close"},
    )

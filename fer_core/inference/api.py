"""The HTTP API of ``fer serve``: a photo in, its face table out, as ``fer predict --json`` prints it.

    POST /predict   a photo, as the request's body or as the one file of a form
    GET  /runs      the names of the networks, the first of which is used by default
    GET  /health    whether it answers
    GET  /metrics   figures for Prometheus
    GET  /docs      this list, to be tried out in a browser; it loads nothing from elsewhere

An error is JSON, ``{"error": "one sentence"}``.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import FerError, PictureError
from fer_core.extras import optional
from fer_core.inference.api_limits import Limits, RequestError, Turnstile, read_photo_bytes
from fer_core.inference.api_metrics import Metrics
from fer_core.inference.face_table import COLUMNS, TEXTS, FaceRow, photo_rows, to_json
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.headers import open_picture, read_picture
from fer_core.vision.pictures import decode

with optional():
    from fastapi import FastAPI, Query, Request, Response
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from fastapi_offline import FastAPIOffline
    from starlette.exceptions import HTTPException

# In this room because it is one more way for predictions to leave, like the table and the videos: all that it
# needs is a recognizer and the face table. Which runs, and where to listen, is the command line's.
JSON = "application/json"
PATHS = ("/predict", "/runs", "/health", "/metrics", "/docs")
# The table's columns as OpenAPI names them; every one but the path may be empty.
ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": list(COLUMNS),
    "properties": {
        name: {"type": ["string" if name in TEXTS else "number", "null"]} for name in COLUMNS
    }
    | {"path": {"type": "string"}, "emotion": {"enum": [*EMOTION_LABELS, None]}},
}  # fmt: skip
PHOTO_SCHEMA = {"type": "string", "format": "binary"}
BODY = {
    "required": True,
    "content": {
        "image/*": {"schema": PHOTO_SCHEMA},
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": PHOTO_SCHEMA}}
        },
    },
}
ERROR_SCHEMA = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
REFUSALS = {
    400: "Nothing was sent, or a form without a file",
    404: "There is no such run",
    408: "The photo did not arrive in time",
    413: "More bytes or pixels than this server takes",
    415: "What was sent is not a picture, or of a format that is not read",
    422: "A damaged picture, one that would take too much memory or time, or a wrong face_threshold",
    503: "Too many photos at once",
}


@dataclass(frozen=True)
class Service:
    """What the routes share: the networks by name (the first is the default), the limits, the figures."""

    recognizers: Mapping[str, Recognizer]
    limits: Limits
    turnstile: Turnstile
    metrics: Metrics

    def find(self, run: str | None) -> Recognizer:
        """The network of that name.

        Raises:
            RequestError: if this server has none.
        """
        name = next(iter(self.recognizers)) if run is None else run
        if name not in self.recognizers:
            raise RequestError(
                404, f"There is no run {name!r} here. The runs are: {', '.join(self.recognizers)}."
            )
        return self.recognizers[name]


def create_app(recognizers: Mapping[str, Recognizer], limits: Limits | None = None) -> "FastAPI":
    """The ASGI application, for uvicorn or another server.

    Args:
        recognizers: the networks by the names of their runs; the first is used where a request names none.
        limits: what one request, and all at once, may ask of this machine.

    Raises:
        MissingExtraError: if FastAPI is not installed.
    """
    limits = limits or Limits()
    service = Service(recognizers, limits, Turnstile(limits), Metrics())
    from fer_core import __version__

    app = FastAPIOffline(title="fer", version=__version__, description=__doc__, redoc_url=None)
    app.router.redirect_slashes = False
    app.add_middleware(service.metrics.middleware, paths=PATHS)
    _answer_errors(app)
    _add_predict(app, service)
    _add_figures(app, service)
    return app


def _add_predict(app: "FastAPI", service: Service) -> None:
    responses: dict[int | str, dict[str, Any]] = {
        code: {"description": why, "content": {JSON: {"schema": ERROR_SCHEMA}}}
        for code, why in REFUSALS.items()
    }
    table = {"schema": {"type": "array", "items": ROW_SCHEMA}}
    responses[200] = {"description": "The face table: a row a face, or one that says that there is none"}
    responses[200]["content"] = {JSON: table}

    @app.post("/predict", responses=responses, openapi_extra={"requestBody": BODY})
    async def predict(
        request: Request,
        run: Annotated[str | None, Query(description="which network; see /runs")] = None,
        face_threshold: Annotated[
            float | None, Query(gt=0, le=1, description="the least score of a face; by default 0.7")
        ] = None,
    ) -> Response:
        """The faces of a photo, their boxes, landmarks and seven probabilities."""
        recognizer = service.find(run)
        async with service.turnstile.enter():
            name, data = await read_photo_bytes(request, service.limits)
            work = partial(_predict, recognizer, name, data, face_threshold, service)
            rows = await asyncio.get_running_loop().run_in_executor(service.turnstile.pool, work)
        return Response(to_json(rows), media_type=JSON)


def _predict(
    recognizer: Recognizer, name: str, data: bytes, face_threshold: float | None, service: Service
) -> list[FaceRow]:
    """The rows of one photo, in a thread of the pool.

    Raises:
        RequestError: if the bytes are no picture, or one with too many pixels, or one that cannot be decoded.
    """
    with RequestError.where(PictureError, 415):
        title, data = read_picture(data)
    with service.metrics.predicting(), RequestError.where(PictureError, 422):
        image = open_picture(title, data)
        service.limits.check_pixels(image.size)
        picture = decode(title, image, data)
        rows = photo_rows(name, recognizer.predict(picture, face_threshold=face_threshold))
    service.metrics.faces.inc(sum(row.face is not None for row in rows))
    return rows


def _add_figures(app: "FastAPI", service: Service) -> None:
    @app.get("/runs")
    async def runs() -> list[str]:
        """The networks; the first is used by default."""
        return list(service.recognizers)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether it answers, for a container's or a balancer's health check."""
        return {"status": "ok", "version": app.version}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Requests, their seconds, faces, and the process, for Prometheus."""
        return Response(service.metrics.text(), media_type=service.metrics.MEDIA_TYPE)


def _answer_errors(app: "FastAPI") -> None:
    """Every error as one sentence."""

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> Response:
        return _error(error.status, str(error), error.headers)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        path, method = request.url.path, request.method
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            return _error(405, f"{path} expects {allowed}. Received: {method}.", error.headers)
        if error.status_code == 404:
            return _error(404, f"There is no {path} here. Expected one of {', '.join(PATHS)}.")
        return _error(error.status_code, f"{error.detail}.", error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong_value(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name, rule = first["loc"][-1], first["msg"].replace("Input should", "must")
        return _error(422, f"{name} {rule}. Received: {json.dumps(first['input'])}.")

    @app.exception_handler(FerError)
    async def failed(request: Request, error: FerError) -> Response:
        return _error(500, str(error))

    @app.exception_handler(Exception)
    async def broke(request: Request, error: Exception) -> Response:
        return _error(500, f"This should not happen: {type(error).__name__}. The server's log says where.")


def _error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> "Response":
    return JSONResponse({"error": sentence}, status, dict(headers or {}))

"""Optional packages: what is missing is named in one sentence, with the command that installs it.

with optional():
    import keras
"""

from collections.abc import Iterator
from contextlib import contextmanager

from fer_core.errors import MissingExtraError

# package -> the extra of pyproject.toml that brings it
EXTRAS = {
    "av": "video",
    "fastapi": "api",
    "fastapi_offline": "api",
    "kagglehub": "kaggle",
    "keras": "train",
    "markdown_it": "app",
    "onnxruntime": "onnx",
    "pandas": "app",
    "plotly": "app",
    "prometheus_client": "api",
    "pyarrow": "batch",
    "ray": "ray",
    "rich": "train",
    "sklearn": "app",
    "starlette": "api",
    "streamlit": "app",
    "tensorflow": "train",
    "tf2onnx": "onnx",
    "threadpoolctl": "train",
    "uvicorn": "api",
}


@contextmanager
def optional() -> Iterator[None]:
    """Turn the failed import of an optional package into a sentence.

    Raises:
        MissingExtraError: if a package of ``EXTRAS`` is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise MissingExtraError(
            f"This needs the package {package}, which is not installed. Install it with: "
            f"pip install 'fer-core[{EXTRAS[package]}]'",
            name=package,
        ) from error

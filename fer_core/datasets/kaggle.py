"""FER2013 from Kaggle, through kagglehub (an optional extra)."""

import os
import shutil
from pathlib import Path

from fer_core.errors import DataError
from fer_core.extras import optional
from fer_core.files import replace_whole

# A public copy of the CSV. It needs no account, where the competition asks to accept its rules first.
HANDLE = "deadskull7/fer2013"
NAME = "fer2013.csv"
BY_HAND = (
    f"download {NAME} in a browser from https://www.kaggle.com/datasets/{HANDLE} and give its path instead"
)


def fetch_fer2013(folder: Path | str) -> Path:
    """Download fer2013.csv into ``folder`` and return its path; a file that is already there is kept.

    kagglehub shows the progress, resumes a broken download, and keeps its own copy in its cache.

    Raises:
        MissingExtraError: if kagglehub is not installed.
        DataError: if the download fails or holds no fer2013.csv, or the folder cannot be written.
    """
    target = Path(os.path.expanduser(folder)) / NAME
    if target.is_file():
        return target
    with optional():
        import kagglehub

    try:
        downloaded = Path(kagglehub.dataset_download(HANDLE))
    except Exception as error:  # Network, login, disk: kagglehub has no common parent for them.
        reason = next(iter(str(error).splitlines()), "") or "no reason"
        raise DataError(
            f"FER2013 could not be fetched from Kaggle: {BY_HAND}. "
            f"Received: {type(error).__name__}, {reason}."
        ) from error
    found = sorted(downloaded.rglob(NAME))
    if not found:
        raise DataError(f"Kaggle's {HANDLE} holds no {NAME}: {BY_HAND}. Received: {_names(downloaded)}.")
    _copy(found[0], target)
    return target


def _names(folder: Path) -> str:
    return ", ".join(sorted(entry.name for entry in folder.iterdir())[:5]) or "an empty folder"


def _copy(source: Path, target: Path) -> None:
    """Copy whole or not at all, so that an interruption leaves no half file under the right name."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replace_whole(target) as partial:
            shutil.copyfile(source, partial)
    except OSError as error:
        raise DataError(f"{target} must be writable. Received: {error.strerror or error}.") from None

"""``fer predict``: the expression of every face in photos and videos."""

import argparse
import csv
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.commands.video import (
    is_video,
    moments_as_dicts,
    open_video,
    read_video,
    save_peaks,
    video_lines,
)
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import FerError
from fer_core.formats import format_percent

if TYPE_CHECKING:
    from fer_core.recognition import Prediction, Recognizer
    from fer_core.video import VideoReader

    Result = list[Prediction] | VideoReader

RATE = 5.0  # pictures a second of a video: an expression lasts half a second or longer
COLUMNS = ("file", "seconds", "face", "emotion", "x", "y", "width", "height", *EMOTION_LABELS)


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer predict FILE ...``."""
    command = commands.add_parser("predict", help="read the expression of every face in photos and videos")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--run", help="which network (default: the best on PublicTest)")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="all seven probabilities, as JSON")
    form.add_argument("--csv", action="store_true", help="the same as CSV, a line a face and moment")
    command.add_argument(
        "--rate", type=_rate, default=RATE, help=f"pictures read of a video's second (default: {RATE:g})"
    )
    command.add_argument(
        "--output", type=Path, metavar="FOLDER", help="write annotated pictures there; of a video, its peaks"
    )
    command.set_defaults(command=predict)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(f"expected more than 0 and at most 1000, received {text!r}")
    return rate


def predict(options: argparse.Namespace) -> int:
    """``fer predict FILE ...``; one that cannot be read stops no other, Ctrl-C keeps what is read."""
    from fer_core.recognition import Recognizer
    from fer_core.runs import best_run

    recognizer = Recognizer(options.run or best_run())
    results: dict[str, Result] = {}
    code = 0
    for path in options.files:
        try:
            _read(recognizer, path, options, results)
        except FerError as error:
            print(f"fer: {error}", file=sys.stderr)
            code = 1
        except KeyboardInterrupt:
            if not is_video(path):  # a video has said where it was stopped
                print("\nfer: stopped.", file=sys.stderr)
            code = 130
            break
    _show(recognizer.name, results, options)
    return code


def _read(
    recognizer: "Recognizer", path: Path, options: argparse.Namespace, results: "dict[str, Result]"
) -> None:
    """Add what is found in one file to the results; of a video also where it is read in part."""
    if not is_video(path):
        results[str(path)] = _predict_one(recognizer, path, options.output)
        return
    reader = open_video(recognizer, path, options.rate)
    try:
        read_video(reader, str(path))
    finally:
        if reader.moments:
            results[str(path)] = reader
            if options.output:
                save_peaks(reader, options.output, path.stem)


def _predict_one(recognizer: "Recognizer", path: Path, output: Path | None) -> "list[Prediction]":
    from fer_core.pictures import load_picture

    picture = load_picture(path)
    found = recognizer.predict(picture)
    if output:
        from PIL import Image

        from fer_core.drawing import draw_predictions

        output.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_predictions(picture, found)).save(output / f"{path.stem}-faces.png")
    return found


def _show(run: str, results: "dict[str, Result]", options: argparse.Namespace) -> None:
    """Print the results as they were asked for."""
    if not (options.json or options.csv):
        for path, found in results.items():
            print("\n".join(_lines(path, found)))
        return
    pictures = {path: _faces(found) for path, found in results.items() if isinstance(found, list)}
    videos = {path: _faces(found) for path, found in results.items() if not isinstance(found, list)}
    if options.json:
        answer = {"run": run, "pictures": pictures} | ({"videos": videos} if videos else {})
        print(json.dumps(answer, indent=1))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path in results:
        for number, face in enumerate(pictures.get(path) or videos.get(path) or [], 1):
            writer.writerow(_csv_row(path, number, face))


def _faces(found: "Result") -> list[dict[str, Any]]:
    return [each.as_dict() for each in found] if isinstance(found, list) else moments_as_dicts(found)


def _csv_row(path: str, number: int, face: dict[str, Any]) -> list[object]:
    """A line under ``COLUMNS``; a picture's faces have no time, and are numbered in their order."""
    box = [f"{value:.1f}" for value in face["box"].values()]
    shares = [f"{value:.4f}" for value in face["probabilities"].values()]
    return [path, face.get("seconds", ""), face.get("face", number), face["emotion"], *box, *shares]


def _lines(path: str, found: "Result") -> list[str]:
    """What people read: a line a face, or a video's table."""
    if not isinstance(found, list):
        return video_lines(path, found)
    if not found:
        return [f"{path}: no face found"]
    lines = []
    for number, face in enumerate(found, 1):
        x, y, width, height = (round(value) for value in face.face.box)
        lines.append(
            f"{path}: face {number} at {x},{y} ({width}x{height} px): "
            f"{face.emotion.label} {format_percent(face.confidence)}"
        )
    return lines

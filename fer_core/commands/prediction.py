"""``fer predict``: the expression of every face in photos."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.errors import FerError
from fer_core.formats import format_percent

if TYPE_CHECKING:
    from fer_core.recognition import Prediction, Recognizer


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer predict PICTURE ...``."""
    command = commands.add_parser("predict", help="read the expression of every face in photos")
    command.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    command.add_argument("--run", help="which network (default: the best on PublicTest)")
    command.add_argument("--json", action="store_true", help="all seven probabilities, as JSON")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="write annotated pictures there")
    command.set_defaults(command=predict)


def predict(options: argparse.Namespace) -> int:
    """``fer predict PICTURE ...``; a picture that cannot be read does not stop the others."""
    from fer_core.recognition import Recognizer
    from fer_core.runs import best_run

    recognizer = Recognizer(options.run or best_run())
    results, failed = {}, False
    for path in options.pictures:
        try:
            results[str(path)] = _predict_one(recognizer, path, options.output)
        except FerError as error:
            print(f"fer: {error}", file=sys.stderr)
            failed = True
    if options.json:
        faces = {path: [face.as_dict() for face in found] for path, found in results.items()}
        print(json.dumps({"run": recognizer.name, "pictures": faces}, indent=1))
    else:
        for path, found in results.items():
            print("\n".join(_prediction_lines(path, found)))
    return 1 if failed else 0


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


def _prediction_lines(path: str, found: "list[Prediction]") -> list[str]:
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

"""``fer predict``: one row per face of photos and videos, printed as soon as it is known."""

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.cli.common import add_reading_options, default_run, say
from fer_core.cli.output import Output
from fer_core.errors import FerError
from fer_core.formats import format_percent
from fer_core.inference.face_table import CSV, JSON, FaceRow, Form, TableWriter, photo_rows
from fer_core.inference.inputs import find_files

if TYPE_CHECKING:
    from fer_core.inference.recognizer import Recognizer
    from fer_core.inference.video import VideoReader


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer predict FILE ...``."""
    command = commands.add_parser("predict", help="predict the expression of every face in photos and videos")
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a photo, a video, a folder with all below it, a pattern such as '*.jpg', or - for a list of "
        "these on standard input",
    )
    add_reading_options(command)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the face table as JSON, with all columns")
    form.add_argument("--csv", action="store_true", help="the same as CSV")
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="also write the face table to a .csv or .json file, or annotated pictures to a folder (of a "
        "video its key frames)",
    )
    command.set_defaults(command=predict)


def predict(options: argparse.Namespace) -> int:
    """``fer predict FILE ...``; a file that cannot be read stops no other, but makes the exit code 1."""
    from fer_core.inference.recognizer import Recognizer

    form = JSON if options.json else CSV if options.csv else TEXT
    recognizer = Recognizer(options.run or default_run(), face_threshold=options.face_threshold)
    with Output(options.output) as output, TableWriter(sys.stdout, form) as printed:
        code, path = 0, options.files[0]
        try:
            for path, wrong in find_files(options.files, say=say):
                rows = _read(recognizer, path, wrong, options.rate, output)
                with closing(rows):
                    for row in rows:
                        printed.write(row)
                        output.add_row(row)
                        if row.error:
                            say(row.error)
                            code = 1
        except KeyboardInterrupt:
            print(f"\nfer: stopped in {path}; every row until then is kept.", file=sys.stderr)
            code = 130
    return code or int(output.failed)


Rows = Generator[FaceRow, None, None]


def _read(recognizer: "Recognizer", path: str, wrong: str, rate: float, output: Output) -> Rows:
    """The rows of one file, the last of them for what is wrong with it."""
    from fer_core.vision.frames import kind_of

    try:
        if wrong:
            yield FaceRow(path, error=wrong)
        elif kind_of(path) == "video":
            yield from _read_video(recognizer, path, rate, output)
        else:
            yield from _read_photo(recognizer, path, output)
    except FerError as error:
        yield FaceRow(path, error=str(error))


def _read_photo(recognizer: "Recognizer", path: str, output: Output) -> list[FaceRow]:
    from fer_core.vision.pictures import load_picture

    picture = load_picture(path)
    predictions = recognizer.predict(picture)
    if output.wants_pictures:
        from PIL import Image

        from fer_core.inference.annotation import draw_predictions

        drawn = Image.fromarray(draw_predictions(picture, predictions))
        output.add_picture(f"{Path(path).stem}-faces.png", path, drawn.save)
    return photo_rows(path, predictions)


def _read_video(recognizer: "Recognizer", path: str, rate: float, output: Output) -> Rows:
    """One row per face and sampled frame; rows before a damage or Ctrl-C are kept."""
    from fer_core.cli.progress import VideoProgress
    from fer_core.inference.video import VideoReader

    reader, count = VideoReader(recognizer, path, frames_per_second=rate), 0
    with VideoProgress(path, is_hidden=sys.stdout.isatty()) as progress:
        try:
            while reader.read_next():
                rows = reader.rows[count:]
                yield from rows
                count += len(rows)
                progress.on_frame(reader.share, reader.seconds)
            if not count:
                yield FaceRow(path)
            if reader.remark:
                print(f"fer: {reader.remark}", file=sys.stderr)
        finally:
            reader.stop()
            _save_key_frames(reader, path, output)


def _save_key_frames(reader: "VideoReader", path: str, output: Output) -> None:
    """For each face and emotion, the frame in which it showed most: ``film-face-1-happy.jpg``."""
    for number in reader.faces():
        for each in reader.key_frames(number):
            name = f"{Path(path).stem}-face-{number}-{each.emotion.label}.jpg"
            output.add_picture(name, path, partial(_write, each.jpeg))


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _line(row: FaceRow) -> str:
    """A row as text; errors go to standard error."""
    if row.error:
        return ""
    if row.face is None:
        return f"{row.path}: no face detected\n"
    x, y, width, height = map(round, row.face.box)
    at = row.path if row.time is None else f"{row.path} at {row.time:.2f} s"
    values = row.values()
    emotion = f"{values['emotion']} {format_percent(values['confidence'])}"
    turned = f", rotated by {row.face.rotation} degrees" if row.face.rotation else ""
    return f"{at}: face {row.number} at {x},{y} ({width}x{height} px{turned}): {emotion}\n"


TEXT = Form("", "", "", _line)

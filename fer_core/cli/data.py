"""``fer data``: check a copy of FER2013 or of another set, or fetch FER2013."""

import argparse
from pathlib import Path

from fer_core.cli.common import DATA_HELP, read_image_set

SET_NAMES = ("fer2013", "ckplus", "jaffe", "ferg", "rafd")


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer data check PATH`` and ``fer data get [FOLDER]``."""
    data = commands.add_parser("data", help="check a data set, or download FER2013").add_subparsers(
        required=True, metavar="COMMAND"
    )
    command = data.add_parser("check", help="check a copy of a data set: counts, duplicates, problems")
    command.add_argument("path", help=f"{DATA_HELP}; or the folder of CK+, JAFFE, FERG-DB or RaFD")
    command.add_argument("--set-name", choices=SET_NAMES, help="which set it is (default: its layout tells)")
    command.set_defaults(command=check_data)
    command = data.add_parser("get", help="download fer2013.csv from Kaggle (needs kagglehub)")
    command.add_argument("folder", type=Path, nargs="?", default=Path("data"))
    command.set_defaults(command=get_data)


def check_data(options: argparse.Namespace) -> None:
    """``fer data check PATH [--set-name NAME]``."""
    from fer_core.datasets import check_fer2013, format_report
    from fer_core.datasets.image_sets import format_image_set, parse_spec

    key, path = parse_spec(options.path)
    key = options.set_name or key
    if key is not None and key != "fer2013":
        print(format_image_set(read_image_set(f"{key}={path}")))
        return
    print(format_report(check_fer2013(path)))


def get_data(options: argparse.Namespace) -> None:
    """``fer data get [FOLDER]``."""
    from fer_core.datasets import check_fer2013, fetch_fer2013, format_report

    print(format_report(check_fer2013(fetch_fer2013(options.folder))))

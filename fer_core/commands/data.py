"""``fer data``: check a copy of FER2013, or fetch one."""

import argparse
from pathlib import Path

from fer_core.commands.common import DATA_HELP


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer data check PATH`` and ``fer data get [FOLDER]``."""
    data = commands.add_parser("data", help="check or fetch FER2013").add_subparsers(
        required=True, metavar="COMMAND"
    )
    command = data.add_parser("check", help="what a copy of FER2013 holds, and what is odd about it")
    command.add_argument("path", type=Path, help=DATA_HELP)
    command.set_defaults(command=check_data)
    command = data.add_parser("get", help="fetch fer2013.csv from Kaggle (needs kagglehub)")
    command.add_argument("folder", type=Path, nargs="?", default=Path("data"))
    command.set_defaults(command=get_data)


def check_data(options: argparse.Namespace) -> None:
    """``fer data check PATH``."""
    from fer_core.datasets import check_fer2013, format_report

    print(format_report(check_fer2013(options.path)))


def get_data(options: argparse.Namespace) -> None:
    """``fer data get [FOLDER]``."""
    from fer_core.datasets import check_fer2013, fetch_fer2013, format_report

    print(format_report(check_fer2013(fetch_fer2013(options.folder))))

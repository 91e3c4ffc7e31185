"""What can go wrong, as a tree; every message is one sentence a user can act on.

    FerError
    ├── DataError          a data set, or arrays made from one, is not what it should be
    ├── PictureError       a photo or video cannot be read
    ├── RecipeError        a recipe is unknown or holds a value that cannot be trained
    ├── RunError           a run folder is missing, unfinished, broken, or in the way
    ├── OutputError        a result cannot be written where it was wanted
    └── MissingExtraError  an optional package is not installed

A message says what is wrong, what was expected and what was received. Whoever shows an error to a user
(the command line, a page) catches ``FerError`` and prints its message alone.
"""


class FerError(Exception):
    """Anything that this library raises on purpose."""


class DataError(FerError, ValueError):
    """A data set, or arrays made from one, is not what it should be."""


class PictureError(FerError, ValueError):
    """A photo or video cannot be read."""


class RecipeError(FerError, ValueError):
    """A recipe is unknown or holds a value that cannot be trained."""


class RunError(FerError):
    """A run folder is missing, unfinished, broken, or in the way."""


class OutputError(FerError):
    """A result cannot be written where it was wanted."""


class MissingExtraError(FerError, ImportError):
    """An optional package is not installed; the message names the command that installs it."""


def reason(error: object) -> str:
    """What another library says is wrong, to end a sentence of ours: one line, without its full stop."""
    words = " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())
    return (words if len(words) <= 200 else f"{words[:200]} ...").rstrip(" .")

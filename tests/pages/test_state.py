"""What an address says, as the value of a widget, and back."""

import pytest

from pages.parts import state

SPLITS = ("Training", "PublicTest")
RATES = (1, 2, 5)


@pytest.mark.parametrize(
    ("texts", "default", "how", "value"),
    [
        (["PublicTest"], "Training", {"options": SPLITS}, "PublicTest"),
        (["PublicTest", "Training"], "Training", {"options": SPLITS}, "Training"),
        (["nonsense"], "Training", {"options": SPLITS}, "Training"),
        ([], "Training", {"options": SPLITS}, "Training"),
        (["5"], 2, {"options": RATES}, 5),
        (["best", "gone", "best"], [], {"options": ("best", "other")}, ["best"]),
        ([""], ["best"], {"options": ("best", "other")}, []),
        (["gone"], ["best"], {"options": ("best", "other")}, ["best"]),
        (["0.85"], 0.7, {"between": (0.3, 0.95)}, 0.85),
        (["7"], 0.7, {"between": (0.3, 0.95)}, 0.7),
        (["nan"], 0.7, {"between": (0.3, 0.95)}, 0.7),
        (["12"], 0, {"between": (0, 9999)}, 12),
        (["1.5"], 0, {"between": (0, 9999)}, 0),
        (["9" * 5000], 0, {"between": (0, 9999)}, 0),
        (["70", "20"], (0, 100), {"between": (0, 100)}, (20, 70)),
        (["70"], (0, 100), {"between": (0, 100)}, (0, 100)),
        (["70", "700"], (0, 100), {"between": (0, 100)}, (0, 100)),
    ],
)
def test_an_address_gives_what_the_widget_could_have_said_or_its_default(texts, default, how, value):
    how = {"options": (), "between": None} | how
    assert state._read(texts, default, **how) == value
    assert state._read(state._write(value), default, **how) == value

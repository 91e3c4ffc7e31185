"""Ways to damage a network's run on disk, by a name that says how: each changes a whole run's files."""

import io
import json
import os
import zipfile
from functools import cache
from pathlib import Path

import numpy as np

METRICS, PROVENANCE, RECIPE, HISTORY = "metrics.json", "provenance.json", "recipe.json", "history.csv"
NPZ = "public.npz"
FACTS = ("command", "commit", "seed", "finished", "seconds", "device", "versions", "data")
FACTS += ("parameters", "epochs", "best_epoch", "temperature")
ACCURACY = (METRICS, "PublicTest", "single", "all", "accuracy")
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


def put(name, *keys, to):
    """Put a value into a JSON file; Ellipsis takes the key out."""

    def damage(run):
        values = inner = json.loads((run / name).read_text(encoding="utf-8"))
        for key in keys[:-1]:
            inner = inner[key]
        if to is ...:
            del inner[keys[-1]]
        else:
            inner[keys[-1]] = to
        (run / name).write_text(json.dumps(values), encoding="utf-8")

    return damage


def write(name, content):
    return lambda run: (run / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def half(name):
    return lambda run: os.truncate(run / name, (run / name).stat().st_size // 2)


def arrays(name=NPZ, **changes):
    """Change arrays of an .npz: None takes one out, a function changes it, all else takes its place."""

    def damage(run):
        with np.load(run / name) as file:
            held = dict(file)
        for key, change in changes.items():
            held[key] = change(held[key]) if callable(change) else change
        np.savez_compressed(run / name, **{key: value for key, value in held.items() if value is not None})

    return damage


def instead(make, name):
    """Put something else where a file was."""

    def damage(run):
        (run / name).unlink()
        make(run / name)

    return damage


def lines(change):
    """Change the lines of history.csv."""

    def damage(run):
        before = (run / HISTORY).read_text(encoding="utf-8").splitlines()
        (run / HISTORY).write_text("\n".join(change(before)) + "\n", encoding="utf-8")

    return damage


def exchange_splits(run):
    public, private = (run / NPZ).read_bytes(), (run / "private.npz").read_bytes()
    (run / NPZ).write_bytes(private)
    (run / "private.npz").write_bytes(public)


@cache
def bomb():
    """An .npz of 0.3 MB that unpacks to 0.3 GB."""
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("labels.npy", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1_000_000))
    return whole.getvalue()


def put_bomb(run):
    (run / NPZ).write_bytes(bomb())


def put_header(header):
    """An .npz whose first array says of itself what is not so."""

    def damage(run):
        with zipfile.ZipFile(run / NPZ, "w") as archive:
            text = f"{header:<117}\n".encode()
            archive.writestr("labels.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)

    return damage


DAMAGES = {
    # metrics.json
    "metrics empty": write(METRICS, ""),
    "metrics cut short": half(METRICS),
    "metrics of bytes": write(METRICS, b"\xff\xfe\x00"),
    "metrics null": write(METRICS, "null"),
    "metrics a list": write(METRICS, "[1, 2]"),
    "metrics deep": write(METRICS, DEEP),
    "metrics missing": lambda run: (run / METRICS).unlink(),
    "metrics a folder": instead(Path.mkdir, METRICS),
    "no PrivateTest": put(METRICS, "PrivateTest", to=...),
    "no PublicTest": put(METRICS, "PublicTest", to=...),
    "no flipped view": put(METRICS, "PrivateTest", "flip", to=...),
    "no duplicate-free subset": put(METRICS, "PrivateTest", "single", "twin_free", to=...),
    "a view that is a list": put(METRICS, "PrivateTest", "single", to=[1]),
    "accuracy a word": put(*ACCURACY, to="high"),
    "accuracy a number as text": put(*ACCURACY, to="0.7"),
    "accuracy NaN": put(*ACCURACY, to=float("nan")),
    "accuracy infinite": put(*ACCURACY, to=float("inf")),
    "accuracy 99": put(*ACCURACY, to=99),
    "accuracy below 0": put(*ACCURACY, to=-0.1),
    "accuracy true": put(*ACCURACY, to=True),
    "accuracy null": put(*ACCURACY, to=None),
    "accuracy of other predictions": put(*ACCURACY, to=0.9),
    "interval of one end": put(METRICS, "PrivateTest", "single", "all", "accuracy_interval", to=[0.5]),
    "count of other predictions": put(METRICS, "PrivateTest", "single", "all", "count", to=3588),
    "count 0": put(METRICS, "PrivateTest", "single", "all", "count", to=0),
    "count a fraction": put(METRICS, "PrivateTest", "single", "all", "count", to=3589.5),
    "recall of six": put(METRICS, "PrivateTest", "single", "all", "recall", to=[0.5] * 6),
    "support below 0": put(METRICS, "PrivateTest", "single", "all", "support", to=[-1] * 7),
    "confusion of text": put(METRICS, "PrivateTest", "single", "all", "confusion", to=[["a"] * 7] * 7),
    "confusion of other predictions": put(METRICS, "PrivateTest", "single", "all", "confusion", 0, 0, to=1),
    "calibration error 7": put(METRICS, "PrivateTest", "flip", "all", "ece", to=7.0),
    "log loss NaN": put(METRICS, "PrivateTest", "flip", "all", "log_loss", to=float("nan")),
    # provenance.json
    **{f"no {key}": put(PROVENANCE, key, to=...) for key in FACTS},
    "seconds a word": put(PROVENANCE, "seconds", to="long"),
    "seconds infinite": put(PROVENANCE, "seconds", to=float("inf")),
    "parameters a text": put(PROVENANCE, "parameters", to="many"),
    "temperature 0": put(PROVENANCE, "temperature", to=0),
    "power NaN": put(PROVENANCE, "power", to=float("nan")),
    "data empty": put(PROVENANCE, "data", to={}),
    "data a list": put(PROVENANCE, "data", to=["FER2013"]),
    "data without a count": put(PROVENANCE, "data", "PrivateTest", "count", to=...),
    "versions a text": put(PROVENANCE, "versions", to="new"),
    "finished never": put(PROVENANCE, "finished", to="never"),
    "commit a number": put(PROVENANCE, "commit", to=12),
    "a command of two lines": put(PROVENANCE, "command", to="fer train x\n\x1b[2Jrm -r /"),
    "checksums a list": put(PROVENANCE, "sha256", to=[1]),
    "best epoch after the last": put(PROVENANCE, "best_epoch", to=99),
    "provenance deep": put(PROVENANCE, "extra", to=json.loads('{"a":' * 90 + "1" + "}" * 90)),
    # recipe.json
    "recipe empty": write(RECIPE, "{}"),
    "recipe null": write(RECIPE, "null"),
    "recipe unknown field": put(RECIPE, "epoch", to=3),
    "recipe field of text": put(RECIPE, "epochs", to="three"),
    "recipe field NaN": put(RECIPE, "learning_rate", to=float("nan")),
    "recipe name null": put(RECIPE, "name", to=None),
    "recipe a pipe": instead(os.mkfifo, RECIPE) if hasattr(os, "mkfifo") else write(RECIPE, ""),
    "recipe a link to nowhere": instead(lambda path: path.symlink_to("nowhere"), RECIPE),
    "recipe a link to itself": instead(lambda path: path.symlink_to(path), RECIPE),
    # history.csv
    "history empty": write(HISTORY, ""),
    "history of bytes": write(HISTORY, b"\x00\xff" * 99),
    "history a column short": lines(lambda rows: [row.rsplit(",", 1)[0] for row in rows]),
    "history of other columns": lines(lambda rows: ["a,b,c", *rows[1:]]),
    "history a row short": lines(lambda rows: rows[:-1]),
    "history of words": lines(lambda rows: [*rows[:-1], "last,x,x,x,x,x,x"]),
    "history without rows": lines(lambda rows: rows[:1]),
    "history accuracy 7": lines(lambda rows: [*rows[:-1], "5,1,7,1,7,0.1,60"]),
    "history epochs out of order": lines(lambda rows: [rows[0], *rows[:0:-1]]),
    "history with a huge field": lines(lambda rows: [*rows, "1" * 200_000]),
    # predictions
    "predictions cut short": half(NPZ),
    "predictions a word": write(NPZ, "probabilities"),
    "predictions empty": write(NPZ, ""),
    "predictions missing": lambda run: (run / NPZ).unlink(),
    "predictions of another split": exchange_splits,
    "predictions without duplicates": arrays(twins=None),
    "predictions with an array too many": arrays(logits=np.zeros(3)),
    "predictions a row short": arrays(rows=lambda rows: rows[:-1]),
    "predictions none": arrays(
        labels=np.zeros(0, np.uint8), rows=np.zeros(0, np.int64), twins=np.zeros(0, bool),
        probabilities=np.zeros((0, 7), np.float32), probabilities_flip=np.zeros((0, 7), np.float32),
    ),
    "predictions not a number": arrays(probabilities=lambda values: values * np.nan),
    "predictions of no probability": arrays(probabilities=np.ones_like),
    "predictions of text": arrays(probabilities=lambda values: values.astype("U9")),
    "predictions shuffled": arrays(labels=lambda labels: labels[::-1]),
    "labels of text": arrays(labels=lambda labels: labels.astype("U9")),
    "labels 9": arrays(labels=lambda labels: labels + np.uint8(9)),
    "labels of no dimension": arrays(labels=np.uint8(1)),
    "duplicates as numbers": arrays(twins=lambda twins: twins.astype(np.int64)),
    "rows as dates": arrays(rows=lambda rows: rows.astype("datetime64[s]")),
    "predictions pickled": arrays(labels=lambda labels: np.array([None] * len(labels), dtype=object)),
    "predictions that unpack to 0.3 GB": put_bomb,
    "an array of a million million": put_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,), }"
    ),
    "an array of no type": put_header("{'descr': 'nothing', 'fortran_order': False, 'shape': (3,), }"),
    "an array header of code": put_header("{'descr': __import__('os'), }"),
    # others
    "card missing": lambda run: (run / "README.md").unlink(),
    "model missing": lambda run: (run / "model.tflite").unlink(),
}  # fmt: skip

"""Small files that would take much memory, what has no end, and files that are none of ours."""

import gzip
import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pyarrow.parquet import write_table

from fer_core.datasets import check_fer2013, load_fer2013, load_ferplus, sources
from fer_core.datasets.image_sets import load_image_set
from fer_core.errors import DataError
from tests.synthetic import synthetic_splits, write_fer2013_tree

PIXELS = " ".join(["7"] * 2304)
HEADER = "emotion,pixels,Usage"


def npy(shape, dtype="|u1", data=b""):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def write_members(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


LABELS = npy((3,), data=bytes(3))
ALLOWED = 8_000_000
NOTHING = bytes(9_000_000)  # some 40 kB once it is packed
ROW = f"0,{PIXELS},Training\n".encode()
BOMBS = {
    "more images than are read": (
        "npz",
        {"images.npy": npy((900_000, 48, 48)), "labels.npy": npy((900_000,)), "usage.npy": npy((900_000,))},
        r"expected at most 200,000 images\. Received: 900,000",
    ),
    "labels larger than images": (
        "npz",
        {"images.npy": npy((3, 48, 48)), "labels.npy": npy((10**9,)), "usage.npy": LABELS},
        r"labels must be \(3,\)",
    ),
    "names without end": (
        "npz",
        {"images.npy": npy((3, 48, 48)), "labels.npy": npy((3,), "<U90000000"), "usage.npy": LABELS},
        r"labels must be \(3,\) whole numbers or names",
    ),
    "images of nothing": (
        "npz",
        {"images.npy": npy((3_900, 48, 48), data=NOTHING), "labels.npy": LABELS, "usage.npy": LABELS},
        r"at most 100 times the file's own size",
    ),
    "a picture of nothing": ("zip", {"train/sad/a.png": NOTHING}, r"at most 100 times the file's own size"),
    "text of nothing": ("zip", {"fer2013.csv": NOTHING}, r"at most 100 times the file's own size"),
    "the same row for ever": (
        "gz",
        f"{HEADER}\n".encode() + 2_100 * ROW,
        r"at most 100 times the file's own size",
    ),
    "a line without end": ("gz", NOTHING, r"expected the columns"),
}


@pytest.mark.parametrize(("suffix", "content", "message"), BOMBS.values(), ids=BOMBS)
def test_a_small_file_takes_little_memory(tmp_path, monkeypatch, suffix, content, message):
    monkeypatch.setattr(sources, "ALWAYS_ALLOWED", ALLOWED)
    path = tmp_path / f"bomb.{suffix}"
    if suffix == "gz":
        path.write_bytes(gzip.compress(content))
    else:
        write_members(path, content)
    assert path.stat().st_size < 60_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message) as caught:
            load_fer2013(path, "Training", cache=False)
        assert tracemalloc.get_traced_memory()[1] < 2 * ALLOWED
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)


def test_an_image_that_stands_in_a_million_rows_is_in_memory_once(tmp_path):
    """Parquet keeps a value once, however many rows hold it: 2 GB of them in a file of some kB."""
    import pyarrow

    path = tmp_path / "train.parquet"
    rows = pyarrow.DictionaryArray.from_arrays(np.zeros(20_000, np.int32), [os.urandom(1000) * 100])
    write_table(pyarrow.table({"image": rows, "label": np.zeros(20_000, np.int64)}), path)
    assert path.stat().st_size < 50_000
    before = pyarrow.default_memory_pool().max_memory()
    with pytest.raises(DataError, match=r"row 0 .*: expected a picture"):
        load_fer2013(path, "Training", cache=False)
    assert pyarrow.default_memory_pool().max_memory() - before < 50_000_000


def test_an_encrypted_or_oddly_packed_archive_is_refused(tmp_path):
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # they unpack whole blocks, however large
        with zipfile.ZipFile(tmp_path / "fer2013.zip", "w", compression) as archive:
            archive.writestr("fer2013.csv", f"{HEADER}\n0,{PIXELS},Training\n")
        with pytest.raises(DataError, match=r"expected files stored or deflated"):
            load_fer2013(tmp_path / "fer2013.zip", "Training")


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_what_has_no_end_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        for read in (check_fer2013, load_ferplus):
            with pytest.raises(DataError, match=r"expected a file\. Received: a folder, device"):
                read(path)
    (tmp_path / "pipe.csv").rename(tmp_path / "ckextended.csv")
    with pytest.raises(DataError, match=r"expected a file\."):
        load_image_set(f"ckplus={tmp_path}")
    os.mkfifo(write_fer2013_tree(tmp_path / "tree", synthetic_splits(1, 0, 0)) / "train" / "sad" / "pipe.png")
    assert check_fer2013(tmp_path / "tree").left_out == ("train/sad/pipe.png",)


SECRET = "hunter2"
TELLING = {
    "accounts.csv": f"user,{SECRET}\nanna,{SECRET}\n",
    "emotions.csv": f"emotion,pixels,Usage\n{SECRET},{PIXELS},Training\n",
    "pixels.csv": f"emotion,pixels,Usage\n0,{SECRET} {PIXELS},Training\n",
    "usage.csv": f"emotion,pixels,Usage\n0,{PIXELS},{SECRET}\n",
    "text.npz": SECRET,
    "text.zip": SECRET,
}


@pytest.mark.parametrize(("name", "content"), TELLING.items(), ids=TELLING)
def test_no_error_quotes_what_a_file_holds(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    for read in (check_fer2013, load_ferplus):
        with pytest.raises(DataError) as caught:
            read(tmp_path / name)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_no_error_lists_a_folder(tmp_path, suffix):
    for name in (SECRET, "other"):
        (tmp_path / f"{name}{suffix}").touch()
    with pytest.raises(DataError, match=rf"Received: 2 \{suffix} files\.") as caught:
        check_fer2013(tmp_path)
    assert SECRET not in str(caught.value)

"""What a batch reads and leaves: small photos of every kind, and the rows in a folder of parts."""

import io

import pandas as pd
from PIL import Image

from tests.tiny_networks import sample

RUN = "small"  # the network that the library carries
SIDE = 160


def photo(index=0, *, name="eileen-collins.jpg"):
    """A sample photo, 160 px wide; each index is another picture."""
    picture = Image.fromarray(sample(name))
    picture.thumbnail((SIDE, SIDE * 2))
    picture.putpixel((0, 0), (index % 256, index // 256, 0))
    return picture


def photo_bytes(index=0, **options):
    file = io.BytesIO()
    photo(index, **options).save(file, "PNG")
    return file.getvalue()


def write_photos(folder, count=12):
    """``count`` photos of one face, and beside them one of two, one of nobody and one that is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        (folder / f"face-{index:03d}.png").write_bytes(photo_bytes(index))
    photo(name="two-faces.jpg").resize((320, 240)).save(folder / "two.png")
    Image.new("RGB", (SIDE, SIDE), "gray").save(folder / "wall.png")
    (folder / "worn.png").write_bytes(photo_bytes()[:2000])
    return folder


def read_parts(folder):
    """The face table in a folder, as any reader of Parquet sees it."""
    return pd.read_parquet(folder, dtype_backend="pyarrow")

"""CK+, JAFFE, FERG-DB and RaFD as their papers lay them out, in small, with what copies of them get wrong."""

import numpy as np
from PIL import Image

from fer_core.datasets import draw_faces
from tests.tiny_networks import SAMPLES

JAFFE_CODES = ("AN", "DI", "FE", "HA", "SA", "SU", "NE")  # in the order of fer_core.Emotion
FERG_WORDS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
RAFD_WORDS = ("angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral", "contemptuous")
CK48_WORDS = ("anger", "disgust", "fear", "happy", "sadness", "surprise")
CK_NUMBERS = {1: "angry", 2: "contempt", 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise"}
PHOTO = SAMPLES / "eileen-collins.jpg"


def draw(label, seed, side=48):
    """A drawn face (side, side) uint8; contempt, 7, is drawn as disgust."""
    return draw_faces(1, seed, side=side)[0][label % 7 if label < 7 else 1]


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def litter(folder):
    """What file managers and archives leave behind, and a picture that is none; returns how many files."""
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "README.txt").write_text("hello")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "x.png").write_bytes(b"\0")
    return 4


def fake_crop(picture):
    """In place of finding a face: a black picture has none, of all others the upper left corner is it."""
    if not picture.any():
        return None
    return np.resize(picture[:48, :48, 0], (48, 48)).astype(np.uint8)


def write_jaffe(folder, *, subjects=("KA", "KL", "YM"), side=64):
    """A picture an emotion and subject, in a nested folder."""
    for number, subject in enumerate(subjects):
        for label, code in enumerate(JAFFE_CODES):
            path = folder / "jaffedbase" / "jaffe" / f"{subject}.{code}1.{7 * number + label + 1}.tiff"
            save(path, draw(label, number, side))
    return folder


def write_ferg(folder, *, characters=("aia", "bonnie", "mery"), count=2, side=64):
    """RGB for all characters but the last, whose pictures are RGBA on a clear background."""
    for number, character in enumerate(characters):
        for label, word in enumerate(FERG_WORDS):
            for take in range(1, count + 1):
                gray = draw(label, 100 * number + take, side)
                pixels = np.repeat(gray[..., None], 4, axis=2)
                pixels[..., 3] = 255
                pixels[:8, :, 3] = 0  # clear: to be painted white
                path = folder / "FERG_DB_256" / character / f"{character}_{word}"
                save(
                    path / f"{character}_{word}_{take}.png",
                    pixels if character == characters[-1] else pixels[..., :3],
                )
    return folder


def write_rafd(folder, *, models=(1, 2, 73), angles=("000", "045", "090", "135", "180"), side=64):
    """Every expression of every model from every angle, looking ahead."""
    for model in models:
        for angle in angles:
            for label, word in enumerate(RAFD_WORDS):
                name = f"Rafd{angle}_{model:02}_Caucasian_female_{word}_frontal.jpg"
                pixels = np.repeat(draw(label, model, side)[..., None], 3, axis=2)
                save(folder / name, pixels[:, : side - 10])
    return folder


def write_ckplus(folder, *, subjects=("S005", "S010", "S138"), frames=4, nested=False, side=64):
    """A sequence a number for each subject, and one without an emotion file."""
    images = "extended-cohn-kanade-images/cohn-kanade-images" if nested else "cohn-kanade-images"
    emotions = "Emotion_labels/Emotion" if nested else "Emotion"
    for person, subject in enumerate(subjects):
        for number in (*CK_NUMBERS, 8):
            for frame in range(1, frames + 1):
                name = f"{subject}_{number:03}_{frame:08}.png"
                label = 6 if frame < frames else number % 7
                save(
                    folder / images / subject / f"{number:03}" / name,
                    draw(label, 100 * person + number, side),
                )
            if number in CK_NUMBERS:
                path = folder / emotions / subject / f"{number:03}"
                path.mkdir(parents=True)
                (path / f"{subject}_{number:03}_{frames:08}_emotion.txt").write_text(
                    f"   {number}.0000000e+00\n"
                )
    return folder


def write_ck48(folder, *, subjects=("S010", "S011", "S999"), count=3):
    """Three frames a sequence of each class, 48 x 48; contempt too."""
    for person, subject in enumerate(subjects):
        for label, word in enumerate((*CK48_WORDS, "contempt")):
            for frame in range(count):
                face = draw(label if label < 6 else 7, 1000 * person + 10 * label + frame)
                save(folder / "CK+48" / word / f"{subject}_{label + 1:03}_{frame + 10:08}.png", face)
    return folder


def write_ck_csv(path, *, count=3):
    """Labels 0 to 7, the splits in turn."""
    lines = ["emotion,pixels,Usage"]
    for row in range(8 * count):
        pixels = " ".join(map(str, draw(row % 8, row).ravel().tolist()))
        lines.append(f"{row % 8},{pixels},{('Training', 'PublicTest', 'PrivateTest')[row // 8 % 3]}")
    path.write_text("\n".join(lines) + "\n")
    return path

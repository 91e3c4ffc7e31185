"""Untrained networks, one builder per paper: plain Keras 3, so that any Keras backend trains them.

Every network here takes pictures as they are and scales them itself, so nobody can feed it other pixels
than it was trained on: uint8 (N, 48, 48, 1) in [0, 255] -> logits (N, 7) float32. No custom layers.
``load_network`` reads one that was trained.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import RecipeError, RunError
from fer_core.extras import optional
from fer_core.networks.checksums import require_intact

with optional():
    import keras
    from keras import layers

# Channels of each 3x3 convolution; a stage ends in 2x2 max pooling: 48 -> 24 -> 12 -> 6 -> 3 pixels a side.
# Width sits where the maps are small: on a CPU the cost is in the element-wise work of the large ones.
PAPER_CNN_STAGES = ((32,), (64, 64), (128, 128, 128), (320, 320, 320, 320))

# The same kind, lighter, its last maps pooled as a whole, so that it can learn from crops.
PAPER_CNN_POOLED_STAGES = ((32,), (64, 64), (128, 128, 128), (256, 256, 256))

RESIDUAL_WIDTHS = (32, 64, 128, 256)
WIDE_WIDTHS = (48, 64, 128, 384)  # 6.2 M parameters where those have 3.1
MOBILENET_SCALE = 2  # images are doubled to 96 px, since those weights come from larger ones
MOBILENET_DEVIATION = 64.0  # of the pixels that those weights were trained on, around 0, on a scale of 255
# 0.96 M parameters; one image takes LiteRT 0.8 ms on one core.
SMALL_WIDTHS = (32, 48, 96, 128)


def build_paper_cnn(
    *,
    dropout: float,
    batch_norm: bool = True,
    initializer: str = "he_normal",
    side: int | None = SIDE,
    stages: tuple[tuple[int, ...], ...] = PAPER_CNN_STAGES,
    pool_whole: bool = False,
) -> keras.Model:
    """The paper's custom CNN: 3x3 convolutions in four stages, then flatten and one hidden dense layer.

    The paper (S. Lonkar) names the kinds of layers and not their numbers; the numbers are ours. Without batch
    norm each layer gets a bias in its place.

    Args:
        dropout: share of the flattened numbers, and of the hidden layer's.
        batch_norm: whether each layer is normalised.
        initializer: of the convolutions and the hidden layer.
        side: see ``build_network``.
        stages: channels of each convolution; every stage ends in max pooling.
        pool_whole: whether the last pooling takes the maximum of all places, or of 2 x 2 like the others.
    """
    inputs, x = _standardized_input(side)
    how: dict[str, Any] = {"batch_norm": batch_norm, "initializer": initializer}
    for number, stage in enumerate(stages, start=1):
        for channels in stage[:-1]:
            x = _convolve(x, channels, **how)
        x = _convolve(x, stage[-1], pool=number < len(stages) or not pool_whole, **how)
    x = layers.GlobalMaxPooling2D(keepdims=True)(x) if pool_whole else x
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = layers.Dense(256, use_bias=not batch_norm, kernel_initializer=initializer)(x)
    x = layers.BatchNormalization()(x) if batch_norm else x
    x = layers.Dropout(dropout)(layers.ReLU()(x))
    return keras.Model(inputs, _logits(x), name="paper_cnn")


def build_residual(
    *,
    dropout: float,
    side: int | None = SIDE,
    widths: tuple[int, int, int, int] = RESIDUAL_WIDTHS,
    attention: str = "squeeze-excite",
) -> keras.Model:
    """A residual network for small faces: its width sits where the maps are small.

    He et al. 2016 (pre-activation is left out, so that ReLU follows the sum). The head is global average
    pooling and one dense layer, so it has a class activation map (Zhou et al. 2016) of 6 x 6.

    Args:
        dropout: share of the pooled numbers.
        side: see ``build_network``.
        widths: channels of the stem, the second stage and the residual blocks.
        attention: one of ``ATTENTION``, what each residual block weighs its maps by before the sum.
    """
    inputs, x = _standardized_input(side)
    x = _convolve(x, widths[0], pool=True)
    x = _convolve(_convolve(x, widths[1]), widths[1], pool=True)
    x = _residual_block(_convolve(x, widths[2]), widths[2], attention)
    x = _residual_block(_convolve(x, widths[3], pool=True), widths[3], attention)
    x = _residual_block(x, widths[3], attention)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, _logits(x), name="residual")


def build_mobilenet(*, dropout: float, side: int | None = SIDE) -> keras.Model:
    """MobileNet v1 (Howard et al. 2017, arXiv:1704.04861) under a pooled head, to start from other images.

    Gray becomes three equal channels on twice the side inside the graph, each image with its own mean and
    deviation taken out and scaled to what ``face_weights`` were trained on. The class activation map is
    3 x 3. Its layers have the names that ``keras.applications.MobileNet`` gives them.
    """
    inputs, x = _standardized_input(side)
    x = layers.Rescaling(MOBILENET_DEVIATION)(x)
    # Linear interpolation, in two layers: Keras's own ("bilinear") takes images of one size under TensorFlow.
    x = layers.UpSampling2D(MOBILENET_SCALE)(x)
    x = layers.AveragePooling2D(MOBILENET_SCALE, strides=1, padding="same")(x)
    body = keras.applications.MobileNet(
        include_top=False, weights=None, input_tensor=layers.Concatenate()([x, x, x])
    )
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(body.output))
    return keras.Model(inputs, _logits(x), name="mobilenet")


def build_strided(*, dropout: float, side: int | None = SIDE) -> keras.Model:
    """Three strided convolutions and a pooled head: enough for drawn faces, and a file of 100 kB.

    Like ``build_residual`` it has a class activation map of 6 x 6.
    """
    inputs, x = _standardized_input(side)
    for channels in (16, 32, 64):
        x = layers.Conv2D(
            channels, 3, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))  # 0.99 lags behind few steps
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, _logits(x), name="strided")


def _residual_block(x: keras.KerasTensor, channels: int, attention: str) -> keras.KerasTensor:
    """Two 3x3 convolutions, weighed by the attention, added to what came in."""
    y = _convolve(x, channels)
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(y)
    y = ATTENTION[attention](layers.BatchNormalization()(y), channels)
    return layers.ReLU()(layers.Add()([x, y]))


def _squeeze_excite(x: keras.KerasTensor, channels: int, *, ratio: int = 8) -> keras.KerasTensor:
    """Hu et al. 2018: each channel times a number in (0, 1) that depends on the mean of all channels."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(channels // ratio, activation="relu", kernel_initializer="he_normal")(weights)
    return layers.Multiply()([x, layers.Dense(channels, activation="sigmoid")(weights)])


def _cbam(x: keras.KerasTensor, channels: int, *, ratio: int = 8) -> keras.KerasTensor:
    """Woo et al. 2018, "CBAM", arXiv:1807.06521: channels are weighed, then places.

    Channels by one small network for their means and for their maxima, laid beside each other so that it sees
    both; the mean of its two outputs stands for their sum, whose factor 2 its weights can hold. Places by a
    7x7 convolution over the mean and the maximum of all channels. The paper's ratio is 16; 8 is that of
    squeeze-excite here, so that the two differ in kind alone.
    """
    both = layers.Concatenate(axis=1)(
        [layers.GlobalAveragePooling2D(keepdims=True)(x), layers.GlobalMaxPooling2D(keepdims=True)(x)]
    )
    both = layers.Dense(channels // ratio, activation="relu", kernel_initializer="he_normal")(both)
    weights = layers.GlobalAveragePooling2D(keepdims=True)(layers.Dense(channels)(both))
    x = layers.Multiply()([x, layers.Activation("sigmoid")(weights)])
    # Said to be "channels_first", (rows, columns, channels) is pooled over its last axis. keras.ops would do
    # too, but a saved network would then name a private module of Keras.
    across: dict[str, Any] = {"pool_size": (1, channels), "data_format": "channels_first"}
    seen = layers.Concatenate()([layers.AveragePooling2D(**across)(x), layers.MaxPooling2D(**across)(x)])
    return layers.Multiply()([x, layers.Conv2D(1, 7, padding="same", activation="sigmoid")(seen)])


def _no_attention(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    return x


ATTENTION: dict[str, Callable[[keras.KerasTensor, int], keras.KerasTensor]] = {
    "none": _no_attention,
    "squeeze-excite": _squeeze_excite,
    "cbam": _cbam,
}


def _standardized_input(side: int | None) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Pixels with each picture's own mean and deviation taken out, so that light and contrast matter less
    (Tang 2013 standardises FER2013 so); layer norm over a whole picture, without weights, is just that."""
    inputs = keras.Input((side, side, 1), dtype="uint8", name="pixels")
    scaled = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    return inputs, layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False)(scaled)


def _convolve(
    x: keras.KerasTensor,
    channels: int,
    *,
    pool: bool = False,
    batch_norm: bool = True,
    initializer: str = "he_normal",
) -> keras.KerasTensor:
    """3x3 convolution, batch norm, ReLU. Pooling comes first where there is any: max pooling and ReLU
    commute, and batch norm then runs over a quarter of the pixels (2.3 times the images a second here)."""
    x = layers.Conv2D(channels, 3, padding="same", use_bias=not batch_norm, kernel_initializer=initializer)(x)
    x = layers.MaxPooling2D(2)(x) if pool else x
    return layers.ReLU()(layers.BatchNormalization()(x) if batch_norm else x)


def _logits(x: keras.KerasTensor) -> keras.KerasTensor:
    # float32 whatever the policy: bfloat16 has three digits, too few for a loss.
    return layers.Dense(EMOTION_COUNT, dtype="float32", name="logits")(x)


ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {
    "paper-cnn": build_paper_cnn,
    "paper-cnn-glorot": partial(build_paper_cnn, initializer="glorot_uniform"),
    "paper-cnn-no-batch-norm": partial(build_paper_cnn, batch_norm=False),
    "paper-cnn-pooled": partial(build_paper_cnn, stages=PAPER_CNN_POOLED_STAGES, pool_whole=True),
    "residual": build_residual,
    "residual-plain": partial(build_residual, attention="none"),
    "residual-wide": partial(build_residual, attention="none", widths=WIDE_WIDTHS),
    "residual-cbam": partial(build_residual, attention="cbam"),
    "residual-small": partial(build_residual, widths=SMALL_WIDTHS),
    "mobilenet": build_mobilenet,
    "strided": build_strided,
}
# Their dense layer holds a weight for each place, so they take images of one size.
FLAT_HEADS = ("paper-cnn", "paper-cnn-glorot", "paper-cnn-no-batch-norm")
# Made of full convolutions, which bfloat16 makes faster; depthwise ones it makes slower.
FULL_CONVOLUTIONS = tuple(name for name in ARCHITECTURES if name.startswith(("paper", "residual")))


def build_network(architecture: str, *, dropout: float, side: int | None = SIDE) -> keras.Model:
    """An untrained network, under the Keras dtype policy in force.

    Args:
        architecture: one of ``ARCHITECTURES``.
        dropout: in [0, 1), before the last layer.
        side: pixels a side of the images; None takes any, as training on crops needs it. The weights are the
            same for each.

    Returns:
        uint8 (N, side, side, 1) -> logits (N, 7) float32.

    Raises:
        RecipeError: if there is no such architecture, or it takes images of one size and shall take any.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise RecipeError(f"There is no architecture {architecture!r}. The architectures are: {known}.")
    if side is None and architecture in FLAT_HEADS:
        raise RecipeError(
            f"{architecture} flattens its last maps, so it takes whole images alone: crop_px must be {SIDE}, "
            "and first_px 0. Received: images of any size."
        )
    return ARCHITECTURES[architecture](dropout=dropout, side=side)


def load_network(path: Path) -> keras.Model:
    """A trained network from a run's ``model.keras``, not compiled.

    Raises:
        RunError: if the file is not the one that its run recorded, or holds no network that is data alone.
    """
    require_intact(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, h5py and zipfile each raise their own
        lines = str(error).strip().splitlines() or [type(error).__name__]
        why = "it holds code, which is never run" if "safe_mode" in str(error) else lines[0].rstrip(".")
        raise RunError(f"{path} is damaged or holds no network of Keras: {why}.") from error

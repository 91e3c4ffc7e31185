"""A network that learns drawn faces in a few seconds, and its recipe."""

import keras
from keras import layers

from fer_core.networks import architectures
from fer_core.training.recipes import Recipe

# Every kind of randomness is in it: order, augmentation with erasing, dropout.
TINY = Recipe(
    name="tiny", architecture="tiny", epochs=8, batch_size=32, learning_rate=5e-3,
    weight_decay=1e-3, class_weights=True, dropout=0.1,
    rotation_degrees=5, zoom=0.05, shift=0.02, brightness=0.1, contrast=0.1, erasing=0.1,
)  # fmt: skip


def build_tiny(*, dropout: float, side=48) -> keras.Model:
    """The paper's kinds of layers, a hundred times smaller: strides in place of pooling."""
    inputs, x = architectures._standardized_input(side)
    for channels in (8, 16, 32):
        x = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))  # 0.99 lags behind so few steps
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    return keras.Model(inputs, architectures._logits(x), name="tiny")

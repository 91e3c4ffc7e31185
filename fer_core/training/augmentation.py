"""Augmentation of training images: random geometry, light and erasing.

Plain ``keras.ops`` inside one layer, so that it runs where the network runs (CPU, GPU, any backend).
Pixels stay pixels: uint8 (N, 48, 48, 1) in [0, 255] in, uint8 (N, side, side, 1) out, with a side of crop_px.
"""

import math
from typing import Any

from fer_core.emotions import SIDE
from fer_core.extras import optional
from fer_core.training.recipes import Recipe

with optional():
    import keras
    from keras import ops, random


def crop_middle(images: Any, side: int) -> Any:
    """The central (N, side, side, 1) of images, an array or a tensor."""
    edge = (images.shape[1] - side) // 2
    return images[:, edge : edge + side, edge : edge + side]


class Augmentation(keras.layers.Layer):
    """Draws one change of geometry and light for each image; outside training it changes nothing.

    Args:
        recipe: its fields ``flip`` ... ``erasing`` set the ranges; a range of 0 switches a change off.

    Attributes:
        side: pixels a side in which the crop of ``crop_px`` is drawn; fewer of them show the same, coarser.
    """

    def __init__(self, recipe: Recipe, **options: Any) -> None:
        super().__init__(dtype="float32", trainable=False, **options)
        self.recipe = recipe
        self.side = recipe.crop_px
        self.seed_generator = random.SeedGenerator(recipe.seed)

    def compute_output_spec(self, images: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """uint8, cropped."""
        return keras.KerasTensor((images.shape[0], self.side, self.side, 1), dtype="uint8")

    def call(self, images: Any, training: bool = False) -> Any:
        """Change every image in its own way: uint8 (N, 48, 48, 1) -> uint8 (N, side, side, 1)."""
        if not training:
            return images
        pixels = ops.cast(images, "float32")
        pixels = ops.image.affine_transform(
            pixels, self._transforms(ops.shape(images)[0]), interpolation="bilinear", fill_mode="nearest"
        )
        pixels = self._change_light(crop_middle(pixels, self.side))
        if self.recipe.erasing:
            pixels = self._erase(pixels)
        return ops.cast(ops.round(ops.clip(pixels, 0.0, 255.0)), "uint8")

    def _draw(self, count: Any, limit: float) -> Any:
        return random.uniform((count,), -limit, limit, seed=self.seed_generator)

    def _transforms(self, count: Any) -> Any:
        """(N, 8) projective vectors, output pixel -> input pixel, around the image's centre."""
        recipe = self.recipe
        angle = self._draw(count, math.radians(recipe.rotation_degrees))
        shear = ops.tan(self._draw(count, math.radians(recipe.shear_degrees)))
        size = (1.0 + self._draw(count, recipe.zoom)) * (self.side / recipe.crop_px)
        x_scale = size * (1.0 + self._draw(count, recipe.zoom / 2))
        y_scale = size * (1.0 + self._draw(count, recipe.zoom / 2))
        if recipe.flip:
            x_scale = x_scale * ops.where(self._draw(count, 1.0) < 0, -1.0, 1.0)
        cos, sin, zero = ops.cos(angle), ops.sin(angle), ops.zeros_like(angle)
        a, b = cos / x_scale, (shear * cos - sin) / x_scale
        c, d = sin / y_scale, (shear * sin + cos) / y_scale
        middle = (SIDE - 1) / 2
        x_shift = middle - (a + b) * middle + self._draw(count, recipe.shift * SIDE)
        y_shift = middle - (c + d) * middle + self._draw(count, recipe.shift * SIDE)
        return ops.stack([a, b, x_shift, c, d, y_shift, zero, zero], axis=1)

    def _change_light(self, pixels: Any) -> Any:
        count = ops.shape(pixels)[0]
        factor = ops.reshape(1.0 + self._draw(count, self.recipe.contrast), (-1, 1, 1, 1))
        offset = ops.reshape(self._draw(count, 255.0 * self.recipe.brightness), (-1, 1, 1, 1))
        mean = ops.mean(pixels, axis=(1, 2, 3), keepdims=True)
        return (pixels - mean) * factor + mean + offset

    def _erase(self, pixels: Any) -> Any:
        """Random erasing (Zhong et al. 2020): 2-20 % of the area, uniform noise in its place."""
        count = ops.shape(pixels)[0]
        height, width = self._rectangle_sides(count)
        limit = self.side
        top, left = ((self._draw(count, 0.5) + 0.5) * (limit - side) for side in (height, width))
        chosen = self._draw(count, 0.5) + 0.5 < self.recipe.erasing
        line = ops.arange(limit, dtype="float32")
        in_rows = (line >= top[:, None]) & (line < (top + height)[:, None]) & chosen[:, None]
        in_columns = (line >= left[:, None]) & (line < (left + width)[:, None])
        inside = in_rows[:, :, None, None] & in_columns[:, None, :, None]
        noise = random.uniform(ops.shape(pixels), 0.0, 255.0, seed=self.seed_generator)
        return ops.where(inside, noise, pixels)

    def _rectangle_sides(self, count: Any) -> tuple[Any, Any]:
        limit = self.side
        area = limit * limit * (0.11 + self._draw(count, 0.09))
        aspect = ops.exp(self._draw(count, math.log(2.0)))
        return ops.minimum(ops.sqrt(area * aspect), limit), ops.minimum(ops.sqrt(area / aspect), limit)

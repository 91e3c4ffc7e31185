"""An optimizer that moves a convolution's kernel equally far in all of its directions."""

from typing import Any

from fer_core.extras import optional

with optional():
    import keras
    from keras import ops


# Of the quintic 3.4445 x - 4.775 x^3 + 2.0315 x^5, which brings any x of (0, 1] near 1 when applied five
# times. Jordan chose it for speed: singular values end between 0.7 and 1.2, which serves as well as 1.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


class Muon(keras.optimizers.SGD):
    """Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks").

    The momentum of a kernel (height, width, in, out), laid out as a matrix (height width in, out), is
    replaced by the nearest matrix whose singular values are all 1, so rare directions are learnt as fast as
    common ones; that times the learning rate is the step. All other weights learn by SGD with the same
    momentum. Kernels are followed by batch norm here, so their length does not matter, and no factor for
    their shape is needed.

    Keras's own Muon takes matrices alone, and leaves kernels of convolutions to Adam.

    It computes in the dtype of the Keras policy under which it is made.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.compute_dtype = keras.config.dtype_policy().compute_dtype

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable against its gradient."""
        if len(variable.shape) != 4 or variable.shape[-1] == 1:  # a depthwise kernel mixes no channels
            super().update_step(gradient, variable, learning_rate)
            return
        ahead = self._with_momentum(gradient, variable) if self.momentum else gradient
        flat = ops.reshape(ahead, (-1, variable.shape[-1]))
        step = ops.reshape(orthogonalize(flat, self.compute_dtype), variable.shape)
        self.assign_sub(variable, step * ops.cast(learning_rate, variable.dtype))

    def _with_momentum(self, gradient: Any, variable: Any) -> Any:
        momentum = self.momentums[self._get_variable_index(variable)]
        self.assign(momentum, momentum * self.momentum + gradient)
        return gradient + self.momentum * momentum if self.nesterov else momentum


def orthogonalize(matrix: Any, dtype: str) -> Any:
    """Nearly U V^T of a (rows, columns) float32 matrix U S V^T: its singular values brought near 1.

    Newton-Schulz iterations; the next step mends what this one missed, so bfloat16 is exact enough.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if tall else matrix
    x = ops.cast(x / (ops.norm(x) + 1e-7), dtype)
    first, third, fifth = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = ops.matmul(x, ops.transpose(x))
        x = first * x + ops.matmul(third * square + fifth * ops.matmul(square, square), x)
    x = ops.cast(x, "float32")
    return ops.transpose(x) if tall else x

"""The exponential moving average (EMA) of a network's weights, with batch statistics that fit it.

Averaged weights give other activations than any network of the path did, so the moving averages of batch norm
belong to none of them (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima", arXiv:1803.05407).
Measured here: after ten epochs of 90 the same average had 17 % accuracy on PublicTest with the old
statistics, and 59 % with new ones; a finished network gained 0.4 points.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from fer_core.extras import optional
from fer_core.training.batch_norm import renew_statistics

with optional():
    import keras


@contextmanager
def averaged(network: keras.Model, seen: npt.NDArray[np.uint8]) -> Iterator[None]:
    """The average weights in place of the newest: what is validated and kept, but not what training goes on
    from.

    Args:
        network: compiled; its optimizer keeps the average, and its batch norm is measured anew.
        seen: (N, side, side, 1) uint8, images as training sees them.
    """
    newest = network.get_weights()
    network.optimizer.finalize_variable_values(network.trainable_variables)
    # JAX would share one buffer between the average and the model, and give it away with the model's.
    network.set_weights(network.get_weights())
    renew_statistics(network, seen)
    yield
    network.set_weights(newest)

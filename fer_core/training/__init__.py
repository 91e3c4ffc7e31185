"""Recipe and images -> a trained network: the loop, and what it does to images, targets and weights.

Plain Keras 3 and NumPy: any Keras backend runs it (``KERAS_BACKEND=jax`` on a GPU box). ``recipes`` and
``baselines`` import no Keras, so pages and the command line read them for free.
"""

"""Architectures, export, the LiteRT runtime, saliency."""

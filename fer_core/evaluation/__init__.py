"""Labels and probabilities -> numbers: metrics, calibration, curves, significance, error analysis."""

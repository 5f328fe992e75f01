"""Statistics that several stages share: shrinkage, intervals, tests, calibration."""

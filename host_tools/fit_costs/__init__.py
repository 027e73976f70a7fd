"""Fits the cost model to measurements: `python -m host_tools.fit_costs`."""

"""Trained networks and their recipes."""

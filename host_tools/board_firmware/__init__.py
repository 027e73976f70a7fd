"""Builds firmware with Inkling for a real board, from a checkout of MicroPython's or OpenMV's.

Whatever is missing is told before anything is built. `make firmware` calls it.
"""

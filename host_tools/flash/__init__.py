"""Puts firmware on a board over USB, by the tools that are there."""

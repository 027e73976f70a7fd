"""Holds the estimate of time against published measurements of real boards.

The figures and their sources are data (published.json). What ran on those boards is not ours and
not here: the user brings it, as an image for QEMU's mps2-an500 (its flash at 0, DTCM from
0x20000000, cached RAM from 0x20200000), or as firmware with Arm's kernels (`CMSIS_NN=prefix`).
"""

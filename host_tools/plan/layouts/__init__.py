"""Weight layouts of the packed kernels, one module a kernel: bytes, scratch, and when they hold.

Each module has `pack(...)`, which returns the kernel's data block and raises `Refused` where the
kernel would not be exact, and `scratch_size(...)` in bytes where the kernel uses scratch.
"""

from host_tools.plan.layouts.requantization import Refused

__all__ = ["Refused"]

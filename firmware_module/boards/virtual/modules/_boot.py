# Runs at every start: mounts a RAM disk at /flash, which becomes the working folder as on STM32
# boards, and, when the computer gives a script, runs it and ends QEMU with its status.
import os
import sys

import computer
import vfs
import virtual_board


class RamDisk:
    # of virtual_board.ram_disk, which outlives a reset
    def readblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        buffer[:] = virtual_board.ram_disk[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        # to a slice of its own: else MicroPython copies all that lies behind it onto itself
        part = virtual_board.ram_disk[start : start + len(buffer)]
        part[:] = buffer

    def ioctl(self, operation, argument):
        return 2048 if operation == 4 else 512 if operation == 5 else 0


def mount():
    disk = RamDisk()
    try:
        system = vfs.VfsLfs2(disk, progsize=512, readsize=512, lookahead=32)
    except OSError:
        vfs.VfsLfs2.mkfs(disk)
        system = vfs.VfsLfs2(disk)
    vfs.mount(system, "/flash")
    os.chdir("/flash")
    sys.path.append("/flash")
    sys.path.append("/flash/lib")


def run(text, name):
    """Runs a script under this name; returns its exit status."""
    try:
        exec(compile(text, name, "exec"), {"__name__": "__main__"})
    except SystemExit as e:
        status = e.args[0] if e.args else 0
        if status is None:
            return 0
        if isinstance(status, int):
            return status & 255
        print(status)
        return 1
    except BaseException as e:
        sys.print_exception(e)
        return 1
    return 0


mount()
_given = computer.script()
if _given:
    sys.argv[:] = _given[0]
    virtual_board.exit(run(_given[1], _given[0][0]))

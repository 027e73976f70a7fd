# Runs at every start: mounts a RAM disk at /flash, which becomes the working folder as on STM32
# boards, and, when the computer gives a script, runs it and ends QEMU with its status.
import os
import sys

import computer
import vfs
import virtual_board

try:
    import inkling_heal  # before /flash is on the path: the firmware's own, or none
except ImportError:
    inkling_heal = None


class RamDisk:
    # of virtual_board.ram_disk, which outlives a reset
    def readblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        buffer[:] = virtual_board.ram_disk[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        virtual_board.store(block * 512 + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 6:
            virtual_board.store(argument * 512, None)
            return 0
        return 2048 if operation == 4 else 512 if operation == 5 else 0


def littlefs(disk):
    return vfs.VfsLfs2(disk, progsize=512, readsize=512, lookahead=32)


def mount():
    # as it was formatted
    disk = RamDisk()
    for system in (littlefs, vfs.VfsFat):
        try:
            vfs.mount(system(disk), "/flash")
            break
        except OSError:
            pass
    else:
        vfs.VfsLfs2.mkfs(disk)
        vfs.mount(littlefs(disk), "/flash")
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
if inkling_heal:
    inkling_heal.heal()
    sys.modules["inkling_start"] = None  # as inkling_start.py does
_given = computer.script()
if _given:
    sys.argv[:] = _given[0]
    virtual_board.exit(run(_given[1], _given[0][0]))

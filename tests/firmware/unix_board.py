# Runs on MicroPython's unix port: mounts /rom and /flash as the virtual board does, then runs a
# script. Arguments: a ROMFS image, the script.
import os
import sys

import vfs


class RamDisk:
    def __init__(self):
        self._memory = memoryview(bytearray(1 << 20))

    def readblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        buffer[:] = self._memory[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        part = self._memory[start : start + len(buffer)]
        part[:] = buffer

    def ioctl(self, operation, argument):
        return 2048 if operation == 4 else 512 if operation == 5 else 0


image, script = sys.argv[1:]
with open(script) as f:
    code = compile(f.read(), "script.py", "exec")
rom = bytearray(os.stat(image)[6])
with open(image, "rb") as f:
    f.readinto(rom)
vfs.mount(vfs.VfsRom(rom), "/rom")
disk = RamDisk()
vfs.VfsLfs2.mkfs(disk)
vfs.mount(vfs.VfsLfs2(disk), "/flash")
os.chdir("/flash")
exec(code, {"__name__": "__main__"})

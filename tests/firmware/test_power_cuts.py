"""Power lost at every write: a file put on a board is the old or the new one, whole, every time.

The board's own littlefs and FAT write to a memory that goes away after the n-th write or erase,
for every n, then comes back with what it held. That write may be torn after a quarter, a half or
three of it; with littlefs any block may be one that keeps nothing. What FAT makes of those is seen
with whole commands, in test_power_cuts_commands.py; here its top folder grows, as FAT32 lets it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.device.on_board import frozen_source, source
from host_tools.virtual_board import VirtualBoard

HOME = """
def home():
    return "/test"
"""

# as file_system.put_file and install do it, on a memory that is cut
SCRIPT = """
import vfs

class PowerLost(Exception):
    pass

class Memory:
    def __init__(self, blocks):
        self.data = bytearray(512 * blocks)
        self.left = -1  # writes until the power goes; -1: never; -2: it is gone
        self.torn = 0
        self.bad = -1

    def readblocks(self, block, buffer, offset=0):
        at = block * 512 + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = block * 512 + offset
        if self.left == 0:
            size = self.torn * len(buffer) // 4
            self.data[at : at + size] = buffer[:size]
            self.left = -2
        if self.left == -2:
            raise PowerLost
        if self.left > 0:
            self.left -= 1
        if block == self.bad:
            return
        self.data[at : at + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if self.left == -2 and operation in (3, 6):
            raise PowerLost
        if operation == 6:  # littlefs erases before it programs: that is a write, too
            self.writeblocks(argument, b"\\xff" * 512) if {erases} else None
            return 0
        return {{4: len(self.data) // 512, 5: 512}}.get(operation, 0)

def make():
    memory = Memory({blocks})
    vfs.{system}.mkfs(memory)
    vfs.mount(vfs.{system}(memory), "/test")
    put({old!r})
    vfs.umount("/test")
    return memory

def put(data):
    part = "/test/.inkling-net.ink.part"
    with open(part, "wb") as w:
        for start in range(0, len(data), 512):
            w.write(data[start : start + 512])
    move([(part, "/test/net.ink")])

def after(lost):
    # what the next deploy to that folder finds, and makes of it; files that are open still are
    # those of the board that lost its power
    memory = Memory({blocks})
    memory.data[:] = lost.data
    memory.bad = lost.bad
    lost.left = -2
    vfs.mount(vfs.{system}(memory), "/test")
    tidy("/test")
    with open("/test/net.ink", "rb") as file:
        found = file.read()
    names = os.listdir("/test")
    put({new!r})
    with open("/test/net.ink", "rb") as file:
        again = file.read() == {new!r}
    vfs.umount("/test")
    return found, names, again

first = make()
image = bytes(first.data)
counts = {{}}
for torn in range({torn}):
    n = 0
    while True:
        memory = Memory({blocks})
        memory.data[:] = image
        vfs.mount(vfs.{system}(memory), "/test")
        memory.left, memory.torn = n, torn
        try:
            put({new!r})
            ended = True
        except (PowerLost, OSError):
            ended = False
        try:
            vfs.umount("/test")
        except (PowerLost, OSError):
            pass
        found, names, again = after(memory)
        what = "old" if found == {old!r} else "new" if found == {new!r} else "neither"
        assert what != "neither", (torn, n)
        # a sector of FAT's that is torn may leave the half of a long name
        assert names == ["net.ink"] or ({system!r} == "VfsFat" and torn), (torn, n, names)
        assert "net.ink" in names and again, (torn, n, names)
        counts[what] = counts.get(what, 0) + 1
        gc.collect()
        n += 1
        if ended:
            break
for bad in range(2, {blocks} if {erases} else 0):
    # whatever is written to this block is lost
    memory = Memory({blocks})
    memory.data[:] = image
    memory.bad = bad
    vfs.mount(vfs.{system}(memory), "/test")
    try:
        put({new!r})
        wanted = {new!r}
    except OSError:
        wanted = {old!r}
    vfs.umount("/test")
    assert after(memory) == (wanted, ["net.ink"], True), bad
print(counts["old"], counts["new"])
"""


@pytest.mark.parametrize(
    ("system", "blocks", "torn", "erases"), [("VfsLfs2", 32, 4, True), ("VfsFat", 64, 4, False)]
)
def test_a_file_is_the_old_or_the_new_one_after_a_cut_at_any_write(
    virtual_board_firmware: Path, system: str, blocks: int, torn: int, erases: bool
) -> None:
    old, new = b"old" * 500, b"NEW!" * 450
    # the list of the names lies there too, as on a board whose own file system it is
    script = (
        frozen_source("inkling_heal")
        + source("basics")
        + HOME
        + SCRIPT.format(system=system, blocks=blocks, torn=torn, erases=erases, old=old, new=new)
    )
    result = VirtualBoard(virtual_board_firmware).run_script(script, timeout=100)
    assert result.status == 0, result.stdout[-1000:]
    before, after = map(int, result.stdout.splitlines()[-1].split())
    # the file's four blocks, the metadata of three names, and the new one once its name is there
    assert before >= 8 and after >= 1


FAT32 = """
import vfs

class PowerLost(Exception):
    pass

class Card:
    # sectors that nobody wrote hold what was a folder
    STALE = (b"STALE   TXT\\x20" + bytes(20)) * 16
    COUNT = 8500000

    def __init__(self, sectors):
        self.sectors, self.left = sectors, -1

    def readblocks(self, block, buffer):
        for at in range(0, len(buffer), 512):
            buffer[at : at + 512] = self.sectors.get(block + at // 512, self.STALE)

    def writeblocks(self, block, buffer):
        for at in range(0, len(buffer), 512):
            if self.left == 0:
                raise PowerLost
            self.left -= 1
            piece = buffer[at : at + 512]
            self.sectors[block + at // 512] = bytes(piece) if any(piece) else NOTHING

    def ioctl(self, operation, argument):
        return {4: self.COUNT, 5: 512}.get(operation, 0)

NOTHING = bytes(512)
first = Card({})
vfs.VfsFat.mkfs(first)
vfs.mount(vfs.VfsFat(first), "/card")
assert top_grows("/card")
cluster = os.statvfs("/card")[0]
# as many names as the folder's first cluster has entries, and one that is deleted
open("/card/FIRST.TXT", "w").close()
top = next(at for at, data in first.sectors.items() if data[:11] == b"FIRST   TXT")
vfs.umount("/card")
for sector in range(cluster // 512):
    entries = [b"%08dTXT\\x20" % (sector * 16 + number) + bytes(20) for number in range(16)]
    first.sectors[top + sector] = b"".join(entries)
last = first.sectors[top + sector]
first.sectors[top + sector] = last[:-32] + b"\\xe5" + last[-31:]

def deploy_starts():
    if CLEARS and not clear("/card", 1, 1):
        raise OSError
    if not CLEARS:
        open(cleared("/card"), "w").close()
    assert enter("/card")
    assert hold("/card", 0) and holds("/card", [0])
    drop(held("/card", 0))
    drop(cleared("/card"))

n = shown = 0
while True:
    card = Card(dict(first.sectors))
    vfs.mount(vfs.VfsFat(card), "/card")
    card.left = n
    try:
        deploy_starts()
        ended = True
    except (PowerLost, OSError):
        ended = False
    try:
        vfs.umount("/card")
    except (PowerLost, OSError):
        pass
    again = Card(card.sectors)
    vfs.mount(vfs.VfsFat(again), "/card")
    names = [entry[0] for entry in os.ilistdir("/card")]
    shown += "STALE.TXT" in names
    assert len([name for name in names if name[0].isdigit()]) == cluster // 32 - 1, n
    vfs.umount("/card")
    again = card = None
    gc.collect()
    n += 1
    if ended:
        break
print(n, shown)
"""


@pytest.mark.parametrize("clears", [True, False])
def test_the_top_folder_of_a_fat32_grows_by_sectors_that_were_cleared(
    virtual_board_firmware: Path, clears: bool
) -> None:
    """And would show what lay there, were they not."""
    code = "\n".join(
        [frozen_source("inkling_heal"), source("basics"), source("folders"), f"CLEARS = {clears}"]
    )
    result = VirtualBoard(virtual_board_firmware).run_script(code + FAT32, timeout=100)
    assert result.status == 0, result.stdout[-1000:]
    cuts, shown = map(int, result.stdout.splitlines()[-1].split())
    assert cuts > 64 and bool(shown) != clears

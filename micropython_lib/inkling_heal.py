# Finishes what a loss of power cut short: files that take their names together, and the copy of a
# new image to /rom. Frozen into firmware it runs at each start, before boot.py. On other firmware
# `import inkling` runs it, by a file that lies there while something could be cut short.
import os
import sys

import micropython

# a line for each file, its name until now and the one that it takes, and "end"
MOVES = ".inkling-moves"
GUARD_PART = "/.inkling-guard.part"
GUARD = """# Something was cut short: finishes it, then gives way to the module.
import sys
import inkling_heal
inkling_heal.heal()
inkling_heal.unguard()
sys.modules.pop("inkling", None)
import inkling
for name in dir(inkling):
    globals()[name] = getattr(inkling, name)
"""


def home():
    # the board's own file system
    names = os.listdir("/")
    for name in ("flash", "sdcard"):
        if name in names:
            return "/" + name
    return ""


def exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def sync():
    if hasattr(os, "sync"):
        os.sync()


def is_fat(path):
    # of a file that is there: FAT alone finds it in capitals, too
    folder, _, own = path.rpartition("/")
    return own != own.upper() and exists(folder + "/" + own.upper())


def settle(path):
    # FAT shows the sector that it holds in memory, of which a worn one may have kept nothing: what
    # is read of a file takes its place there
    with open(path, "rb") as file:
        file.read(1)


def move(pairs):
    # all of them or none, from the moment on when the list is whole; Ctrl-C comes not between
    path = home() + "/" + MOVES
    text = "".join("\t".join(pair) + "\n" for pair in pairs) + "end"
    micropython.kbd_intr(-1)
    try:
        with open(path, "w") as file:
            file.write(text)
        sync()
        if not keeps(path, text):
            if exists(path):
                os.remove(path)
            raise OSError(5)
        finish_moves()
    finally:
        micropython.kbd_intr(3)


def keeps(path, text):
    # whether a file has it, on storage that is worn out, too
    try:
        settle(path)
        with open(path, "rb") as file:
            return file.read() == text.encode()
    except OSError:
        return False


def finish_moves():
    path = home() + "/" + MOVES
    if not exists(path):
        return
    with open(path) as file:
        lines = file.read().split("\n")
    waits = False
    if lines.pop() == "end":
        pairs = [line.split("\t") for line in lines]
        for part, name in pairs:
            if exists(part):
                take_place(part, name)
            elif not exists(folder_of(name)):
                waits = True  # for what boot.py mounts
        sync()
        for part, _ in pairs:
            if exists(part):
                os.remove(part)
    if not waits:
        sync()
        os.remove(path)
        sync()


def folder_of(path):
    return path.rpartition("/")[0] or "/"


def take_place(part, name):
    # FAT renames in two steps, and between them two names share what the first to go gives free:
    # there it is copied, if there is room
    free = os.statvfs(folder_of(part))
    if is_fat(part) and free[0] * free[3] >= os.stat(part)[6]:
        try:
            copy_file(part, name)
            settle(name)
            if are_equal(part, name):
                return
        except OSError:
            pass
        # a sector keeps nothing; those of the part were read already
    try:
        os.rename(part, name)
    except OSError:
        os.rename(part, name)  # FAT could not give free what the old one had; its name is gone


def copy_file(part, name):
    buffer = memoryview(bytearray(512))
    with open(part, "rb") as old, create(name, os.stat(part)[6]) as new:
        while True:
            size = old.readinto(buffer)
            if not size:
                break
            new.write(buffer[:size])


def create(path, size):
    # a file that so many bytes can be written to. Whether FAT's table keeps which of its pieces is
    # the last is not seen when it is read: so it has one more first, and then the same anew
    file = open(path, "wb")
    if is_fat(path):
        end = file.seek(size + os.statvfs(folder_of(path))[0])
        file.close()
        with open(path, "rb") as file:
            if file.seek(end) != end:
                raise OSError(5)
        file = open(path, "wb")
    return file


def are_equal(one, other):
    with open(one, "rb") as first, open(other, "rb") as second:
        while True:
            piece = first.read(512)
            if piece != second.read(512):
                return False
            if not piece:
                return True


def guardable():
    # the folder of the native module that has what heals beside it
    names = ("inkling.mpy", "inkling_heal.py", "inkling_rom.py")
    for library in sys.path:
        own = library.endswith("/lib") and not library.startswith("/rom")
        if own and all(exists(library + "/" + name) for name in names):
            return library
    return ""


def guard(library):
    # what `import inkling` finds before the module; whether it is there
    path = library + "/inkling.py"
    with open(library + GUARD_PART, "w") as file:
        file.write(GUARD)
    os.rename(library + GUARD_PART, path)
    if keeps(path, GUARD):
        return True
    if exists(path):
        os.remove(path)
    return False


def unguard():
    for library in sys.path:
        path = library + "/inkling.py"
        if library.endswith("/lib") and exists(path):
            with open(path) as file:
                ours = GUARD.startswith(file.readline())
            if ours:
                os.remove(path)
                if exists(library + GUARD_PART):
                    os.remove(library + GUARD_PART)


def heal():
    # says what cannot be finished; then the next start tries again
    try:
        finish_moves()
        import inkling_rom

        inkling_rom.finish(home())
    except (ImportError, OSError) as error:
        print("what was cut short cannot be finished:", error, "(repeat host_tools deploy)")
    for name in ("inkling_heal", "inkling_rom"):
        sys.modules.pop(name, None)

# What every transfer uses, beside micropython_lib/inkling_heal.py.
import gc
import os
from binascii import a2b_base64, b2a_base64, crc32  # noqa: F401


def file_crc(path, start=0, size=1 << 30):
    settle(path)  # noqa: F821
    crc, buffer = 0, bytearray(2048)
    with open(path, "rb") as file:
        file.seek(start)
        while size:
            count = file.readinto(memoryview(buffer)[: min(size, len(buffer))])
            if not count:
                break
            crc = crc32(memoryview(buffer)[:count], crc)
            size -= count
    return crc


def tidy(folder):
    # what an interrupted transfer left
    finish_moves()  # noqa: F821
    unguard()  # noqa: F821
    for name in os.listdir(folder) if is_folder(folder) else ():
        ours = name.startswith(".inkling-") and name.endswith(".part")
        # what FAT calls it when a cut took the long name first, and what held a name's place
        short = name.upper()
        if ours or short.startswith("INK") and "~" in short and short.endswith(".PAR"):
            os.remove(folder + "/" + name)


def discard(folder, name):
    # a file that is not to take its name any more
    path = folder + "/" + name
    if exists(path) and not exists(home() + "/" + MOVES):  # noqa: F821
        os.remove(path)


def show(buffer):
    for start in range(0, len(buffer), 768):
        print(str(b2a_base64(buffer[start : start + 768]), "ascii"), end="")


def is_folder(path):
    try:
        return path == "/" or bool(os.stat(path)[0] & 0x4000)
    except OSError:
        return False


def folders():
    return [name for name in os.listdir("/") if is_folder("/" + name)]


def clock():
    # None where the firmware does not tell it
    try:
        import machine

        hertz = machine.freq()
    except (ImportError, AttributeError):
        return None
    return hertz[0] if isinstance(hertz, tuple) else hertz


gc.collect()

# What every transfer uses.
import gc
import os
from binascii import a2b_base64, b2a_base64, crc32  # noqa: F401

import micropython


def file_crc(path, start=0, size=1 << 30):
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
    # what an interrupted transfer left: a whole file whose old one FAT had removed gets its name
    names = os.listdir(folder)
    for name in names:
        if not name.startswith(".inkling-"):
            continue
        if name.endswith(".whole") and name[9:-6] not in names:
            os.rename(folder + "/" + name, folder + "/" + name[9:-6])
        elif name.endswith(".whole") or name.endswith(".part"):
            os.remove(folder + "/" + name)


def replace(part, whole, path):
    # Ctrl-C must not come between
    micropython.kbd_intr(-1)
    try:
        os.rename(part, whole)
        os.rename(whole, path)
        if hasattr(os, "sync"):
            os.sync()
    finally:
        micropython.kbd_intr(3)


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

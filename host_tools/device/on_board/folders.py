# Room in folders, beside basics.py. FAT links a folder's next sectors before it clears them: a cut
# between the two shows what lay there as files. So a folder takes all that it will need at once,
# before anything is written to it, and of sectors that were cleared before.
# ruff: noqa: F821
import os

# FAT's entries have 32 bytes, each for 13 characters of a name, and one beside them
ENTRY, CHARACTERS = 32, 13
# of a name that holds a place
HELD = 20
# bytes: FAT takes the sector behind the folder's last one, or else the first that is free. At a
# start it begins with the lowest, and of those so many are cleared
CLEARED = 32 << 10


def top_of(folder):
    # of the file system that it lies in; a root where nothing is mounted has blocks of 0 bytes
    return "/" if os.statvfs("/")[0] else "/" + folder.split("/")[1]


def grows(folder):
    # FAT alone finds a name in capitals, too; its top folder has all sectors that it can have
    top = top_of(folder)
    return folder != top and exists(top + folder[len(top) :].upper())


def enter(folder):
    # whether it is one that grows
    if not is_folder(folder):
        os.mkdir(folder)
    return grows(folder)


def cleared(folder):
    return top_of(folder).rstrip("/") + "/.inkling-cleared.part"


def write(path, size):
    # or as much as there is room for: what has none is told of the files themselves
    try:
        with open(path, "wb") as file:
            for _ in range(0, size, 512):
                file.write(bytes(512))
    except OSError:
        pass


def clear(folder, names, folders):
    # for so many names in so many folders. FAT takes next what a file gives free when it is opened
    # to be written anew
    cluster = os.statvfs(folder)[0]
    size = (2 * folders + names * HELD * ENTRY // cluster) * cluster
    write(cleared(folder), max(size, CLEARED))
    write(cleared(folder), 0)


def held(folder, number):
    name = ".inkling-{}-".format(number)
    return folder + "/" + name + "x" * (CHARACTERS * (HELD - 1) - len(name) - 5) + ".part"


def hold(folder, number):
    write(held(folder, number), 0)


def drop(path):
    if exists(path):
        os.remove(path)

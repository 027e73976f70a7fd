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
# clusters; with more it is a FAT32
MOST_FAT16 = 65525


def top_of(path):
    # of the file system that it lies in; a root where nothing is mounted has blocks of 0 bytes
    return "/" if os.statvfs("/")[0] else "/" + path.split("/")[1]


def clear(top, names, folders):
    # for so many names in so many folders below it; whether that is kept. FAT takes next what a
    # file gives free when it is opened to be written anew
    path = cleared(top)
    fill(path, 0)
    kept = True
    if is_fat(path):
        cluster = os.statvfs(top)[0]
        size = (2 * folders + names * HELD * ENTRY // cluster) * cluster
        size = fill(path, max(size, CLEARED))
        kept = is_clear(path, size)
        fill(path, 0)
    return kept


def cleared(top):
    # one entry: this file itself must not make the folder grow
    return top.rstrip("/") + "/ink~clr.par"


def fill(path, size):
    # or as much as there is room for: what has none is told of the files themselves
    done = 0
    try:
        with open(path, "wb") as file:
            while done < size:
                done += file.write(bytes(512))
    except OSError:
        pass
    return done


def is_clear(path, size):
    try:
        settle(path)
        with open(path, "rb") as file:
            for _ in range(0, size, 512):
                if any(file.read(512)):
                    return False
            return file.tell() == size
    except OSError:
        return False


def top_grows(top):
    # that of FAT12 and FAT16 has all sectors that it can have
    return os.statvfs(top)[2] > MOST_FAT16


def enter(folder):
    # whether it is one of FAT
    if not is_folder(folder):
        os.mkdir(folder)
    return is_fat(cleared(top_of(folder)))


def held(folder, number):
    name = ".inkling-{}-".format(number)
    return folder + "/" + name + "x" * (CHARACTERS * (HELD - 1) - len(name) - 5) + ".part"


def hold(folder, number):
    # whether there was room
    try:
        open(held(folder, number), "w").close()
    except OSError:
        return False
    return True


def holds(folder, numbers):
    # FAT reads a folder below its top one anew
    return all(exists(held(folder, number)) for number in numbers)


def drop(path):
    if exists(path):
        os.remove(path)

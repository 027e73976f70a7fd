# Whether FAT keeps what files that take their names will change in folders: a sector that is worn
# out takes a write, and has what it had. Beside micropython_lib/inkling_heal.py.
# ruff: noqa: F821
import os
import time

# milliseconds: FAT counts time by two seconds
TICK = 2100

times = {}  # before the change
placed = {}  # what holds the place of a name that is new


def change(name, number):
    # the entry that it has, or will have
    if not exists(name):
        placed[name] = alike(name, number)
        open(placed[name], "w").close()
    elif os.stat(name)[6]:
        times[name] = os.stat(name)[8]
        touch(name)


def alike(name, number):
    # a file called so takes the entries that this name will have: one alone, or one for each 13
    # characters and one. No short name that FAT makes up has a G there
    folder, _, own = name.rpartition("/")
    base, _, end = own.partition(".")
    mark = "G{:03}".format(number)
    if own == own.lower() and 0 < len(base) <= 8 and len(end) <= 3 and "." not in end:
        return folder + "/INK~" + mark + ".PAR"
    size = max(12, (len(own) + 12) // 13 * 13)
    return folder + "/Ink~" + mark + "x" * (size - 12) + ".par"


def touch(path):
    # FAT gives its entry a new time
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(first)


def wait():
    time.sleep_ms(TICK)


def unkept(part):
    # the names of which nothing is there, and of which all is as it was, if the clock goes
    settle(part)
    lost = [name for name, path in placed.items() if not exists(path)]
    return lost, [name for name, then in times.items() if os.stat(name)[8] == then]


def drop_held(name):
    if name in placed and exists(placed[name]):
        os.remove(placed[name])

"""Python code that never answers twice alike, and does what it likes wherever it is asked.

Each place alone is in test_board_moved.py; here are lists and modules that change under the
reader, and calls at random in which everything acts. On the unix port AddressSanitizer looks on;
on the others the board goes on, and the next prediction is right.
"""

from __future__ import annotations

import pytest
from board_models import LABELS, NOT_ON_STM32, TELL, Files, Runner, build_tiny, build_two
from front_ends import listening_blob, made_sounds, remembering_blob

from host_tools.pack import pack

CHANGING = """
import array, gc, sys
try:
    from guarded_heap import fail
except ImportError:
    from virtual_board import fail_allocation as fail
good = open("/rom/tiny.ink", "rb").read()
blocks = []

def move(buffer):
    blocks.extend(bytearray(16) for _ in range(100))  # so that it cannot grow in place
    buffer.extend(bytes(len(buffer)))
    gc_module.collect()

gc_module = gc

# numbers that grow while they are compared
class Growing:
    value = 0
    def __float__(self):
        Growing.value += 1
        return float(Growing.value)
tell(inkling.top, [Growing() for _ in range(4)])

# no picture after all: a width() that moves the arena, and no height(); what it leaves is numbers
class Half:
    def width(self):
        move(arena)
        entry[:] = [1.0] * 48
        return 4
arena = bytearray(inkling.Model(good).ram)
entry = [Half(), 2]
tell(inkling.Model(good, arena=arena).predict, [entry])

# a FrameBuffer of another module than the one that says it is framebuf
import framebuf
class Module:
    def __getattr__(self, name):
        act()
        return name
taken = framebuf.FrameBuffer(bytearray(48), 4, 12, framebuf.GS8)
sys.modules["framebuf"] = Module()
arena = bytearray(inkling.Model(good).ram)
act = lambda: move(arena)
tell(inkling.Model(good, arena=arena).predict, [taken])
blob = bytearray(good)
def act():
    for i in range(len(blob)):
        blob[i] = 0xA5
tell(inkling.Model(blob).predict, [taken])
del sys.modules["framebuf"]

# a gc that moves the blob where it is asked how much is free
class Collector:
    @staticmethod
    def mem_free():
        move(blob)
        return 0
sys.modules["gc"] = Collector
said = set()
for n in range(1, 30):
    blob = bytearray(open("/rom/listening.ink", "rb").read())
    model = inkling.Model(blob)
    fail(n)
    try:
        inkling.Listener(model)
    except (MemoryError, ValueError) as e:
        said.add(str(e)[:18])
    fail(0)
del sys.modules["gc"]
print("the listener needs" in said)
"""


@NOT_ON_STM32
def test_what_changes_each_time_it_is_asked_is_told(on_board: Runner) -> None:
    files: Files = {
        "tiny.ink": pack(build_tiny(), labels=LABELS, name="tiny"),
        "listening.ink": listening_blob(),
    }
    moved = "ValueError: the arena's buffer has moved: make the model anew"
    assert on_board(TELL + CHANGING, files).splitlines() == [
        "ValueError: the scores have changed",
        moved,
        moved,
        "ValueError: the blob's bytes have changed: make the model anew",
        "True",
    ]


RESTLESS = """
import array, framebuf, gc, inkling, io, micropython, random, sys
try:
    from guarded_heap import fail
except ImportError:
    from virtual_board import fail_allocation as fail
R, pick = random.randrange, random.choice
random.seed(SEED)
NAMES = ("tiny.ink", "two.ink", "listening.ink", "remembering.ink")
goods = {name: open("/rom/" + name, "rb").read() for name in NAMES}
sound = open("/rom/sound.raw", "rb").read()
blobs, arenas, models, listeners, lists, junk = [], [], [], [], [], []
depth = 9

def keep(items, item, most):
    items.append(item)
    if len(items) > most:
        items.pop(0)
    return item

def act():
    global depth
    if depth < 4 and R(3) == 0:
        depth += 1
        try:
            deed()
        finally:
            depth -= 1

def move(buffer):
    junk.extend(bytearray(16) for _ in range(R(60)))
    buffer.extend(bytes(len(buffer) + R(99)))

def rewrite(buffer, count):
    for _ in range(count):
        if len(buffer):
            buffer[R(len(buffer))] = R(256)

def deed():
    kind = R(14)
    buffer = pick(blobs + arenas) if blobs or arenas else bytearray(9)
    if kind == 0:
        move(buffer)
    elif kind == 1:
        buffer[:] = b""
    elif kind == 2:
        rewrite(buffer, R(40))
    elif kind == 3:
        rewrite(buffer, len(buffer))
    elif kind == 4:
        junk.clear()
        gc.collect()
    elif kind == 5 and lists:
        pick(lists)[:] = [1.0] * pick((4, 48, R(70)))
    elif kind == 6:
        micropython.schedule(lambda _: act(), None)
    elif kind == 7:
        raise pick((ValueError, KeyboardInterrupt, MemoryError))("deed")
    elif kind == 8 and listeners:
        pick(listeners).reset()
    elif kind == 9:
        fail(R(6) + 1)
    else:
        use()

def real():
    return pick((0.0, 1.0, -1.0, 1e38, float("nan"), float("inf"), -float("inf"), 3.7, 2.0 ** 31))

class Any:
    def __int__(self):
        act()
        return pick((0, 1, 2, 3, 4, -1, 99, 2 ** 30, -(2 ** 31)))
    def __float__(self):
        act()
        return real()
    def __eq__(self, other):
        act()
        return bool(R(2))
    def __hash__(self):
        return 1
    def __getattr__(self, name):
        act()
        if R(3) == 0:
            raise AttributeError(name)
        return lambda *arguments: (act(), R(20))[1]

def value():
    return pick((Any(), Any(), real(), R(5), -1, 2 ** 31 - 1, 2 ** 31, 2 ** 70, None, "x", b"x"))

class Picture:
    def __init__(self):
        self.size = R(9), R(9), R(4)
    def width(self):
        act()
        return pick((self.size[0], self.size[0], value()))
    def height(self):
        act()
        return pick((self.size[1], self.size[1], value()))
    def bytearray(self):
        act()
        size = self.size[0] * self.size[1] * self.size[2]
        return pick((bytearray(size), memoryview(bytearray(size + 7))[7:]))

class Half:
    def width(self):
        act()
        act()
        return 4

class Pixels(bytearray):
    def width(self):
        act()
        return R(5)
    def height(self):
        act()
        return R(5)

class Stream(io.IOBase):
    def write(self, data):
        act()
        return len(data)

def nested(shape):
    if not shape:
        return value() if R(20) == 0 else 2.5
    return keep(lists, [nested(shape[1:]) for _ in range(shape[0])], 9)

def an_input(shape):
    size = 1
    for side in shape:
        size *= side
    return pick((
        lambda: array.array("b", bytes(size)),
        lambda: array.array(pick("fd"), [real() for _ in range(size)]),
        lambda: keep(lists, [value() if R(size) == 0 else 1.0 for _ in range(size)], 9),
        lambda: nested(shape),
        Picture,
        lambda: (Picture(), keep(lists, [value(), 0, value(), 2], 9)),
        lambda: keep(lists, [pick((Half(), Picture())), pick((1.0, (0, 0, 1, 1), Any()))], 9),
        lambda: Pixels(R(60)),
        lambda: framebuf.FrameBuffer(bytearray(200), R(9) + 1, R(9) + 1, pick((1, 5, 6))),
        value,
    ))()

def new_model():
    name = pick(NAMES)
    blob = keep(blobs, bytearray(goods[name]), 6)
    arena = None if R(3) == 0 else pick(arenas + [keep(arenas, bytearray(1 << 11), 4)])
    keep(models, inkling.Model(pick((blob, "/rom/" + name)), arena), 4)

def peaks(model):
    ways = {word: value() for word in ("output", "first", "last", "axis", "near") if R(3) == 0}
    if R(2):
        ways["region"] = pick(((0, 0, 320, 240), [value(), 0, 9, value()], Any()))
    model.peaks(pick((-1e9, 0.1, value())), **ways)

def predict(call, model):
    call(keep(lists, [an_input(shape) for shape in model.input_shape], 9))

def use():
    if not models or R(12) == 0:
        new_model()
    model = pick(models)
    pick((
        lambda: predict(model.predict, model),
        lambda: predict(model.predict, model),
        lambda: predict(model.profile, model),
        model.run,
        model.reset,
        model.profile,
        lambda: pick((model.input, model.output))(value()),
        lambda: print(model, file=Stream()),
        lambda: (str(model), model.labels, model.name, model.output_shape, model.input_scale),
        lambda: peaks(model),
        lambda: model.predict(value(), fit=value(), scaling=value()),
        lambda: inkling.nms([keep(lists, [value(), 0.5, 1, 1, Any()], 9) for _ in range(R(7))],
            value(), value()),
        lambda: inkling.top(pick((list, tuple))(Any() for _ in range(R(9))), pick((3, value()))),
        lambda: keep(listeners, inkling.Listener(model, stride=R(4), smoothing=R(5) + 1,
            threshold=value(), ignore=pick((None, [Any(), "yes"]))), 3),
        lambda: listeners and pick(listeners).feed(pick((sound, bytearray(R(2000)), Pixels(90)))),
        lambda: listeners and (pick(listeners).word, pick(listeners).rate, pick(listeners).hop),
        lambda: inkling.show(value(), value(), labels=value(), model=model, x=Any()),
        lambda: inkling.Model(pick(blobs), pick(arenas)),
    ))()

class Module:
    def __getattr__(self, name):
        act()
        return lambda *arguments: R(1000)

def answers():
    for name in NAMES:
        model = inkling.Model(goods[name])
        yield [bytes(output) for output in model.predict(
            [array.array("b", bytes(len(model.input(i)))) for i in range(len(model.input_shape))])]

right = list(answers())
wrong = []
LEFT = Exception, KeyboardInterrupt  # to make it would need a byte
done = 0
for step in range(10000 if sys.platform == "linux" else 1000):
    for name in ("time", "gc", "framebuf"):
        sys.modules.pop(name, None)
        if R(10) == 0:
            sys.modules[name] = Module()
    try:
        depth = 0
        use()
        depth = 9  # callbacks do nothing from here on
        done += 1
    except LEFT:
        depth = 9
    fail(0)
    if step % 50 == 49:
        for name in ("time", "gc", "framebuf"):
            sys.modules.pop(name, None)
        for kept in (junk, lists, blobs, arenas, models, listeners):
            kept.clear()
        gc.collect()
        if list(answers()) != right:
            wrong.append(step)
print(done > 300, wrong)
"""


@NOT_ON_STM32
@pytest.mark.parametrize("seed", range(3))
def test_after_calls_in_which_everything_acts_the_answers_are_right(
    on_board: Runner, seed: int
) -> None:
    files: Files = {
        "tiny.ink": pack(build_tiny(), labels=LABELS, name="tiny"),
        "two.ink": pack(build_two(), name="two"),
        "listening.ink": listening_blob(),
        "remembering.ink": remembering_blob(1),
        "sound.raw": made_sounds()["word"][3000:9000].astype("<i2").tobytes(),
    }
    # tracebacks of callbacks come before the last line
    assert on_board(f"SEED = {seed}\n" + RESTLESS, files).splitlines()[-1] == "True []"

"""OpenMV's firmware with Inkling in it, from the user's checkout.

It builds every folder of its root that holds a micropython.mk, so ours is linked there. The link
stays, because what was built stays: without it, make would look for files that are gone.
"""

from __future__ import annotations

import re
from pathlib import Path

from host_tools.board_firmware.make import ROOT, Build, ask, freeze
from host_tools.board_firmware.micropython import (
    check_name,
    find_source,
    missing_submodules,
    refuse_missing,
)
from host_tools.errors import CommandError

LINK = "inkling"
_MODULE = ROOT / "firmware_module"
_BOOT = re.compile(r'freeze\s*\(\s*"\$\(OMV_LIB_DIR\)/?",\s*"_boot\.py"\)')


def prepare(target: str, source: Path, cmsis_nn: str) -> Build:
    """Links our folder there. Raises CommandError, naming all that is missing, before that."""
    source = find_source("OPENMV", source)
    if not (source / "modules/micropython.mk").is_file() or not (source / "boards").is_dir():
        raise CommandError(
            f"OPENMV={source} has no modules/micropython.mk or no boards: give the folder of a "
            "checkout of OpenMV's firmware, 5.0 or newer"
        )
    config = "board_config.mk"
    if not any(source.glob(f"boards/*/{config}")):
        config = "omv_boardconfig.mk"
    check_name("TARGET", target, source / "boards", config)
    if "libmicropython.a" not in (source / "common/micropy.mk").read_text(encoding="utf8"):
        raise CommandError(
            f"OPENMV={source} is too old: it links only its own modules; check out its master "
            "branch"
        )
    micropython = source / "lib/micropython"
    if not (micropython / "py/mkenv.mk").is_file():
        refuse_missing(
            [
                f"{source} lacks its submodules: git -C {source} submodule update --init "
                f"--depth=1 --no-single-branch && make -C {source} TARGET={target} submodules"
            ]
        )

    words = [f"TARGET={target}"]
    # this has OpenMV check its SDK, too, which brings a compiler
    facts = "$(PORT) $(FW_DIR) $(abspath $(FROZEN_MANIFEST)) $$(command -v arm-none-eabi-gcc)"
    port, images, manifest, *compiler = ask(source, words, facts)
    missing = missing_submodules(micropython, port, target)
    if not compiler:
        missing.append(f"arm-none-eabi-gcc is not on PATH: make -C {source} sdk")
    if not (micropython / "mpy-cross/build/mpy-cross").is_file():
        missing.append(f"mpy-cross is not built: make -C {micropython}/mpy-cross")
    refuse_missing(missing)
    _link(source / LINK)
    ours = ROOT / f"build/firmware/openmv-{target}"
    own = _with_start(source, manifest, ours / "board")
    words.append(freeze(ours / "manifest.py", [own]))
    if cmsis_nn:
        words.append(f"CMSIS_NN={Path(cmsis_nn).resolve()}")
    return Build(
        "openmv",
        target,
        f"{target}'s firmware",
        source,
        words,
        Path(images) / "firmware.bin",
        ours / "build.log",
    )


def _with_start(source: Path, manifest: str, folder: Path) -> str:
    """The board's manifest, or a copy whose _boot.py also heals what a loss of power left.

    The firmware runs _boot.py before boot.py, and all that OpenMV's does is to mount.
    """
    board, boot = Path(manifest), source / "scripts/libraries/_boot.py"
    if not board.is_file() or not boot.is_file():
        return manifest
    text, found = _BOOT.subn('freeze(".", "_boot.py")', board.read_text(encoding="utf8"))
    if found != 1:
        return manifest
    start = (ROOT / "micropython_lib/inkling_start.py").read_text(encoding="utf8")
    folder.mkdir(parents=True, exist_ok=True)
    own = f"{boot.read_text(encoding='utf8')}\n{start}"
    (folder / "_boot.py").write_text(own, encoding="utf8")
    (folder / "manifest.py").write_text(text, encoding="utf8")
    return str(folder / "manifest.py")


def _link(link: Path) -> None:
    if link.is_symlink() and link.resolve() == _MODULE:
        return
    if link.is_symlink() or link.exists():
        raise CommandError(
            f"{link} is in the way: it is not a link to {_MODULE}; move it elsewhere"
        )
    link.symlink_to(_MODULE)

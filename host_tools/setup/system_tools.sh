#!/bin/sh
# Sees to the programs Inkling needs from the system. Where one is missing: installs it with apt-get (as root or
# by sudo); where that cannot be, names every package and stops. Calls no apt when nothing is missing.
# usage: system_tools.sh PYTHON3 [espeak-ng|clang] (in the project's root), with the voice of `make demo-sound`, or with
# the compiler of `make fuzz`, or with neither
set -u
python=${1:-python3}
also=${2:-}

missing='' # one line each: what is missing, then its Debian packages
lack() {
    missing="$missing  $1|$2
"
}

find_missing() {
    missing=''
    "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        lack "Python 3.10 or newer with venv, as '$python'" 'python3 python3-venv'
    printf '#include <stdio.h>\n' | cc -E -x c - >/dev/null 2>&1 ||
        lack 'a C compiler with its headers (cc)' 'gcc libc6-dev'
    command -v arm-none-eabi-gcc >/dev/null ||
        lack 'the Cortex-M compiler arm-none-eabi-gcc' 'gcc-arm-none-eabi libnewlib-arm-none-eabi'
    if command -v arm-none-eabi-gcc >/dev/null; then
        printf '#include <string.h>\n' | arm-none-eabi-gcc -E -x c - >/dev/null 2>&1 ||
            lack "the Cortex-M compiler's C library headers (newlib)" 'libnewlib-arm-none-eabi'
    fi
    command -v qemu-system-arm >/dev/null ||
        lack 'the emulator qemu-system-arm' 'qemu-system-arm'
    [ "$also" != espeak-ng ] || command -v espeak-ng >/dev/null || lack 'the voice espeak-ng' 'espeak-ng'
    [ "$also" != clang ] || has_libfuzzer ||
        lack 'the compiler clang with libFuzzer and its sanitizers' 'clang libclang-rt-dev'
}

has_libfuzzer() {
    printf 'int LLVMFuzzerTestOneInput(void) { return 0; }\n' |
        clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null
}

list_missing() {
    printf '%s' "$missing" | while IFS='|' read -r what packages; do
        printf '%s (Debian: %s)\n' "$what" "$packages"
    done
}

stop() {
    echo "set-up: $1" >&2
    list_missing >&2
    echo "Install what is listed (PYTHON3=... names another Python), then run make again." >&2
    exit 1
}

find_missing
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || stop 'these are missing, and there is no apt-get here to install them:'
root=''
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || stop 'these are missing, and installing them needs root or sudo:'
    root=sudo
fi

packages=$(printf '%s' "$missing" | cut -d'|' -f2 | tr '\n' ' ')
apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300"
echo "set-up: installing $packages" >&2
mkdir -p build
# without recommended packages: they would add a C++ library of 1.5 GB
get="$apt update && $apt install -y --no-install-recommends $packages"
if ! sh "$(dirname "$0")/alive.sh" 'set-up: installing' build/apt.log sh -c "$get"; then
    tail -n 15 build/apt.log >&2
    stop 'apt-get failed (its last lines are above, the rest in build/apt.log); these are missing:'
fi

find_missing
[ -z "$missing" ] || stop 'apt-get ran, yet these are missing:'

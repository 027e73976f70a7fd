#!/bin/sh
# Puts MicroPython's source at DEST: Debian's signed source package, checked by apt's signature and by sha256.
# usage: get_micropython.sh PYTHON DEST
set -eu
. "$(dirname "$0")/debian.sh"
python=$1
dest=$2
version=1.25.0+ds-1
archive=micropython_1.25.0+ds.orig.tar.xz
sha256=7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea

stop() {
    echo "set-up: MicroPython's source: $1" >&2
    echo "Or name a checkout of MicroPython 1.25 or newer: make MICROPYTHON=<checkout> ..." >&2
    exit 1
}

mkdir -p "$(dirname "$dest")"
dest=$(cd "$(dirname "$dest")" && pwd)/$(basename "$dest")
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/source"
read_archive deb-src "$work"
(cd "$work" && apt source --download-only "micropython=$version") ||
    stop "cannot get version $version of Debian's micropython (see above)."
echo "$sha256  $work/$archive" | sha256sum -c --quiet - || stop "$archive is not the file it should be."
"$python" -m tarfile -e "$work/$archive" "$work/source" || stop "cannot unpack $archive."
rm -rf "$dest"
mv "$work/source/"* "$dest"

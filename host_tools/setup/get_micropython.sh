#!/bin/sh
# Puts MicroPython's source at DEST: Debian's signed source package, from the mirror this machine already uses,
# checked by apt's signature and by sha256. Leaves the machine's apt set-up as it is.
# usage: get_micropython.sh PYTHON DEST
set -eu
python=$1
dest=$2
suite=trixie
version=1.25.0+ds-1
archive=micropython_1.25.0+ds.orig.tar.xz
sha256=7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

stop() {
    echo "set-up: MicroPython's source: $1" >&2
    echo "Or name a checkout of MicroPython 1.25 or newer: make MICROPYTHON=<checkout> ..." >&2
    exit 1
}

command -v apt-get >/dev/null || stop 'it comes from Debian, and there is no apt-get here.'
[ -f "$keyring" ] || stop "Debian's keys are missing: install debian-archive-keyring."
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
[ -n "$mirror" ] || stop 'apt has no source with the component main.'

mkdir -p "$(dirname "$dest")"
dest=$(cd "$(dirname "$dest")" && pwd)/$(basename "$dest")
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/source"
printf 'deb-src [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$work/sources.list"
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
apt update || stop "cannot read Debian's $suite archive at $mirror (see above)."
(cd "$work" && apt source --download-only "micropython=$version") ||
    stop "cannot get version $version of Debian's micropython (see above)."
echo "$sha256  $work/$archive" | sha256sum -c --quiet - || stop "$archive is not the file it should be."
"$python" -m tarfile -e "$work/$archive" "$work/source" || stop "cannot unpack $archive."
rm -rf "$dest"
mv "$work/source/"* "$dest"

#!/bin/sh
# Puts recordings of people's words into the folder DEST, out of two of Debian's packages; see recordings.py.
# usage: get_recordings.sh PYTHON DEST (in the project's root)
set -eu
. "$(dirname "$0")/debian.sh"
python=$1
dest=$2

stop() {
    echo "set-up: recordings of words: $1" >&2
    exit 1
}

mkdir -p "$(dirname "$dest")"
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
read_archive deb "$(cd "$work" && pwd)"
packages=$("$python" -m host_tools.setup.recordings names)
(cd "$work" && apt download $packages) || stop "cannot get Debian's $packages (see above)."
"$python" -m host_tools.setup.recordings unpack "$work" "$work/recordings" || stop 'nothing was kept.'
rm -rf "$dest"
mv "$work/recordings" "$dest"

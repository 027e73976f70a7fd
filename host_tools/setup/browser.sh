#!/bin/sh
# Gets what the tests of pages look at them with, Debian's chromium and a font, where apt-get can; without it these
# tests are skipped.
# usage: browser.sh (in the project's root)
set -u

without() {
    echo "set-up: $1: tests of pages in a browser will be skipped" >&2
    exit 0
}

command -v chromium >/dev/null && exit 0
command -v apt-get >/dev/null || without 'there is no chromium, and no apt-get'
root=''
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || without 'there is no chromium, and installing it needs root or sudo'
    root=sudo
fi
apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300"
echo 'set-up: installing chromium' >&2
mkdir -p build
get="$apt update && $apt install -y --no-install-recommends chromium fonts-dejavu-core"
sh "$(dirname "$0")/alive.sh" 'set-up: installing chromium' build/browser.log sh -c "$get" ||
    without 'apt-get could not install chromium (build/browser.log)'

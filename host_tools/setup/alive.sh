#!/bin/sh
# Runs a command with its output in LOG, and tells every ten seconds how long it has run and what it said last.
# Returns the command's status.
# usage: alive.sh WHAT LOG COMMAND...
what=$1
log=$2
shift 2
: >"$log"

parent=$$
tell() {
    seconds=0
    # the sleep may outlive us, so it must not hold our output open
    while sleep 10 >/dev/null 2>&1 && kill -0 $parent 2>/dev/null; do
        seconds=$((seconds + 10))
        echo "$what: $seconds s; $(tail -n 1 "$log" | cut -c 1-100)" >&2
    done
}
tell &
teller=$!
trap 'kill $teller 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$@" >>"$log" 2>&1

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C in the middle of long work: it stops with exit code 130 and a word about it, the store is
# whole, and the same command ends what was begun.
#   interrupt.sh BATON
set -eu
baton=$(realpath "$1")
. "$(dirname "$0")/weights.sh"
. "$(dirname "$0")/../tap.sh"

# Mostly a hole: long enough to be caught at.
weights big.safetensors 400000000

# Whether the process is baton by now, not the shell before it, and has a handler for SIGINT (bit 1
# of the mask).
catches() {
    [ "$(cat "/proc/$1/comm" 2>/dev/null)" = baton ] || return 1
    case $(sed -n 's/^SigCgt:.*\(.\)$/\1/p' "/proc/$1/status" 2>/dev/null) in
    [2367abef]) true ;;
    *) false ;;
    esac
}
# A shell without job control starts background commands with SIGINT ignored: env sets it back.
interrupt() {
    env --default-signal=INT "$baton" "$@" >said 2>&1 &
    while kill -0 $! 2>/dev/null && ! catches $!; do sleep 0.01; done
    sleep 0.02
    kill -INT $! 2>/dev/null || true
    code=0
    wait $! || code=$?
    is "$1 ends with 130" 130 $code
    is "$1 says so" 1 "$(grep -c 'the same command goes on where this one stopped' said)"
}

"$baton" init --carrier s >/dev/null
interrupt pack big.safetensors --name big --store s
is "no version was entered" "" "$("$baton" list --store s)"
is "nothing half done is left" 0 "$(find s/blobs -type f | wc -l)"
"$baton" pack big.safetensors --name big --store s >/dev/null

interrupt push big s2 --store s
is "the target is whole" 0 "$("$baton" store fsck --store s2 >/dev/null; echo $?)"
is "and has no version" "" "$("$baton" list --store s2)"
"$baton" push big s2 --store s >/dev/null
is "the same push ends it" "$("$baton" list --store s)" "$("$baton" list --store s2)"

interrupt push big big.tar --store s
is "no archive is left" 0 "$(find . -name '*.tar*' | wc -l)"
interrupt verify big --store s
interrupt store fsck --store s
done_testing

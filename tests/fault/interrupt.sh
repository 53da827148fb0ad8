#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C in the middle of long work: it stops with exit code 130 and a word about it, the store is
# whole, and the same command ends what was begun.
#   interrupt.sh BATON
set -eu
baton=$(realpath "$1")
models=$(realpath "$(dirname "$0")/../cli/models")
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

# What is said into a ledger comes after a proof, which is long here: nothing is said when that is cut
# off. What is quick either is said or is not.
export BATON_HOME="$work/me" BATON_STORE=t
in_ledger() { "$baton" log | sed -n 's/^ledger .*, //p'; }
"$baton" init t >/dev/null
"$baton" pack "$models/two.onnx" --name m --random-golden 1 --doc big.safetensors >/dev/null
"$baton" pack "$models/double.onnx" --name m --random-golden 1 >/dev/null
"$baton" handoff m:1 >/dev/null
before=$(in_ledger)
interrupt accept m:1
is "no half of an acceptance was entered" "$before" "$(in_ledger)"
for version in 1 2; do
    "$baton" accept m:$version
    "$baton" promote m:$version --to live
done >/dev/null
before=$(in_ledger)
interrupt rollback m@live
is "nothing was rolled back" "$before" "$(in_ledger)"

outcomes=
for wait in 0 1 2 3 4 5 6 7 8 9; do
    before=$(in_ledger)
    env --default-signal=INT "$baton" promote m:2 --to live >said 2>&1 &
    sleep 0.00$wait
    kill -INT $! 2>/dev/null || true
    code=0
    wait $! || code=$?
    case $code.$([ "$before" = "$(in_ledger)" ] && echo old || echo new) in
    0.new | 130.old) ;;
    *) outcomes="$outcomes $code after $wait ms" ;;
    esac
done
is "promote ends with 0 and the new registry or with 130 and the old one" "" "$outcomes"
is "and the ledger is whole" 0 "$("$baton" audit >/dev/null; echo $?)"
done_testing

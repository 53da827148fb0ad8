#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Moving an alias in a registry of 1,000 statements. Goal: under 100 ms after the proof, which is
# what `verify` takes; a rollback is both. Best of ROUNDS (default 3).
#   bench_switch.sh BATON BENCH_SWITCH [FOLDER]
set -eu
baton=$(realpath "$1")
bench=$(realpath "$2")
models=$(dirname "$(realpath "$0")")/../cli/models
work=$(realpath "$(mktemp -d "${3:-${TMPDIR:-/tmp}}/bench-XXXXXX")")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
export BATON_HOME="$work/me" BATON_STORE="$work/s"
unset BATON_KEY

"$baton" init "$work/s" --name me >/dev/null
for model in mlp double; do
    "$baton" pack "$models/$model.onnx" --name m --random-golden 3
done >/dev/null
for version in 1 2; do
    "$baton" handoff "m:$version"
    "$baton" accept "m:$version"
done >/dev/null
statements=988
for round in $(seq "${ROUNDS:-3}"); do
    "$bench" "$work/s" "$work/me" "$statements" 50
    statements=0
done | sort | awk '
{
    if (!($1 in least) || $5 < least[$1]) least[$1] = $5
    if (!($1 in half) || $8 < half[$1]) half[$1] = $8
    if (!($1 in late) || $11 < late[$1]) late[$1] = $11
}
END {
    for (name in half) printf "%-9s least %6.2f ms, p50 %6.2f ms, p99 %6.2f ms\n", name, least[name], half[name], late[name]
}' | sort
"$baton" audit >/dev/null
"$baton" log --last 1 | tail -n 1

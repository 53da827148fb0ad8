#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Putting 805,311,184 pseudo-random bytes into a store, beside writing them with fsync and hashing
# them. The goal: at most 1.3 times the longer of the two, under 64 MiB; checking within 10 % of
# openssl. Minima over ROUNDS (default 5), in turn, so that all see the same machine.
#   bench_pack_blob.sh PACK_BLOB [FOLDER]
set -eu
pack=$(realpath "$1")
work=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cd "$work"
head -c 805311184 /dev/zero | openssl enc -aes-128-ctr -K 0123456789abcdef0123456789abcdef \
    -iv 00000000000000000000000000000000 >weights

seconds() { # COMMAND...
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1
    echo "$(($(date +%s%N) - start))" | awk '{ printf "%.3f", $1 / 1e9 }'
}
for round in $(seq "${ROUNDS:-5}"); do
    echo "dd $(seconds dd if=weights of=copy bs=1M conv=fsync)"
    rm copy
    sync
    echo "openssl $(seconds openssl sha256 weights)"
    result=$("$pack" weights store)
    echo "baton $result"
    rm -rf store
    sync
done >results
awk '
function least(name, value) { if (!(name in best) || value < best[name]) best[name] = value }
$1 == "baton" { least("put", $3); least("check", $7); least("open", $9); rss = $5 > rss ? $5 : rss; next }
{ least($1, $2) }
END {
    longer = best["dd"] > best["openssl"] ? best["dd"] : best["openssl"]
    printf "dd conv=fsync   %6.3f s\n", best["dd"]
    printf "openssl sha256  %6.3f s\n", best["openssl"]
    printf "baton put       %6.3f s  %.2f x the longer (goal 1.30), %.1f MiB (goal 64)\n", best["put"], best["put"] / longer, rss
    printf "baton check     %6.3f s  %.2f x openssl (goal 1.10)\n", best["check"], best["check"] / best["openssl"]
    printf "baton open      %6.3f s  %.2f x openssl (goal 1.10)\n", best["open"], best["open"] / best["openssl"]
}' results

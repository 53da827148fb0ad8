#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A log's appends beside Tessera's POSIX driver and beside the disk itself, in turn, so that all see
# the same machine; then the audit of a large log, and one proof. Goals, on 2 cores: 200,000 durable
# leaves of 200 bytes a second, 99 % of them acknowledged within 10 ms; 10 million
# entries audited in 30 s; one proof checked in 150 us. Best of ROUNDS (default 3).
#   bench_log.sh BENCH_LOG [FOLDER]
set -eu
bench=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(realpath "$(mktemp -d "${2:-${TMPDIR:-/tmp}}/bench-XXXXXX")")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
(cd "$here/tessera" && go build -o "$work/tessera" .) || echo "no Go 1.26: Tessera is left out"
cd "$work"

# No file is removed before the end: ext4 is slow at making files just after many were removed.
for round in $(seq "${ROUNDS:-3}"); do
    mkdir "disk$round" "ours$round" "small$round" "theirs$round"
    sync
    "$bench" disk "disk$round" 400000 2000
    "$bench" append "ours$round" 1000000 1000 2
    "$bench" append "small$round" 100000 125 4
    if [ -x ./tessera ]; then
        ./tessera "theirs$round" 50000 1000 2 2>tessera.log
    fi
done | tee results
awk '
{
    name = $1 " " $3 " x " $5
    if (!(name in best) || $7 > best[name]) best[name] = $7
    if (!(name in late) || $11 < late[name]) late[name] = $11
}
END {
    for (name in best) printf "%-24s %8d leaves/s, p99 %.1f ms\n", name, best[name], late[name]
    if ("tessera 2 x 1000" in best)
        printf "ours / Tessera            %7.1f x\n",
            best["append 2 x 1000"] / best["tessera 2 x 1000"]
}' results | sort

entries=${ENTRIES:-10000000}
mkdir large
"$bench" append large "$entries" 4000 2
"$bench" audit large
"$bench" proof large

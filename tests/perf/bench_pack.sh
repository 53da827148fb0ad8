#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `baton pack` and `baton verify` of an 805,311,184-byte weight file, beside writing it with fsync
# (dd), hashing it (openssl), and beside dvc, casync and restic where they are installed. Goals: pack
# at most 1.3 times the longer of dd and openssl, under 64 MB; verify within 10 % of openssl. Minima
# over ROUNDS (default 3), in turn, so that all see the same machine.
#   bench_pack.sh BATON [FOLDER]
set -eu
baton=$(realpath "$1")
work=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cd "$work"
bytes=805311184

# A header of 88 bytes with its length before it, then pseudo-random weights.
body=$((bytes - 96))
header='{"w":{"dtype":"U8","shape":['$body'],"data_offsets":[0,'$body']}}'
header=$(printf '%-88s' "$header")
{
    printf '\130\0\0\0\0\0\0\0%s' "$header"
    head -c $body /dev/zero | openssl enc -aes-128-ctr -K 0123456789abcdef0123456789abcdef \
        -iv 00000000000000000000000000000000
} >weights.safetensors

cat >measure.py <<'END'
"""NAME COMMAND...: one line, NAME seconds megabytes (resident at most)."""
import os
import subprocess
import sys
import time

start = time.perf_counter()
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
said = child.stderr.read()
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - start
if status and sys.argv[1] != 'baton-verify':  # without a graph the verdict is cannot-tell
    sys.exit(f'{sys.argv[1]}: {said.decode()}')
print(sys.argv[1], f'{seconds:.3f}', f'{usage.ru_maxrss / 1e3:.1f}')
END
measure() { python3 measure.py "$@" >>results; }
has() { command -v "$1" >/dev/null; }
venv=$(dirname "$(realpath "$baton")")/../.venv-bench/bin
PATH=$PATH:$venv
export RESTIC_PASSWORD=none
cat >dvc-add <<'END'
cd dvc && cp --reflink=never ../weights.safetensors w && dvc add --quiet w
END

for round in $(seq "${ROUNDS:-3}"); do
    measure dd dd if=weights.safetensors of=copy bs=1M conv=fsync
    rm copy
    sync
    measure openssl openssl sha256 weights.safetensors
    "$baton" init --carrier store >/dev/null
    measure baton-pack "$baton" pack weights.safetensors --name w --store store
    measure baton-verify "$baton" verify w --store store
    rm -rf store
    sync
    if has casync; then
        mkdir casync
        measure casync casync make --store=casync/store casync/w.caibx weights.safetensors
        rm -rf casync
        sync
    fi
    if has restic; then
        restic init --quiet --repo restic
        measure restic restic backup --quiet --repo restic weights.safetensors
        rm -rf restic
        sync
    fi
    if has dvc; then
        mkdir dvc
        (cd dvc && dvc init --no-scm --quiet)
        measure dvc sh dvc-add
        rm -rf dvc
        sync
    fi
done

awk '
!($1 in best) || $2 < best[$1] { best[$1] = $2 }
$3 > rss[$1] { rss[$1] = $3 }
END {
    longer = best["dd"] > best["openssl"] ? best["dd"] : best["openssl"]
    printf "dd conv=fsync   %7.3f s\n", best["dd"]
    printf "openssl sha256  %7.3f s\n", best["openssl"]
    printf "baton pack      %7.3f s  %.2f x the longer (goal 1.30), %.1f MB resident (goal 64)\n",
        best["baton-pack"], best["baton-pack"] / longer, rss["baton-pack"]
    printf "baton verify    %7.3f s  %.2f x openssl (goal 1.10), %.1f MB resident\n",
        best["baton-verify"], best["baton-verify"] / best["openssl"], rss["baton-verify"]
    for (name in best)
        if (name ~ /^(casync|restic|dvc)$/)
            printf "%-15s %7.3f s  %.2f x baton pack, %.1f MB resident\n", name, best[name],
                best[name] / best["baton-pack"], rss[name]
}' results
has dvc || echo "dvc is not installed (pip install dvc): left out"

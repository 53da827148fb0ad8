#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk that is really full: exit code 8 and a line that says so, nothing half written is left,
# what was there before still verifies, and with room again the same command gives the same digest.
#   full_disk.sh BATON
# Runs itself once more in a user and mount namespace of its own, where it may mount a tmpfs.
set -eu
if [ -z "${BATON_OWN_MOUNTS:-}" ]; then
    if unshare -Urm mount -t tmpfs tmpfs /tmp 2>/dev/null; then
        BATON_OWN_MOUNTS=1 exec unshare -Urm sh "$0" "$@"
    fi
    echo "1..0 # SKIP unshare -Urm and a tmpfs are not permitted here: no disk to fill"
    exit 0
fi
baton=$(realpath "$1")
models=$(realpath "$(dirname "$0")/../cli/models")
. "$(dirname "$0")/weights.sh"
. "$(dirname "$0")/../tap.sh"
unset BATON_STORE
export BATON_HOME="$work/me"

mkdir disk
mount -t tmpfs -o size=4m tmpfs disk
trap 'cd /; umount "$work/disk"; rm -rf "$work"' EXIT
weights big.safetensors 1500000
digest_of() { "$baton" list "$1" --store "$2" | sed 's/.*\(sha256:[0-9a-f]*\).*/\1/'; }
is_full() { # COMMAND...
    code=0
    "$baton" "$@" >said 2>&1 || code=$?
    is "$1 onto a full disk ends with 8" 8 $code
    is "$1 says so in its first line" 1 "$(head -n 1 said | grep -c "^baton $1: .*No space left on device")"
}
is_whole() { # WHAT
    is "$1: the store is whole" 0 "$("$baton" store fsck --store disk/s >/dev/null; echo $?)"
    is "$1: the bundle from before verifies" 0 "$("$baton" verify small --store disk/s >/dev/null; echo $?)"
    is "$1: no other is listed" small:1 "$("$baton" list --store disk/s | cut -d' ' -f1)"
    is "$1: no file is left" "$files" "$(find disk/s -type f ! -name "registry.db-*" | sort)"
}

"$baton" init elsewhere >/dev/null
"$baton" pack big.safetensors --name big --store elsewhere >/dev/null
"$baton" init disk/s >/dev/null
"$baton" pack "$models/double.onnx" --name small --random-golden 1 --store disk/s >/dev/null
files=$(find disk/s -type f ! -name "registry.db-*" | sort)

# Room for a part of the weights.
head -c 3000000 /dev/zero >disk/filler
is_full pack big.safetensors --name big --store disk/s
is_whole pack
is_full push big disk/s --store elsewhere
is_whole push
is_full push big disk/big.tar --store elsewhere
is "no archive is left" "filler s" "$(ls disk | xargs)"

# Room for nothing.
cat /dev/zero >disk/rest 2>/dev/null || true
is_full predict "$models/double.onnx" --random 1 --output disk/out.npz
is "no half of the outputs is left" "filler rest s" "$(ls disk | xargs)"
is_full pack "$models/mlp.onnx" --name big --store disk/s
is_whole "pack of the smallest"

rm disk/filler disk/rest
"$baton" pack big.safetensors --name big --store disk/s >/dev/null
is "with room again, pack gives the digest it has elsewhere" "$(digest_of big elsewhere)" \
    "$(digest_of big disk/s)"
"$baton" predict "$models/double.onnx" --random 1 --output disk/out.npz >/dev/null
is "and predict writes its outputs" 1 "$(ls disk | grep -c out.npz)"

# A statement, with room for less and less of what it takes: the record, the files made from it, the
# index. The alias has moved or has not, everything can be asked, and with room again the same
# command ends it.
stands() { "$baton" list --store disk/s | sed -n 's/^\(small:[12]\) .*@live.*/\1/p'; }
"$baton" pack "$models/mlp.onnx" --name small --random-golden 1 --store disk/s >/dev/null
for version in 1 2; do
    "$baton" handoff small:$version --store disk/s
    "$baton" accept small:$version --store disk/s
done >/dev/null
"$baton" promote small:1 --to live --store disk/s >/dev/null
cp -a disk/s before
cp -a "$BATON_HOME" home
ends() { # Whether promote, onto a disk with $1 KiB, did all that it should.
    rm -rf disk/* "$BATON_HOME"
    cp -a before disk/s
    cp -a home "$BATON_HOME"
    cat /dev/zero >disk/rest 2>/dev/null || true
    truncate -s "-$1K" disk/rest
    if "$baton" promote small:2 --to live --store disk/s >said 2>&1; then
        accepted=1
    else
        refused=$((refused + 1))
        grep -qE 'No space left|the disk took its record' said || return 1
    fi
    [ -n "$(stands)" ] && "$baton" audit --store disk/s >/dev/null || return 1
    rm disk/rest
    "$baton" promote small:2 --to live --store disk/s >/dev/null || return 1
    [ "$(stands)" = small:2 ] && "$baton" audit --store disk/s >/dev/null
}
refused=0
accepted=
for room in $(seq 0 4 96); do
    ends "$room" || break
    [ -z "$accepted" ] || break
done
is "promote, with room for a part of it, leaves the old or the new registry" "1 ok" \
    "$accepted $([ $refused -ge 10 ] && echo ok || tail -n 1 said)"
done_testing

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at the system calls of `baton pack` and `baton push`: the store is the old one or the new
# one, and the same command, given again, ends in the same digest and the next version.
#   kill_pack.sh KILL_AT_SYSCALL BATON
# BATON_FAULT_FULL=1: a model with external data, golden cases and documents, and push as well;
# else pack of the smallest one, which takes half a minute.
set -eu
kill_at=$(realpath "$1")
baton=$(realpath "$2")
models=$(realpath "$(dirname "$0")/../cli/models")
. "$(dirname "$0")/../tap.sh"
# Between two calls that can change a file nothing changes: BATON_FAULT_FULL=1 kills there, too.
every="--every 1"
[ -z "${BATON_FAULT_FULL:-}" ] || every=
cp -r "$models" in

if [ -n "${BATON_FAULT_FULL:-}" ]; then
    head -c 300000 /dev/zero | tr '\0' 'w' >long
    pack="pack in/external.onnx --name m --random-golden 2 --doc long --doc in/x.csv"
else
    pack="pack in/double.onnx --name m"
fi
"$baton" init --carrier clean >/dev/null
"$baton" pack in/two.onnx --name m --store clean >/dev/null
cp -a clean done
"$baton" $pack --store done --json >said
digest=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' said)

# The old list or the new one, whole; after the same command the new one.
cat >check <<END
set -eu
"$baton" store fsck --store \$1 >/dev/null
"$baton" list --store \$1 >list
grep -qvE '^m:[12] ' list && exit 1
"$baton" \$2 --store \$3 >/dev/null
"$baton" list --store \$1 >list
[ "\$(sed -n '\$p' list | tr -s ' ')" = "m:\$4 $digest" ]
"$baton" store fsck --store \$1 >/dev/null
END

if [ -n "${BATON_FAULT_FULL:-}" ]; then echo "1..2"; else echo "1..1"; fi
"$kill_at" $every --setup 'rm -rf s; cp -a clean s' --check "sh check s '$pack' s 2" \
    -- "$baton" $pack --store s >/dev/null
echo "ok 1 - pack, killed anywhere, leaves the old or the new store, and the next one ends it"
[ -n "${BATON_FAULT_FULL:-}" ] || exit 0

"$baton" init --carrier empty >/dev/null
"$kill_at" $every --setup 'rm -rf s; cp -a empty s' --check "sh check s 'push m:2 s' done 2" \
    -- "$baton" push m:2 s --store done >/dev/null
echo "ok 2 - push, killed anywhere, leaves the old or the new store, and the next one ends it"

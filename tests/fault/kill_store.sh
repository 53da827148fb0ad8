#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at every system call of init and of publish: the store is the old one or the new one.
#   kill_store.sh KILL_AT_SYSCALL STORE_TOOL
set -eu
kill_at=$(realpath "$1")
tool=$(realpath "$2")
. "$(dirname "$0")/../tap.sh"
# Between two calls that can change a file nothing changes: BATON_FAULT_FULL=1 kills there, too.
every="--every 1"
[ -z "${BATON_FAULT_FULL:-}" ] || every=

# Several of the writer's buffers, so that its thread is killed at work too.
head -c 1000000 /dev/zero | tr '\0' 'w' >layer
echo '{}' >config

echo "1..2"
"$kill_at" $every --setup 'rm -rf s' --check "'$tool' init s && '$tool' check s credit 0 0" \
    -- "$tool" init s
echo "ok 1 - init, killed anywhere, is finished by the next init"

"$tool" init clean
echo '{"first":1}' >first
"$tool" publish clean credit application/json first application/octet-stream first >/dev/null
publish="publish s credit application/json config application/octet-stream layer"
"$kill_at" $every --setup 'rm -rf s; cp -a clean s' \
    --check "'$tool' check s credit 1 2 && '$tool' $publish >/dev/null && '$tool' check s credit 2 2" \
    -- "$tool" $publish >/dev/null
echo "ok 2 - publish, killed anywhere, leaves the old or the new store, and the next one ends it"

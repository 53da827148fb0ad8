#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at every system call of creating a log, appending to it, and opening it after a crash or a
# power cut: all of a group is there or nothing of it, and nothing acknowledged is lost. Then many
# processes and threads at once, some of them killed.
#   kill_log.sh KILL_AT_SYSCALL LOG_TOOL
set -eu
kill_at=$(realpath "$1")
tool=$(realpath "$2")
. "$(dirname "$0")/../tap.sh"
# Between two calls that can change a file nothing changes: BATON_FAULT_FULL=1 kills there, too.
every="--every 1"
[ -z "${BATON_FAULT_FULL:-}" ] || every=

fresh="rm -rf s acked; cp -a clean s"
is_one_of() { # the check that a log has exactly LOW or exactly HIGH entries
    echo "'$tool' check s $1 $1 acked 2>other || '$tool' check s $2 $2 acked"
}

echo "1..7"
mkdir s
"$kill_at" $every --setup 'rm -rf s; mkdir s' --check "'$tool' create s && '$tool' check s 0 0 acked" \
    -- "$tool" create s
echo "ok 1 - create, killed anywhere, is finished by the next create"

mkdir clean
"$tool" create clean
"$tool" append clean first 250 1 1 before
"$kill_at" $every --setup "$fresh" --check "$(is_one_of 250 550)" -- "$tool" append s a 300 1 1 acked
echo "ok 2 - append, killed anywhere, leaves all of the group or nothing"

# 15 pages of the area's 16 are used; the third group begins another area, and the fourth is the
# first to say that it is enough.
"$tool" append clean more 1 14 1 before
"$kill_at" $every --setup "$fresh" --check "'$tool' check s 264 268 acked" \
    -- "$tool" append s a 1 4 1 acked
echo "ok 3 - append into another area of the journal, killed anywhere, loses nothing"

# Acknowledged, published, and then all of it taken back but the journal.
cp -a clean left
"$tool" append left a 300 1 1 before
rm -r left/ledger
cp -a clean/ledger left/ledger
"$kill_at" $every --setup 'rm -rf s acked; cp -a left s' --check "$(is_one_of 564 565)" \
    -- "$tool" append s b 1 1 1 acked
echo "ok 4 - publishing what another process left, killed anywhere, is done by the next"

# As far as the area goes whose start the tiles of `clean` are.
"$tool" append left a 1 13 1 before
"$tool" cut left
rm -r left/ledger/tile left/ledger/content left/ledger/checkpoint
cp -a clean/ledger/. left/ledger/
"$kill_at" $every --setup 'rm -rf s acked; cp -a left s' \
    --check "'$tool' append s c 1 1 1 acked && '$tool' check s 578 579 acked" \
    -- "$tool" append s b 1 1 1 acked
echo "ok 5 - going over the journal after a power cut, killed anywhere, is done by the next"

eval "$fresh"
for process in 1 2 3 4; do
    "$tool" append s "p$process" 7 20 4 acked &
done
wait
"$tool" check s $((264 + 4 * 4 * 20 * 7)) $((264 + 4 * 4 * 20 * 7)) acked
test "$(wc -l <acked)" -eq 320
test "$(sort -u acked | wc -l)" -eq 320
echo "ok 6 - four processes of four threads append together, and every number is given once"

eval "$fresh"
round=0
while [ $round -lt "${ROUNDS:-12}" ]; do
    round=$((round + 1))
    for process in 1 2 3; do
        "$tool" append s "r$round-$process" 3 200 3 "acked" &
        eval "pid$process=$!"
    done
    sleep "0.0$((round % 7 + 1))"
    kill -9 "$pid1"
    sleep 0.05
    kill -9 "$pid2" "$pid3"
    wait "$pid1" "$pid2" "$pid3" || true
    "$tool" check s 264 1000000 acked
done 2>killed
test -s acked
echo "ok 7 - processes killed while others append: nothing acknowledged is lost"

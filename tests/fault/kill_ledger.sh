#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at the system calls of every verb that has something entered into a ledger. Each time: the
# whole ledger with its index passes the audit, what had been acknowledged is there with its number,
# the registry is the old one or the new one, and the same command, given again, ends in the new one.
# Then a witness who knew the ledger before signs it again: nothing was taken back.
#   kill_ledger.sh KILL_AT_SYSCALL BATON
# BATON_FAULT_FULL=1: at every system call; else at a sample of those that can change a file.
set -eu
kill_at=$(realpath "$1")
baton=$(realpath "$2")
models=$(realpath "$(dirname "$0")/../cli/models")
# Memory does: a kill is no power cut.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/../tap.sh"
export BATON_HOME=w/me BATON_STORE=w/s
unset BATON_KEY
baton() { "$baton" "$@"; }

# What the registry says. Lines of the log begin with a number and a time, of which a statement that
# was entered once more has other ones.
cat >state <<END
listed() { "$baton" list | sed -n '/^m:/p'; "$baton" policy show; }
said() { "$baton" log | sed -n 's/^ *[0-9]*  .\{20\}  //p'; }
END

# What those say that have nothing more to do.
is_done="stands at version 1 already|no trusted key has the name or id .bob"
# look STATEMENTS COMMAND...: so many are entered by the command, one after the other: killed, it may
# have entered the first of them.
cat >look <<END
set -eu
exec >&2
. ./state
ledger_holds() {
    "$baton" audit >audited || { cat audited; exit 1; }
    "$baton" log | grep -vxF -f - acknowledged && exit 1
    return 0
}
steps=\$1; shift
if [ -s acknowledged ]; then
    ledger_holds
    said >log
    while ! tail -n \$((\$(wc -l <log.new) - steps)) log.new | cmp -s - log; do
        steps=\$((steps - 1))
        [ \$steps -ge 0 ] || { echo "neither old nor new:"; cat log; exit 1; }
    done
    listed >list
    cmp -s list list.old || cmp list list.new
fi
"$baton" "\$@" >/dev/null 2>again || grep -qE "$is_done" again || { cat again; exit 1; }
ledger_holds
listed | cmp - list.new
said | sort -u | cmp - log.set
"$baton" witness ask --policy ask >asked || { cat asked; exit 1; }
END

every="--every 5"
[ -z "${BATON_FAULT_FULL:-}" ] || every=
killed() { # NAME WORLD STATEMENTS COMMAND...
    name=$1 world=$2 steps=$3
    shift 3
    . ./state
    now "$world"
    baton log 2>/dev/null | grep -v ^ledger >acknowledged || true
    listed >list.old || true
    baton "$@" >/dev/null
    listed >list.new
    said >log.new
    sort -u log.new >log.set
    "$kill_at" $every --setup "rm -rf w; cp -a $world w" --check "sh look $steps $*" \
        -- "$baton" "$@" >/dev/null
    count=$((count + 1))
    echo "ok $count - $name, killed anywhere, leaves the old or the new registry, and the next one ends it"
    now "$world"
}
now() { # the world as it was when this name was given to it
    rm -rf w
    cp -a "$1" w
}
keep() { # the world as it is, under a name
    cp -a w "$1"
}

# Nothing is there but the person's folder, or not even that. At the end the ledger is of use.
cat >look.init <<END
set -eu
exec >&2
"$baton" init w/s --name alice >/dev/null
"$baton" key export >pem
"$baton" pack "$models/two.onnx" --name m >/dev/null
"$baton" audit >/dev/null
[ "\$("$baton" log | grep -c .)" = 4 ]
END
mkdir new
"$kill_at" ${every:+--every 16} --setup "rm -rf w; cp -a new w" --check "sh look.init" \
    -- "$baton" init w/s --name alice >/dev/null
count=1
echo "ok 1 - init, killed anywhere, is finished by the next init"

# A witness that knows both ledgers of this test; the second trusts the key of the first.
now new
baton init w/s --name alice >/dev/null
baton key new bob >/dev/null
baton init w/t --name bob --key bob >/dev/null
baton key trust w/me/keys/me.pub --name alice --roles author,validator --key bob --store w/t >/dev/null
baton witness init --name w/1 >/dev/null
for store in w/s w/t; do
    vkey=$(baton log --vkey --store $store)
    baton witness log "$vkey" >/dev/null
    echo "log $vkey"
done >ask
cat >>ask <<END
witness one $(grep '^w/1+' w/me/witness/verifier) $work/w/me/witness
quorum one
END
for model in two double; do
    baton pack "$models/$model.onnx" --name m --random-golden 1
done >/dev/null
for store in w/s w/t; do
    baton witness ask --policy ask --store $store
done >/dev/null
keep packed
killed register packed 1 pack "$models/external.onnx" --name m
killed handoff packed 2 handoff m:1 --note over
for version in 1 2; do
    baton handoff m:$version
    baton accept m:$version
done >/dev/null
keep accepted
killed accept packed 2 accept m:2
killed promote accepted 1 promote m:1 --to production
baton promote m:1 --to production >/dev/null
baton promote m:2 --to production >/dev/null
keep promoted
killed rollback promoted 1 rollback m@production --to 1
killed retire promoted 1 retire m:1 --reason old
killed "key trust" promoted 1 key trust w/me/keys/bob.pub --name bob --roles validator
baton key trust w/me/keys/bob.pub --name bob --roles validator >/dev/null
keep two
killed "key revoke" two 1 key revoke bob
killed "policy set" promoted 1 policy set team
killed "store rebuild" promoted 0 store rebuild
killed "witness ask" promoted 0 witness ask --policy ask
now promoted
export BATON_STORE=w/t
every=${every:+--every 40}
killed push promoted 5 push m:2 w/t --store w/s
killed pull promoted 5 pull w/s m:2
done_testing

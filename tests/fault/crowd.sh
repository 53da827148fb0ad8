#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Several people at one store, at the same time and without order: nobody is told that something is
# damaged, and nobody is refused but by a gate, or gc while others write.
#   crowd.sh BATON
# BATON_TEST_VERSIONS (`make crowd`): for as many commands each; else for 12.
set -eu
baton=$(realpath "$1")
models=$(realpath "$(dirname "$0")/../cli/models")
. "$(dirname "$0")/../tap.sh"
export BATON_HOME="$work/home"
commands=12
[ -z "${BATON_TEST_VERSIONS:-}" ] || commands=200

# Which commands, in which order: from a seed, so that a failure can be had again, more or less.
choose() { # SEED COUNT VERSIONS
    awk -v seed="$1" -v count="$2" -v versions="$3" 'BEGIN {
        split("pack accept promote list log verify audit lineage push rebuild gc", verbs)
        srand(seed)
        for (i = 0; i < count; i++)
            print verbs[int(rand() * 11) + 1], int(rand() * versions) + 1
    }'
}

run_one() { # PERSON VERB VERSION
    case $2 in
    pack)
        echo "$1 $3" >"doc-$1"
        "$baton" pack "$models/double.onnx" --name m --random-golden 1 --doc "doc-$1"
        ;;
    accept | verify | lineage) "$baton" "$2" "m:$3" ;;
    promote) "$baton" promote "m:$3" --to production ;;
    list | audit) "$baton" "$2" ;;
    log) "$baton" log --last 3 ;;
    push) "$baton" push "m:$3" other ;;
    rebuild | gc) "$baton" store "$2" ;;
    esac
}

# A line for each command that ended as none may.
work_on() { # PERSON
    choose "$1" "$commands" 3 | while read -r verb version; do
        code=0
        run_one "$1" "$verb" "$version" >"said-$1" 2>&1 || code=$?
        case $verb:$code in
        *:0 | promote:5 | gc:5) ;;
        *) echo "$verb m:$version: exit code $code: $(tail -n 3 "said-$1" | tr '\n' ' ')" ;;
        esac
    done
}

"$baton" init >/dev/null
"$baton" init other >/dev/null
for version in 1 2 3; do run_one nobody pack $version >/dev/null; done
people="1 2 3 4 5 6"
for person in $people; do work_on $person >"trouble-$person" & done
wait
is "nobody was in another's way" "" "$(cat trouble-*)"
is "the ledger and the store are whole" identical "$("$baton" audit | tail -n 1)"
is "so is what was pushed" identical "$("$baton" audit --store other | tail -n 1)"
"$baton" list | sed -n 's/^m:\([0-9]*\) .*/\1/p' >numbers
is "versions have the numbers 1, 2, 3, …" "$(seq "$(wc -l <numbers)")" "$(cat numbers)"
done_testing

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same inputs give the same bundle, whoever packs them, wherever, whenever and however.
#   determinism.sh BATON      with BATON_OTHER in the environment: one that another compiler made
set -eu
baton=$(realpath "$1")
other=${BATON_OTHER:+$(realpath "$BATON_OTHER")}
models=$(realpath "$(dirname "$0")/../cli/models")
. "$(dirname "$0")/../tap.sh"
cp -r "$models" in
cp "$baton" baton
printf 'one' >b.txt
printf 'two' >a.txt
chmod -R a+rX .

# Everything that may go into a bundle. $store: where; $docs: in which order; $before: run as what.
pack() {
    $before ./baton init --carrier "$store" >/dev/null
    $before ./baton pack in/classifier.onnx --store "$store" --name team/labels --golden in/x.csv \
        --random-golden 3 --seed 9 --labelled in/labelled.csv --gate accuracy=0.2 \
        --same probabilities=ulp:2 $docs --json | sed 's/.*"digest":"\([^"]*\)".*/\1/'
}
before='' docs='--doc a.txt --doc b.txt' store=s0
wanted=$(pack)

store=s1
is "into another store, a second later" "$wanted" "$(sleep 1; pack)"
is "into the same store again" "$wanted" "$(pack)"
docs='--doc b.txt --doc a.txt' store=s2
is "files in another order" "$wanted" "$(pack)"
docs='--doc a.txt --doc b.txt' store=s3
is "umask 077" "$wanted" "$(umask 077; pack)"
store=s4
is "umask 000" "$wanted" "$(umask 000; pack)"
store=s5
is "another time zone" "$wanted" "$(TZ=Pacific/Kiritimati pack)"
for locale in de_DE.UTF-8 tr_TR.UTF-8 C.UTF-8 C; do
    store=s-$locale
    is "locale $locale" "$wanted" "$(LC_ALL=$locale LANG=$locale pack 2>/dev/null)"
done
store=s6
is "an environment without anything" "$wanted" "$(before='env -i' pack)"
store=s7
is "without HOME, standard input closed" "$wanted" "$(unset HOME; pack <&-)"
store=s8
is "with another HOME, USER and TMPDIR" "$wanted" "$(HOME=/nowhere USER=somebody TMPDIR=/nowhere pack)"
find in a.txt b.txt -exec touch -d '1999-12-31 23:59:59' {} +
chmod 444 a.txt
store=s9
is "files of another age and mode" "$wanted" "$(pack)"
mkdir elsewhere
cp -r in a.txt b.txt baton elsewhere/
store=s10
is "in another folder" "$wanted" "$(cd elsewhere; pack)"
store=s11
is "on one processor" "$wanted" "$(before='taskset -c 0' pack)"
if [ "$(id -u)" = 0 ]; then
    mkdir theirs
    chown 65534:65534 theirs
    chmod a+rx .
    store=theirs/s
    is "another user" "$wanted" "$(before='setpriv --reuid 65534 --regid 65534 --clear-groups' pack)"
else
    echo "# not root: packing as another user is left out"
fi
if [ -n "$other" ]; then
    cp "$other" baton
    store=s12
    is "a build by another compiler" "$wanted" "$(pack)"
else
    echo "# no build by another compiler was given"
fi

store=s0
./baton push team/labels s0.tar --store s0 >/dev/null
./baton init fresh >/dev/null
./baton pull s0.tar --store fresh >/dev/null
is "carried away and packed there again" "$wanted" "$(store=fresh pack)"
is "and it has one version there" "$wanted" "$(./baton list --store fresh | sed 's/team.labels:1 *//')"
done_testing

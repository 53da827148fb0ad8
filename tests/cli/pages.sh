#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every verb explains itself, in help and as a man page that renders without a warning; the pages
# and the completions are installed.
#   pages.sh BATON SOURCE
set -eu
baton=$(realpath "$1")
source=$(realpath "$2")
. "$(dirname "$0")/../tap.sh"
# What a renderer says about a page: nothing. groff is what man(1) uses.
warnings() {
    if command -v groff >/dev/null; then groff -man -ww -Tutf8 -z "$1" 2>&1; fi
}
command -v groff >/dev/null || echo "# groff is not installed: rendering is left out"

verbs=$("$baton" help | sed -n 's/^  \([a-z]*\) .*/\1/p')
installed=$(sed -n '/^foreach verb/,/]$/p' "$source/src/cli/pages/meson.build" | grep -o "'[a-z]*'")
"$baton" help --man >baton.1
is "baton(1) renders without a warning" "" "$(warnings baton.1)"
for verb in $verbs; do
    "$baton" help "$verb" >help
    "$baton" help --man "$verb" >"baton-$verb.1"
    is "$verb: --help is what help says" "" "$("$baton" "$verb" --help | diff help -)"
    is "$verb has a summary, details and options" "3" \
        "$(awk 'NR == 3 && /[.]$/ || NR == 5 && /[a-z]/ || /^Options:/ { n++ } END { print n }' help)"
    is "$verb(1) renders without a warning" "" "$(warnings "baton-$verb.1")"
    sed -n 's/^  --\([a-z-]*\).*/\1/p' help | sort >options
    sed -n 's/^\\fB\\-\\-\([^ ]*\)\\fR.*/\1/p' "baton-$verb.1" | sed 's/\\-/-/g' | sort >described
    is "$verb(1) has every option" "" "$(diff options described)"
    is "$verb(1) is listed in baton(1)" 1 "$(grep -c "baton..$verb.fR(1)" baton.1)"
    is "$verb(1) is installed" 1 "$(echo "$installed" | grep -c "'$verb'")"
done
"$baton" completion bash >baton.bash
bash -n baton.bash
is "bash completes verbs" "pack promote push pull policy" "$(bash -c '. ./baton.bash; COMP_WORDS=(baton p); COMP_CWORD=1
    _baton; echo "${COMPREPLY[@]}"' | tr ' ' '\n' | grep -v predict | xargs)"
is "bash completes options" "--golden --gate" "$(bash -c '. ./baton.bash; COMP_WORDS=(baton pack --g)
    COMP_CWORD=2; _baton; echo "${COMPREPLY[@]}"')"
"$baton" completion fish >baton.fish
is "fish: each quoted text ends on its line" "" "$(sed "s/\\\\'//g" baton.fish | awk -F"'" 'NF % 2 == 0')"
done_testing

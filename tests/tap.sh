# SPDX-License-Identifier: Apache-2.0
# What the shell tests share: `. tests/tap.sh` makes a folder, goes there and removes it at the end,
# and is() counts and prints the lines of the Test Anything Protocol. A signal ends the shell without
# its EXIT trap (dash), and a test that takes too long is ended by one.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cd "$work"
count=0
bad=0
is() { # NAME EXPECTED FOUND
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf 'expected: %s\nfound:    %s\n' "$2" "$3" | sed 's/^/# /'
        bad=1
    fi
}
# The plan, and the exit code.
done_testing() {
    echo "1..$count"
    exit $bad
}

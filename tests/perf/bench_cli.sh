#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command itself: how long it takes to say its version (goal: 5 ms) and how big it is (goal:
# 10 MB).  bench_cli.sh BATON
set -eu
baton=$(realpath "$1")
python3 - "$baton" <<'END'
import os
import subprocess
import sys
import time


def least(command, rounds=50):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


baton = sys.argv[1]
print(f'baton --version  {least([baton, "--version"]):6.2f} ms  (goal 5; /bin/true {least(["/bin/true"]):.2f})')
print(f'baton help       {least([baton, "help"]):6.2f} ms')
print(f'binary           {os.path.getsize(baton) / 1e6:6.2f} MB  (goal 10)')
END

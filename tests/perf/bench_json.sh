#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench_json.sh BENCH-JSON: a 1 MB body through baton and through Python's json, in one run.
set -eu
body=$(mktemp)
trap 'rm -f "$body"' EXIT
"$1" "$body"
python3 - "$body" <<'PYTHON'
import json
import sys
import time

text = open(sys.argv[1]).read()
best = float('inf')
for _ in range(9):
    began = time.perf_counter()
    json.loads(text)
    best = min(best, time.perf_counter() - began)
print(f"Python's json reads them in {best * 1e3:.2f} ms")
PYTHON

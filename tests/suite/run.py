#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unpack the official ONNX cases into the build folder once, then run node_suite on them.

    run.py NODE_SUITE EXPECTED [options of node_suite]

Exit 77 (meson: skipped) when the data is not there, unless CI is set: then that is a failure.
"""
import os
import pathlib
import shlex
import subprocess
import sys


def unpack(archive: pathlib.Path, into: pathlib.Path) -> pathlib.Path:
    """The archive's top folder below `into`; complete or not there, for it is renamed last."""
    size = archive.stat().st_size
    done = into / f"onnx-cases-{size}"
    if not done.is_dir():
        part = into / f"onnx-cases-{size}.{os.getpid()}"
        part.mkdir(parents=True)
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", part], check=True)
        try:
            part.rename(done)
        except OSError:
            if not done.is_dir():
                raise
    return done / "onnx-backend-data"


def main() -> int:
    program, expected, *options = sys.argv[1:]
    data = os.environ.get("BATON_TEST_DATA") or os.environ.get("BATON_TEST_DATA_BESIDE", "")
    archive = pathlib.Path(data) / "onnx-backend-data.tar.zst"
    if not archive.is_file():
        print("SKIP: no onnx-backend-data.tar.zst (../shared/data or BATON_TEST_DATA)")
        return 1 if os.environ.get("CI") else 77
    cases = unpack(archive, pathlib.Path(os.environ["BATON_TEST_BUILD"]) / "test-data")
    # Of a cross build, meson names the emulator here.
    emulator = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))
    return subprocess.run([*emulator, program, cases, expected, *options], check=False).returncode


sys.exit(main())

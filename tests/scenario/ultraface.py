#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""UltraFace (a face detector, 320 x 240) against ONNX Runtime on inputs of several kinds, and the
same bits with one thread and with two.

    ultraface.py RUN_MODEL
"""
import os
import sys
from pathlib import Path

from peers import Baton, differences, need_packages, onnxruntime_run

need_packages()

import numpy as np  # noqa: E402

SHAPE = (1, 3, 240, 320)
# Boxes are in units of the image, so 1e-5 is 0.003 pixels; where an edge lies near 0 both sides
# keep only that much after subtracting. Scores have the usual 1e-6.
ATOL = {"boxes": 1e-5, "scores": 1e-6}


def drawn_face():
    """An oval with eyes and a mouth on a shaded wall, in bytes like a camera's."""
    y, x = np.mgrid[0:240, 0:320].astype(np.float32)
    image = np.stack([60 + x / 8, 70 + y / 6, 90 + (x + y) / 12])

    def oval(cx, cy, rx, ry, colour):
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
        image[:, inside] = np.array(colour, np.float32)[:, None]

    oval(160, 120, 50, 70, (222, 180, 150))
    oval(140, 105, 9, 5, (40, 30, 30))
    oval(180, 105, 9, 5, (40, 30, 30))
    oval(160, 155, 18, 6, (170, 60, 70))
    return image[None]


def inputs():
    """Name and input; images are scaled as the model wants them: (byte - 127) / 128."""
    random = np.random.default_rng(20260131)
    yield "noise", random.standard_normal(SHAPE, np.float32)
    yield "small noise", random.standard_normal(SHAPE, np.float32) * np.float32(1e-3)
    for value in (0.0, 1.0, -0.9921875):
        yield f"constant {value}", np.full(SHAPE, value, np.float32)
    yield "bytes", ((random.integers(0, 256, SHAPE) - 127) / 128).astype(np.float32)
    yield "face", ((drawn_face() - 127) / 128).astype(np.float32)


def main():
    data = os.environ.get("BATON_TEST_DATA") or os.environ.get("BATON_TEST_DATA_BESIDE", "")
    path = Path(data) / "models" / "ultraface-rfb-320.onnx"
    if not path.is_file():
        print("SKIP: no models/ultraface-rfb-320.onnx (../shared/data or BATON_TEST_DATA)")
        return 1 if os.environ.get("CI") else 77
    model = path.read_bytes()
    baton = Baton(sys.argv[1])
    wrong = []
    for name, value in inputs():
        ours = baton.run(model, {"input": value})
        theirs = onnxruntime_run(model, {"input": value})
        worst = max(np.max(np.abs(ours[k] - theirs[k])) for k in theirs)
        print(f"{name}: within {worst:.1e} of ONNX Runtime")
        wrong += [f"{name}: {k} differs from ONNX Runtime" for k in theirs
                  if differences({k: ours[k]}, {k: theirs[k]}, atol=ATOL[k])]
        again = baton.run(model, {"input": value}, threads=2)
        wrong += [f"{name}: {k} depends on the number of threads" for k in ours
                  if ours[k].tobytes() != again[k].tobytes()]
    print("\n".join(wrong) if wrong else "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

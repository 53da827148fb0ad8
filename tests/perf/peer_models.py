#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole models, baton and ONNX Runtime in turn: peer_models.py RUN_MODEL DATA_FOLDER

UltraFace (a convolutional face detector, one image) and 500 rows of a boosted ensemble of 300 trees.
The shortest of many runs counts, in rounds that alternate, because the machine is shared. A ratio
above 1 means that baton is faster.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
import peers  # noqa: E402

ROUNDS, RUNS = 5, 100


def trees_model():
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.ensemble import GradientBoostingRegressor
    rng = np.random.default_rng(1)
    x = rng.random((2000, 13), np.float32)
    y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.standard_normal(2000)
    trained = GradientBoostingRegressor(n_estimators=300, max_depth=6, random_state=1).fit(x, y)
    made = to_onnx(trained, x[:1], target_opset={"": 17, "ai.onnx.ml": 3})
    return made.SerializeToString(), {"X": x[:500]}


def ultraface(data):
    """The file lists its weights as inputs too, which forbids ONNX Runtime most of its optimisation
    (11.9 instead of 4.3 ms where this was first measured): take them off, to be fair."""
    import numpy as np
    import onnx
    model = onnx.load(pathlib.Path(data) / "models" / "ultraface-rfb-320.onnx")
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [port for port in model.graph.input if port.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    image = np.random.default_rng(1).random((1, 3, 240, 320), np.float32)
    return model.SerializeToString(), {"input": image}


def peer_shortest_ms(model, inputs, threads):
    """In a process of its own: the threads of ONNX Runtime go on spinning after a run."""
    import numpy as np
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "model.onnx").write_bytes(model)
        np.savez(path / "in.npz", **inputs)
        done = subprocess.run([sys.executable, __file__, "--peer", folder, str(threads)],
                              check=True, text=True, stdout=subprocess.PIPE)
    return float(done.stdout)


def peer(folder, threads):
    import numpy as np
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options,
                                           providers=["CPUExecutionProvider"])
    inputs = dict(np.load(folder / "in.npz"))
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        session.run(None, inputs)
        best = min(best, time.perf_counter() - start)
    print(best * 1e3)


def compare(name, model, inputs, program, threads):
    baton = peers.Baton(program)
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        theirs = min(theirs, peer_shortest_ms(model, inputs, threads))
        baton.run(model, inputs, threads, RUNS)
        ours = min(ours, baton.shortest_ms)
    print(f"{name:34} {threads} thr: baton {ours:8.2f} ms, onnxruntime {theirs:8.2f} ms, "
          f"ratio {theirs / ours:5.2f}", flush=True)


def main():
    peers.need_packages()
    if sys.argv[1] == "--peer":
        return peer(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    import onnxruntime
    program, data = sys.argv[1:]
    print(f"onnxruntime {onnxruntime.__version__}")
    for threads in (1, 2):
        compare("UltraFace RFB-320, one image", *ultraface(data), program, threads)
    for threads in (1, 2):
        compare("300 trees of depth 6, 500 rows", *trees_model(), program, threads)


if __name__ == "__main__":
    main()

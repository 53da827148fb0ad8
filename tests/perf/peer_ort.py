#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time bench_kernel and ONNX Runtime on the same shapes, one after the other.

    peer_ort.py BENCH_KERNEL SHAPES [THREADS...]

A ratio above 1 means that baton is faster. ONNX Runtime gets one-operator models with constant
weights, so on convolutions its time includes bringing the image into its blocked layout and back,
which in a whole model happens once; the ratio there flatters baton.
"""
import subprocess
import sys
import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper


def model(nodes, in_shape, weights):
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, in_shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(w, n) for n, w in weights.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    return made.SerializeToString(), in_shape


def gemm_model(m, k, n):
    rng = np.random.default_rng(1)
    return model([helper.make_node("MatMul", ["x", "w"], ["y"])], [m, k],
                 {"w": rng.random((k, n), np.float32)})


def conv_model(groups, cin, cout, h, w, kernel, stride, dilation, pad):
    rng = np.random.default_rng(1)
    conv = helper.make_node("Conv", ["x", "w", "b"], ["t"], group=groups, pads=[pad] * 4,
                            kernel_shape=[kernel] * 2, strides=[stride] * 2,
                            dilations=[dilation] * 2)
    return model([conv, helper.make_node("Relu", ["t"], ["y"])], [1, cin, h, w],
                 {"w": rng.random((cout, cin // groups, kernel, kernel), np.float32) - 0.5,
                  "b": rng.random(cout, np.float32)})


def ort_us(made, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(made[0], options, providers=["CPUExecutionProvider"])
    feed = {"x": np.random.default_rng(2).random(made[1], np.float32)}
    best, start, rounds = 1e9, time.perf_counter(), 0
    while rounds < 20 or time.perf_counter() - start < 0.1:
        begin = time.perf_counter()
        session.run(None, feed)
        best = min(best, time.perf_counter() - begin)
        rounds += 1
    return best * 1e6


def compare(bench, line, threads):
    done = subprocess.run([bench, str(threads)], input=line + "\n", text=True, check=True,
                          stdout=subprocess.PIPE)
    ours = float(done.stdout.rsplit("=", 1)[1])
    words = line.split()
    numbers = [int(word) for word in words[2:] if word.isdigit()]
    made = gemm_model(*numbers) if words[1] == "gemm" else conv_model(*numbers)
    return ours, ort_us(made, threads)


def main(bench, shapes, *thread_counts):
    with open(shapes) as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    for threads in map(int, thread_counts or ("1", "2")):
        sums = {}
        for line in lines:
            ours, peer = compare(bench, line, threads)
            times, last = int(line.split()[0]), line.split()[-1]
            total = sums.setdefault(last if last.isalpha() else "other", [0.0, 0.0])
            total[0] += times * ours
            total[1] += times * peer
            print(f"{line:42} {threads} thr: baton {ours:8.1f} us, onnxruntime {peer:8.1f} us, "
                  f"ratio {peer / ours:5.2f}", flush=True)
        for name, (ours, peer) in sums.items():
            print(f"{name + ', all lines':42} {threads} thr: baton {ours:8.1f} us, "
                  f"onnxruntime {peer:8.1f} us, ratio {peer / ours:5.2f}")


main(*sys.argv[1:])

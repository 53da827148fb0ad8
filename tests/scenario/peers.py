# SPDX-License-Identifier: Apache-2.0
"""What the scenario scripts share: the tests' packages, run_model, ONNX Runtime, comparing."""
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def need_packages(*names):
    """`names`, or what most scripts need. Go on with the Python of .venv-tests (make venv) when the packages are not in this one; when
    they are nowhere, say so and skip, but fail in CI."""
    missing = [name for name in names or ("onnxruntime", "skl2onnx")
               if not importlib.util.find_spec(name)]
    if not missing:
        return
    venv = SOURCE / ".venv-tests" / "bin" / "python"
    if venv.exists() and "BATON_IN_VENV" not in os.environ:
        os.environ["BATON_IN_VENV"] = "1"
        os.execv(venv, [str(venv), *sys.argv])
    print(f"SKIP: no {' and '.join(missing)} (make venv)")
    sys.exit(1 if os.environ.get("CI") else 77)


class Baton:
    """run_model as a function from arrays to arrays."""

    def __init__(self, program):
        self.program = program
        # Out of time, meson ends us so: the temporary folder must go all the same.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = tempfile.TemporaryDirectory()

    def run(self, model, inputs, threads=1, repeats=1):
        import numpy as np
        folder = pathlib.Path(self.folder.name)
        (folder / "model.onnx").write_bytes(model)
        np.savez(folder / "in.npz", **{k: v.astype(str) if v.dtype == object else v
                                       for k, v in inputs.items()})
        done = subprocess.run([self.program, folder / "model.onnx", folder / "in.npz",
                               folder / "out.npz", str(threads), str(repeats)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        self.shortest_ms = float(done.stdout)
        with np.load(folder / "out.npz") as out:
            return {name: out[name] for name in out.files}


def onnxruntime_run(model, inputs, threads=1):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs)))


def maps_to_arrays(outputs):
    """A list of maps as run_model writes it: values and keys."""
    import numpy as np
    flat = {}
    for name, value in outputs.items():
        if isinstance(value, list):
            keys = list(value[0])
            flat[name] = np.array([[row[k] for k in keys] for row in value], np.float32)
            flat[name + ".keys"] = np.array(keys)
        else:
            flat[name] = np.asarray(value)
    return flat


def differences(ours, theirs, rtol=1e-4, atol=1e-6):
    """Names of the outputs that differ: floats beyond the tolerance, the rest at all."""
    import numpy as np
    found = [name for name in theirs if name not in ours]
    for name in sorted(set(ours) & set(theirs)):
        a, b = ours[name], theirs[name]
        same = a.shape == b.shape
        if same and a.dtype.kind == "f":
            same = np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
        elif same:
            same = bool((a.astype(str) == b.astype(str)).all())
        if not same:
            found.append(name)
    return found

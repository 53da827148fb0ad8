#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Push and pull of 805 MB over loopback, beside skopeo with the same registry (docker-registry),
which begins empty each time: as one blob, where HTTP allows one connection only, and as four.

    bench_push.py BATON [ROUNDS]
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'remote'))
from registries import Baton, start_debian, tool, work_folder  # noqa: E402

BYTES = 805311184
SHAPES = {'one blob': [BYTES], 'four blobs': [BYTES // 4] * 4}
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3


def seconds(words, folder, env=None):
    start = time.monotonic()
    subprocess.run(words, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def round_trip(baton, folder, times):
    """Each tool to a registry of its own and back, files gone afterwards."""
    def note(name, words, env=None):
        times.setdefault(name, []).append(seconds(words, folder, env))

    for name in ('baton', 'skopeo'):
        server = start_debian(folder / 'registry')
        if name == 'baton':
            note('baton push', baton.words('push', 'credit', f'oci://{server.host}/a:1', '--store',
                                           'store'), baton.env)
            baton.good('init', '--carrier', 'back')
            note('baton pull', baton.words('pull', f'oci://{server.host}/a:1', '--store', 'back'),
                 baton.env)
        else:
            copy = ['skopeo', 'copy', '--quiet', '--insecure-policy']
            note('skopeo push', copy + ['--dest-tls-verify=false', 'oci:store:credit:1',
                                        f'docker://{server.host}/a:1'])
            note('skopeo pull', copy + ['--src-tls-verify=false', f'docker://{server.host}/a:1',
                                        'oci:back:x'])
        server.stop()
        for left in ('registry', 'back'):
            shutil.rmtree(folder / left)


def main():
    if not tool('docker-registry') or not tool('skopeo'):
        sys.exit('left out: docker-registry or skopeo is not installed')
    for shape, sizes in SHAPES.items():
        folder = work_folder()
        baton = Baton(os.path.realpath(sys.argv[1]), folder)
        baton.pack_bytes('store', 'credit', sizes)
        for path in folder.glob('*.safetensors'):
            path.unlink()
        times = {}
        for _ in range(ROUNDS):
            round_trip(baton, folder, times)
        best = {name: min(values) for name, values in times.items()}
        for verb in ('push', 'pull'):
            ours, theirs = best[f'baton {verb}'], best[f'skopeo {verb}']
            print(f'{verb} {shape:10}  baton {ours:6.2f} s  skopeo {theirs:6.2f} s  '
                  f'ratio {ours / theirs:.2f}', flush=True)
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that are not ours, as they are, in one conversation: run.py BATON VENVS NAME...

Each talks to one server with the same input in every form that it has, and each of its answers must
have the bits that `baton predict` gives. curl sends what the others do not: chunks, Expect, 2 MB, a
byte at a time. TAP; a client that is not in VENVS (`make clients`) is left out, aloud.
"""
import gzip
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'serve')]

from serving import Server  # noqa: E402
from tap import Tap  # noqa: E402

BATON, VENVS = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
MODELS = HERE.parent / 'cli' / 'models'
ROWS = [[0.5, -1.25, 3.0], [1e-40, 16777217.0, -0.0], [0.1, 0.2, 0.3]]
INPUTS = [{'name': 'x', 'datatype': 'FP32', 'shape': [-1, 3]}]
tap = Tap(BATON)
is_so = tap.is_so


def request_of(rows):
    return {'inputs': [{'name': 'x', 'shape': [len(rows), 3], 'datatype': 'FP32', 'data': rows}]}


def bits_of(outputs):
    y = next(o for o in outputs if o['name'] == 'y')
    return struct.pack(f'<{len(y["data"])}f', *y['data']).hex()


def talk(name, want, *servers):
    python = pathlib.Path(VENVS) / name / 'bin' / 'python'
    if not (pathlib.Path(VENVS) / name / 'made').exists():
        print(f'# SKIP: no {name} in {VENVS} (make clients)')
        if os.environ.get('CI') and name == 'triton':
            is_so(f'{name} is there, in CI', False)
        return
    done = subprocess.run([python, HERE / f'talk_{name}.py', servers[0], json.dumps(ROWS), *servers[1:]],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=240)
    is_so(f'{name} has its conversation', done.returncode == 0, done.stderr[-2000:])
    if done.returncode:
        return
    said = json.loads(done.stdout.splitlines()[-1])
    for word in 'live', 'ready', 'model ready', 'refused':
        is_so(f'{name}: {word}', said.get(word, True), said)
    is_so(f'{name}: whom it asks', said.get('server', 'baton') == 'baton', said)
    is_so(f'{name}: what the model takes', said.get('inputs', INPUTS) == INPUTS, said)
    for form, bits in said['answers'].items():
        is_so(f'{name}: the bits of {form}', bits == want, bits)


def curl(server, work, *arguments, body, path='/v2/models/mlp/infer'):
    (work / 'body').write_bytes(body)
    done = subprocess.run(['curl', '--silent', '--show-error', '--include', '--max-time', '60', *arguments,
                           '--data-binary', f'@{work}/body', f'http://{server.address}{path}'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.rpartition(b'\r\n\r\n')


def check_curl(server, work):
    text = json.dumps(request_of(ROWS)).encode()
    want = server.send('POST', '/v2/models/mlp/infer', text)[1]
    as_json = ('-H', 'Content-Type: application/json')
    chunks = ('-H', 'Transfer-Encoding: chunked')
    packed = ('-H', 'Content-Encoding: gzip')
    for name, arguments, body in (
            ('plainly', as_json, text), ('as a form', (), text), ('in chunks', chunks, text),
            ('in gzip', packed, gzip.compress(text)), ('in chunks of gzip', packed + chunks, gzip.compress(text)),
            ('after asking', ('-H', 'Expect: 100-continue'), text), ('over HTTP/1.0', ('--http1.0',), text),
            ('for gzip', ('--compressed',), text)):
        head, _, said = curl(server, work, *arguments, body=body)
        is_so(f'curl asks {name}', said == want and b' 200 ' in head, (head, said))
    large = json.dumps(request_of([ROWS[0]] * 150000)).encode()
    assert len(large) > 2 << 20
    for name, arguments in (('2 MB', ()), ('2 MB in chunks', chunks)):
        head, _, said = curl(server, work, *arguments, '-H', 'Expect: 100-continue', body=large)
        is_so(f'curl sends {name}, when it may', b'100 Continue' in head and
              json.loads(said)['outputs'][0]['shape'][0] == 150000, head)


def check_slow(server):
    """A byte at a time, the answers of some rows, and of all."""
    text = json.dumps(request_of(ROWS)).encode()
    want = server.send('POST', '/v2/models/mlp/infer', text)[1]
    host, port = server.address.split(':')
    with socket.create_connection((host, int(port)), timeout=20) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f'POST /v2/models/mlp/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n'
        for byte in head.encode() + text:
            s.sendall(bytes([byte]))
        said = b''.join(iter(lambda: s.recv(65536), b''))
    is_so('a byte at a time has the same answer', said.endswith(b'\r\n\r\n' + want), said)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        os.environ['BATON_HOME'], os.environ['BATON_STORE'] = f'{folder}/home', f'{folder}/store'
        tap.baton('init', f'{folder}/store')
        for model, *golden in ((MODELS / 'mlp.onnx', '--golden', MODELS / 'x.npz'),
                               (HERE.parent / 'serve/models/columns.onnx', '--random-golden', 1)):
            code, said = tap.baton('pack', model, '--name', model.stem, *golden)
            assert code == 0, said
        (work / 'x.json').write_text(json.dumps(request_of(ROWS)))
        want = bits_of(json.loads(tap.baton('predict', 'mlp', '--input', work / 'x.json', '--json')[1])['outputs'])
        servers = [Server(BATON, *models, '--instance', f'talk-{i}') for i, models in
                   enumerate((('mlp', 'columns'), ('mlp',), ('columns',)))]
        for name in sys.argv[3:]:
            talk(name, want, *(s.address for s in servers))
        check_curl(servers[0], work)
        check_slow(servers[0])
        for server in servers:
            server.stop()
    tap.done_testing()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`baton serve` and everything that is no plain request: test_malformed.py BATON. Each gets one
refusal and a closed connection; so do bombs; and who keeps silent or is slow keeps nobody else
from being served. TAP."""
import json
import pathlib
import re
import resource
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from serving import Server, new_store, pack_mlp  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
CORPUS = HERE.parent / 'golden' / 'should-fail' / 'request'
PATH = '/v2/models/mlp/infer'
X = {'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': [0.5, -1.25, 3]}
IDLE = 3900
tap = Tap(BATON)
is_so = tap.is_so


def connect(server):
    host, port = server.address.split(':')
    return socket.create_connection((host, int(port)), timeout=10)


def exchange(server, request):
    """All that the server says until it closes."""
    said = b''
    with connect(server) as s:
        try:
            s.sendall(request)
        except OSError:
            pass
        try:
            while piece := s.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
    return said


def count(said):
    return len(re.findall(rb'HTTP/1\.1 \d{3} ', said))


def check_corpus(server):
    bad = []
    files = sorted(CORPUS.glob('*.http'))
    for file in files:
        status = file.with_suffix('.expected').read_text().split()[1].encode()
        try:
            said = exchange(server, file.read_bytes())
        except TimeoutError:
            said = b'the connection stays open'
        if not said.startswith(b'HTTP/1.1 ' + status + b' ') or count(said) != 1 or \
                status[:1] not in (b'4', b'5') or b'\r\nConnection: close\r\n' not in said:
            bad.append((file.name, said[:200]))
    is_so(f'{len(files)} malformed requests are refused once each', not bad and len(files) >= 150, bad)


def post(body, more=b''):
    return (f'POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n'
            .encode() + more + b'\r\n' + body)


def check_bombs(server):
    chunked = f'POST {PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'.encode()
    line = f'POST {PATH} HTTP/1.1\r\nHost: localhost\r\n'.encode()
    x = json.dumps(X)
    for name, request, status in (
            ('five million brackets', post(b'[' * 5_000_000), 400),
            ('brackets in data', post(b'{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":'
                                      + b'[' * 100_000 + b']' * 100_000 + b'}]}'), 400),
            ('objects in objects', post(b'{"a":' * 200_000 + b'1' + b'}' * 200_000), 400),
            ('a number of a million digits', post(('{"inputs":[%s]}' % x.replace('0.5', '1' * 1_000_000)).encode()), 400),
            ('a hundred thousand inputs', post(json.dumps({'inputs': [dict(X, name=str(i)) for i in range(100_000)]}).encode()), 400),
            ('a rank of ten thousand', post(json.dumps({'inputs': [dict(X, shape=[1] * 10_000)]}).encode()), 400),
            ('a shape whose product wraps', post(json.dumps({'inputs': [dict(X, shape=[1 << 32, 1 << 32])]}).encode()), 400),
            ('a shape beyond 64 bits', post(json.dumps({'inputs': [dict(X, shape=[1 << 70, 3])]}).encode()), 400),
            ('a negative shape', post(json.dumps({'inputs': [dict(X, shape=[-1, 3])]}).encode()), 400),
            ('a shape with a fraction', post(json.dumps({'inputs': [dict(X, shape=[1.5, 3])]}).encode()), 400),
            ('a number over the type', post(('{"inputs":[%s]}' % x.replace('0.5', '1e999')).encode()), 400),
            ('bytes that are no UTF-8', post(b'{"inputs":"\xff\xfe"}'), 400),
            ('half a surrogate', post(b'{"id":"\\ud800","inputs":[]}'), 400),
            ('a NUL in a name', post(b'{"inputs":[{"name":"x\\u0000","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}'), 400),
            ('a text behind the document', post(('{"inputs":[%s]} x' % x).encode()), 400),
            ('too many chunks', chunked + b'1\r\n \r\n' * 65_537 + b'0\r\n\r\n', 413),
            ('a chunk over the limit', chunked + b'4000001\r\n', 413),
            ('a length over the limit', line + b'Content-Length: 67108865\r\n\r\n', 413),
            ('a long target', b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\nHost: localhost\r\n\r\n', 414),
            ('many fields', line + b'x: y\r\n' * 100 + b'\r\n', 431),
            ('a long field', line + b'x: ' + b'y' * 40_000 + b'\r\n\r\n', 431)):
        said = exchange(server, request)
        is_so(f'{name}: refused', said.startswith(b'HTTP/1.1 %d ' % status) and count(said) == 1,
              said[:300])
    for key, values in {'name': (1, None, [], {}), 'shape': (None, 3, 'x', {}, ['1', '3']), 'data': (None, 1, 'abc', {}, [None] * 3, ['1'] * 3, [True] * 3, [{}] * 3),
                        'datatype': (None, 'FP33', '', 1, ['FP32'])}.items():
        for value in values:
            status, said, _ = server.ask('POST', PATH, {'inputs': [dict(X, **{key: value})]})
            is_so(f'"{key}" as {json.dumps(value)}: refused', status == 400 and said['error'], said)


def longest_answer(server, times=20):
    longest = 0
    for _ in range(times):
        began = time.monotonic()
        assert server.ask('POST', PATH, {'inputs': [X]})[0] == 200
        longest = max(longest, time.monotonic() - began)
    return longest


def check_crowd(server):
    """Thousands who say nothing, and some of each kind of slow client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < IDLE + 200:
        print(f'# skipped: {hard} descriptors are too few for a crowd')
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDLE + 200, hard))
    crowd = [connect(server) for _ in range(IDLE)]
    slow = [connect(server) for _ in range(60)]
    for at, s in enumerate(slow):
        if at % 3 == 0:
            s.sendall(b'GET /v2 HTTP/1.1\r\nHos')
        elif at % 3 == 1:
            s.sendall(f'POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{'.encode())
        else:
            s.setblocking(False)
            try:
                while s.send(b'GET /v2/models/mlp HTTP/1.1\r\nHost: localhost\r\n\r\n' * 400):
                    pass
            except BlockingIOError:
                pass
    longest = longest_answer(server)
    is_so(f'{IDLE} silent and 60 slow clients keep nobody waiting', longest < 2, longest)
    status = (pathlib.Path('/proc') / str(server.process.pid) / 'status').read_text()
    kib = int(status.split('VmRSS:')[1].split()[0])
    is_so('and cost little memory', kib < 400_000 or 'asan' in BATON, f'{kib} KiB')
    for s in crowd + slow:
        s.close()
    is_so('all the same when they go', longest_answer(server) < 2)


def main():
    with new_store(tap):
        pack_mlp(tap)
        server = Server(BATON, 'mlp')
        try:
            check_corpus(server)
            check_bombs(server)
            check_crowd(server)
        finally:
            code = server.stop()
        is_so('it lived through all that', code == 0)
    tap.done_testing()


if __name__ == '__main__':
    main()

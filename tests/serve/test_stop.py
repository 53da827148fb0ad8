#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How `baton serve` ends: test_stop.py BATON. Under load, with clients that leave when it is not
ready, no request fails; what has begun is finished; a second signal ends at once. TAP."""
import http.client
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from serving import Server, new_store, pack_mlp  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
PATH = '/v2/models/mlp/infer'
BODY = json.dumps({'inputs': [{'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': [0.5, -1.25, 3]}]})
tap = Tap(BATON)
is_so = tap.is_so


class Client(threading.Thread):
    """Asks until it is told to go; keeps its connection where it may."""

    def __init__(self, address, keeps):
        super().__init__()
        self.address, self.keeps = address, keeps
        self.leaves = threading.Event()
        self.count, self.failures = 0, []

    def run(self):
        connection = None
        while not self.leaves.is_set():
            connection = connection or http.client.HTTPConnection(self.address, timeout=20)
            try:
                connection.request('POST', PATH, BODY)
                answer = connection.getresponse()
                answer.read()
                self.count += 1
                if answer.status != 200:
                    self.failures.append(answer.status)
                if not self.keeps or answer.will_close:
                    connection.close()
                    connection = None
            except OSError as e:
                self.failures.append(repr(e))
                connection = None
        if connection:
            connection.close()


def wait_until_not_ready(server):
    """Seconds; as a balancer asks, on new connections."""
    began = time.monotonic()
    while time.monotonic() - began < 10:
        if server.ask('GET', '/v2/health/ready')[0] == 503:
            return time.monotonic() - began
        time.sleep(0.01)
    return 99


def check_drain(notify):
    server = Server(BATON, 'mlp', '--drain', '2', '--log', 'async')
    is_so('who started it is told that it is ready', notify.recv(100) == b'READY=1')
    clients = [Client(server.address, at % 2 == 0) for at in range(8)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    took = wait_until_not_ready(server)
    is_so('ready is 503 at once', took < 0.5, took)
    is_so('who started it is told that it ends', notify.recv(100) == b'STOPPING=1')
    is_so('it lives still', server.ask('GET', '/v2/health/live')[0] == 200)
    time.sleep(0.5)
    for client in clients:
        client.leaves.set()
    for client in clients:
        client.join()
    failures = [f for client in clients for f in client.failures]
    is_so(f'no request of {sum(c.count for c in clients)} failed', not failures, failures[:5])
    code = server.process.wait(timeout=20)
    took = time.monotonic() - began
    is_so('it ended by itself, after the time to drain', code == 0 and 1.9 < took < 6, (code, took))
    server.process.stdout.close()


def begin_request(server):
    host, port = server.address.split(':')
    s = socket.create_connection((host, int(port)), timeout=20)
    s.sendall(f'POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY[:10]}'.encode())
    time.sleep(0.3)
    return s


def check_finish():
    server = Server(BATON, 'mlp')
    s = begin_request(server)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.6)
    host, port = server.address.split(':')
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
        refused = False
    except ConnectionRefusedError:
        refused = True
    is_so('nobody new is taken', refused)
    s.sendall(BODY[10:].encode())
    said = b''
    while piece := s.recv(4096):
        said += piece
    s.close()
    is_so('what has begun is finished', said.startswith(b'HTTP/1.1 200 ') and b'Connection: close' in said, said)
    is_so('then it ends', server.process.wait(timeout=5) == 0)
    server.process.stdout.close()


def check_second_signal():
    for second in signal.SIGTERM, signal.SIGINT:
        server = Server(BATON, 'mlp', '--drain', '60')
        s = begin_request(server)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        alive = server.process.poll() is None
        server.process.send_signal(second)
        began = time.monotonic()
        code = server.process.wait(timeout=20)
        is_so(f'{second.name} as a second signal ends it at once',
              alive and code != 0 and time.monotonic() - began < 2, code)
        s.close()
        server.process.stdout.close()


def main():
    with new_store(tap) as work:
        pack_mlp(tap)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.settimeout(20)
        notify.bind(str(work / 'notify'))
        os.environ['NOTIFY_SOCKET'] = str(work / 'notify')
        check_drain(notify)
        notify.close()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.settimeout(20)
        notify.bind(f'\0baton-test-{os.getpid()}')
        os.environ['NOTIFY_SOCKET'] = f'@baton-test-{os.getpid()}'
        check_finish()
        is_so('a name that no file has will do', notify.recv(100) == b'READY=1')
        del os.environ['NOTIFY_SOCKET']
        notify.close()
        check_second_signal()
    tap.done_testing()


if __name__ == '__main__':
    main()

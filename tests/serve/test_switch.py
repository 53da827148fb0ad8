#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An alias that moves under load: test_switch.py BATON [SWITCHES]. No request fails, and
each answer is that of the version that it names. TAP."""
import http.client
import json
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tap import Tap  # noqa: E402
from serving import MODELS, Server, new_store, pack  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
SWITCHES = int(sys.argv[2]) if len(sys.argv) > 2 else 200
CLIENTS = 4
REQUEST = json.dumps({'inputs': [{'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': [0.5, -1.25, 3]}]})
PATH = '/v2/models/mlp/infer'
tap = Tap(BATON)
baton = tap.baton
is_so = tap.is_so


class Client(threading.Thread):
    """Asks on one connection until told to stop; keeps what was wrong."""

    def __init__(self, address, answers):
        super().__init__()
        self.address, self.answers = address, answers
        self.wrong, self.seen, self.asked, self.stopping = [], {}, 0, False

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        while not self.stopping:
            try:
                connection.request('POST', PATH, REQUEST)
                answer = connection.getresponse()
                text = answer.read().decode()
            except OSError as why:
                self.wrong.append(repr(why))
                return
            bundle = answer.headers['Baton-Bundle']
            said = json.loads(text)
            self.asked += 1
            self.seen[bundle] = self.seen.get(bundle, 0) + 1
            if answer.status != 200 or (said['model_version'], said['outputs']) != self.answers.get(bundle):
                self.wrong.append((answer.status, bundle, text))
        connection.close()


def learn(server):
    """What each version answers, asked one by one while nothing moves."""
    answers = {}
    for version in '1', '2':
        status, said, headers = server.ask('POST', f'/v2/models/mlp/versions/{version}/infer', REQUEST)
        assert status == 200, said
        answers[headers['Baton-Bundle']] = (version, said['outputs'])
    return answers


def wait_for(server, bundle):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if server.ask('POST', PATH, REQUEST)[2]['Baton-Bundle'] == bundle:
            return True
        time.sleep(0.01)
    return False


def promote(version):
    code, said = baton('promote', f'mlp:{version}', '--to', 'production')
    assert code == 0, said


def check_switches(server, answers):
    bundles = {version: bundle for bundle, (version, _) in answers.items()}
    clients = [Client(server.address, answers) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    followed = 0
    for i in range(SWITCHES):
        version = '12'[(i + 1) % 2]
        promote(version)
        # The server looks ten times a second; of those in between it may see only the last.
        if i % 10 == 9:
            followed += wait_for(server, bundles[version])
    for client in clients:
        client.stopping = True
    for client in clients:
        client.join()
    wrong = [w for c in clients for w in c.wrong]
    seen = {b: sum(c.seen.get(b, 0) for c in clients) for b in answers}
    is_so(f'{SWITCHES} switches, {sum(c.asked for c in clients)} requests: none failed, and none was '
          'answered by another version than it says', not wrong, wrong[:3])
    is_so('each switch that was waited for came', followed == SWITCHES // 10, followed)
    is_so('both versions answered', all(seen.values()), seen)


def main():
    with new_store(tap):
        for version, model in enumerate(('mlp', 'mlp-other-weight'), 1):
            pack(tap, MODELS / f'{model}.onnx', 'mlp', '--golden', MODELS / 'x.npz')
            code, said = baton('accept', f'mlp:{version}')
            assert code == 0, said
        promote('1')
        both = Server(BATON, 'mlp:1', 'mlp:2', '--log', 'off')
        answers = learn(both)
        both.stop()
        server = Server(BATON, 'mlp@production', '--log', 'async', stderr=subprocess.PIPE)
        check_switches(server, answers)
        is_so('Ctrl-C ends it', server.stop() == 0)
        told = server.process.stderr.read()
        is_so('it told of the moves', 'mlp@production: now version 2' in told, told[-300:])
        code, said = baton('replay', '--all')
        is_so('every decision comes out the same again', code == 0 and ' 0 differ, 0 cannot tell' in said, said)
    tap.done_testing()


if __name__ == '__main__':
    main()

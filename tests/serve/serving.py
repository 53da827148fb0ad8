# SPDX-License-Identifier: Apache-2.0
"""A server of models, for tests that ask it."""
import atexit
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile

MODELS = pathlib.Path(__file__).resolve().parents[1] / 'cli' / 'models'


@contextlib.contextmanager
def new_store(tap):
    """A folder with a person's folder and a store in it, which are those of what runs meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        os.environ['BATON_HOME'] = str(work / 'home')
        os.environ['BATON_STORE'] = str(work / 'store')
        tap.baton('init', work / 'store')
        yield work


def pack(tap, model, name, *more):
    """What it printed."""
    code, said = tap.baton('pack', model, '--name', name, *more)
    assert code == 0, said
    return said


def pack_mlp(tap):
    return pack(tap, MODELS / 'mlp.onnx', 'mlp', '--golden', MODELS / 'x.npz')


class Server:
    """`baton serve` on a free port of loopback."""

    def __init__(self, baton, *arguments, **popen):
        self.process = subprocess.Popen([baton, 'serve', *map(str, arguments), '--listen', '127.0.0.1:0', '--json'],
                                        stdout=subprocess.PIPE, text=True, **popen)
        atexit.register(self.process.kill)  # a test that breaks off leaves nothing behind
        self.address = json.loads(self.process.stdout.readline())['listening'].split('//')[1]

    def send(self, method, path, body=None, headers=None):
        """Status, bytes, headers."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, said, answer.headers

    def ask(self, method, path, body=None, **headers):
        """Status, the document, headers."""
        text = json.dumps(body) if isinstance(body, (dict, list)) else body
        status, said, found = self.send(method, path, text, headers)
        return status, json.loads(said) if said else None, found

    def ask_raw(self, method, path):
        """Status, content type, text."""
        status, said, headers = self.send(method, path)
        return status, headers['Content-Type'], said.decode()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.close()
        return self.process.wait(timeout=20)

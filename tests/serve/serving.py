# SPDX-License-Identifier: Apache-2.0
"""A server of models, for tests that ask it."""
import atexit
import http.client
import json
import signal
import subprocess


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
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, path)
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, answer.headers['Content-Type'], said

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.close()
        return self.process.wait(timeout=20)

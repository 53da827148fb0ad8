#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`baton serve` over TLS, with certificates made here: test_tls.py BATON. TAP."""
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import MODELS, Server, new_store, pack  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
tap = Tap(BATON)
baton = tap.baton
is_so = tap.is_so


def openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True)


def make_ca(folder, name):
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', 2,
            '-subj', f'/CN={name}', '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.pem')


def make_certificate(folder, ca, name, common, alternatives):
    (folder / 'ext').write_text(f'subjectAltName={alternatives}\n')
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={common}',
            '-keyout', folder / f'{name}.key', '-out', folder / 'csr')
    openssl('x509', '-req', '-in', folder / 'csr', '-CA', folder / f'{ca}.pem', '-CAkey', folder / f'{ca}.key',
            '-CAcreateserial', '-days', 2, '-extfile', folder / 'ext', '-out', folder / f'{name}.pem')


class Client:
    def __init__(self, server, folder, certificate=None, **limits):
        self.host, port = server.address.rsplit(':', 1)
        self.port = int(port)
        self.context = ssl.create_default_context(cafile=folder / 'ca.pem')
        if certificate:
            self.context.load_cert_chain(folder / f'{certificate}.pem', folder / f'{certificate}.key')
        for name, value in limits.items():
            setattr(self.context, name, value)

    def connect(self, protocols=None):
        if protocols:
            self.context.set_alpn_protocols(protocols)
        plain = socket.create_connection((self.host, self.port), timeout=20)
        return self.context.wrap_socket(plain, server_hostname='127.0.0.1')

    def ask(self, method, path, body=None, **headers):
        """Status and text, or None and why there is no answer."""
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (ssl.SSLError, OSError, http.client.HTTPException) as error:
            return None, repr(error)
        finally:
            connection.close()


def check_protocol(server, folder):
    client = Client(server, folder)
    with client.connect(['h2', 'http/1.1']) as tls:
        is_so('TLS 1.3 and HTTP/1.1 are chosen', (tls.version(), tls.selected_alpn_protocol()) == ('TLSv1.3', 'http/1.1'))
        request = b'GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n'
        tls.sendall(request * 50)
        said = b''
        while said.count(b'{"live":true}') < 50:
            more = tls.recv(65536)
            assert more, said[-500:]
            said += more
        is_so('fifty requests in one record are answered', said.count(b'HTTP/1.1 200') == 50)
        tls.sendall(b'GET / HTTP/9.9\r\n\r\n')
        said = b''
        while more := tls.recv(65536):
            said += more
        is_so('the end is told by TLS, too', said.startswith(b'HTTP/1.1 5') or said.startswith(b'HTTP/1.1 4'), said)
    with Client(server, folder, maximum_version=ssl.TLSVersion.TLSv1_2).connect() as tls:
        is_so('TLS 1.2 is served', tls.version() == 'TLSv1.2')
    for name, act in (('TLS 1.1', lambda: Client(server, folder, minimum_version=ssl.TLSVersion.TLSv1,
                                                 maximum_version=ssl.TLSVersion.TLSv1_1).connect()),
                      ('another protocol', lambda: Client(server, folder).connect(['h2']))):
        try:
            act().close()
            is_so(f'{name} is refused', False)
        except (ssl.SSLError, OSError):
            is_so(f'{name} is refused', True)
    with socket.create_connection((client.host, client.port), timeout=20) as plain:
        plain.sendall(b'GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n')
        try:
            said = plain.recv(100)
        except ConnectionResetError:
            said = b''
        is_so('plain HTTP is not answered', not said.startswith(b'HTTP'), said)
    body = json.dumps({'inputs': [{'name': 'x', 'shape': [50000, 3], 'datatype': 'FP32',
                                   'data': [0.5] * 150000}]})
    status, said = client.ask('POST', '/v2/models/mlp/infer', body, **TOKEN)
    is_so('a large body comes and goes', status == 200 and len(json.loads(said)['outputs'][0]['data']) >= 50000)


def check_certificates(server, folder):
    for name, path, expected in (
            ('no certificate', None, 401), ('by its URI', 'by-uri', 200), ('by its DNS name', 'by-dns', 200),
            ('by its CN', 'by-cn', 200), ('without a grant', 'by-nobody', 403), ('for another model', 'by-other', 403),
            ('of another CA', 'stranger', None)):
        status, said = Client(server, folder, path).ask('GET', '/v2/models/mlp')
        is_so(f'a certificate: {name}', status == expected, (status, said))
    status, said = Client(server, folder, 'by-nobody').ask('GET', '/v2/models/mlp', **TOKEN)
    is_so('a token is before a certificate', status == 200, said)


def check_refusals(folder):
    a = '127.0.0.1:0'
    certificate = ('--tls-cert', folder / 'server.pem', '--tls-key', folder / 'server.key')
    for name, arguments, code, words in (
            ('not loopback without anything', ('--listen', '0.0.0.0:0'), 5, '--tls-cert'),
            ('not loopback without TLS', ('--listen', '0.0.0.0:0', '--auth'), 5, '--tls-cert'),
            ('not loopback without access', ('--listen', '0.0.0.0:0', *certificate), 5, '--auth'),
            ('a certificate without its key', ('--listen', a, *certificate[:2]), 2, 'both'),
            ('another key', ('--listen', a, *certificate[:3], folder / 'ca.key'), None, 'key'),
            ('no certificate', ('--listen', a, '--tls-cert', folder / 'ext', *certificate[2:]), None, 'certificate'),
            ('a CA that is none', ('--listen', a, *certificate, '--client-ca', folder / 'ext'), None, 'CA'),
            ('a CA without TLS', ('--listen', a, '--client-ca', folder / 'ca.pem'), 2, 'TLS')):
        found, said = baton('serve', 'mlp', *arguments)
        is_so(f'{name} is refused', found != 0 and (code in (None, found)) and words in said, (found, said))


def main():
    with new_store(tap) as folder:
        pack(tap, MODELS / 'mlp.onnx', 'mlp', '--random-golden', '1')
        for ca in 'ca', 'other-ca':
            make_ca(folder, ca)
        make_certificate(folder, 'ca', 'server', 'server', 'IP:127.0.0.1')
        for client, ca, common, alternatives in (
                ('by-uri', 'ca', 'x', 'URI:spiffe://example.org/scorer'), ('by-dns', 'ca', 'x', 'DNS:scorer.example.org'),
                ('by-cn', 'ca', 'scorer', 'DNS:x'), ('by-nobody', 'ca', 'x', 'DNS:x'), ('by-other', 'ca', 'other', 'DNS:x'),
                ('stranger', 'other-ca', 'scorer', 'DNS:scorer.example.org')):
            make_certificate(folder, ca, client, common, alternatives)
        TOKEN['Authorization'] = 'Bearer ' + json.loads(baton('token', 'create', 'me', '--json')[1])['token']
        with open(folder / 'store' / 'access' / 'grants', 'a') as grants:
            grants.write('uri:spiffe://example.org/scorer predictor mlp\n# by hand\n'
                         'dns:scorer.example.org viewer *\ncn:scorer viewer mlp,two\ncn:other viewer two\n')
        check_refusals(folder)
        certificate = ('--tls-cert', folder / 'server.pem', '--tls-key', folder / 'server.key')
        server = Server(BATON, 'mlp', '--auth', *certificate, '--client-ca', folder / 'ca.pem')
        check_protocol(server, folder)
        check_certificates(server, folder)
        is_so('Ctrl-C ends it', server.stop() == 0)
        server = Server(BATON, 'mlp', *certificate, '--client-ca', folder / 'ca.pem')
        is_so('without other credentials a certificate is needed',
              Client(server, folder).ask('GET', '/v2/models/mlp')[0] is None)
        is_so('and enough', Client(server, folder, 'by-nobody').ask('GET', '/v2/models/mlp')[0] == 200)
        is_so('Ctrl-C ends that, too', server.stop() == 0)
    tap.done_testing()


TOKEN = {}
if __name__ == '__main__':
    main()

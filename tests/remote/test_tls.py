#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registries behind TLS: trusted is who has a certificate of the given authority for its name.

    test_tls.py BATON
"""
import ssl
import subprocess
import sys

from registries import Baton, Tap, need, work_folder
from scripted import Scripted

need('openssl')
tap = Tap()
folder = work_folder()
baton = Baton(sys.argv[1], folder)
baton.pack_bytes('store', 'credit', [3000])


def openssl(*words):
    subprocess.run(['openssl', *words], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def authority(name):
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
            '-keyout', f'{name}.key', '-out', f'{name}.pem', '-subj', f'/CN={name}', '-days', '2')


def certificate(name, issuer, names, days='2'):
    (folder / f'{name}.ext').write_text(f'subjectAltName={names}\n')
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
            f'{name}.key', '-out', f'{name}.csr', '-subj', f'/CN={name}')
    openssl('x509', '-req', '-in', f'{name}.csr', '-CA', f'{issuer}.pem', '-CAkey',
            f'{issuer}.key', '-CAcreateserial', '-days', days, '-extfile', f'{name}.ext', '-out',
            f'{name}.pem')


def serve(name):
    registry = Scripted()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f'{name}.pem', folder / f'{name}.key')
    server = registry.server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return registry


def push(registry, ca, host='127.0.0.1'):
    at = f'oci://{host}:{registry.server.server_port}/up:1'
    status, _, said = baton.run('push', 'credit', at, '--store', 'store', '--ca', ca)
    return status, said


authority('ours')
authority('theirs')
certificate('good', 'ours', 'IP:127.0.0.1,DNS:localhost')
certificate('elsewhere', 'ours', 'DNS:registry.example')
certificate('foreign', 'theirs', 'IP:127.0.0.1')
good = serve('good')
tap.same('a registry with a certificate of the authority', (0, ''), push(good, 'ours.pem'))
tap.same('by name, too', (0, ''), push(good, 'ours.pem', 'localhost'))
baton.good('init', '--carrier', 'back')
tap.same('and back', 0, baton.run('pull', f'oci://{good.host}/up:1', '--store', 'back', '--ca',
                                  'ours.pem')[0])
for name, registry, ca, status in (('another authority', good, 'theirs.pem', 5),
                                   ('a certificate for another name', serve('elsewhere'),
                                    'ours.pem', 5),
                                   ('a certificate of another authority', serve('foreign'),
                                    'ours.pem', 5),
                                   ('no such file of authorities', good, 'none.pem', 65),
                                   ('a file of authorities that has none', good, 'good.csr', 65)):
    before = len(registry.log)
    found, said = push(registry, ca)
    tap.holds(name, found == status and said, f'exit status {found}: {said}')
    tap.same(f'{name}: nothing is asked', before, len(registry.log))

plain = Scripted()
good.on('HEAD', 'blobs', lambda request: request.answer(
    307, {'Location': f'http://{plain.host}{request.path}'}))
found, said = push(good, 'ours.pem')
tap.holds('a redirect from https to http', found == 5 and 'from https to http' in said, said)
tap.same('is not followed', [], plain.log)
tap.done()

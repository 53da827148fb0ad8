#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Push and pull with registries that are not ours, read back with tools that are not ours.

    test_interop.py BATON
"""
import hashlib
import json
import subprocess
import sys

from registries import Baton, Tap, need, start_crane, start_debian, tool, work_folder

need('docker-registry', 'skopeo')
tap = Tap()
folder = work_folder()
baton = Baton(sys.argv[1], folder)
# One blob of nothing but its header, one below and one above what goes in a single POST.
digest = baton.pack_bytes('store', 'credit', [3000000, 0, 1000, 100000])


def skopeo(*words):
    return subprocess.run(['skopeo', *words], check=True, stdout=subprocess.PIPE).stdout


def check(kind, server):
    """The same with each registry."""
    at = f'oci://{server.host}/team/credit:1'
    first = baton.report('push', 'credit', at, '--store', 'store')
    tap.same(f'{kind}: a push sends every blob', 0, first['blobsPresent'])
    again = baton.report('push', 'credit', at, '--store', 'store')
    tap.same(f'{kind}: the same push sends none', (0, first['blobsCopied']),
             (again['blobsCopied'], again['blobsPresent']))

    manifest = skopeo('inspect', '--raw', '--tls-verify=false',
                      f'docker://{server.host}/team/credit:1')
    tap.same(f'{kind}: skopeo reads the same manifest', digest,
             'sha256:' + hashlib.sha256(manifest).hexdigest())

    store = f'{kind}-store'
    baton.good('init', store)
    pulled = baton.report('pull', at, '--as', 'got:7', '--store', store)
    tap.same(f'{kind}: a pull brings every blob', first['blobsCopied'], pulled['blobsCopied'])
    tap.same(f'{kind}: entered as it was asked for', f'got:7 {digest}',
             ' '.join(baton.good('list', '--store', store).split()))
    tap.same(f'{kind}: the store is whole', 0, baton.run('store', 'fsck', '--store', store)[0])
    again = baton.report('pull', f'oci://{server.host}/team/credit@{digest}', '--store', store)
    tap.same(f'{kind}: by digest, nothing comes twice', 0, again['blobsCopied'])

    mounted = baton.report('push', 'credit', f'oci://{server.host}/prod/credit', '--mount',
                           'team/credit', '--store', 'store')
    tap.same(f'{kind}: what another repository has goes nowhere', 0, mounted['blobsCopied'])
    elsewhere = baton.report('push', 'credit', f'oci://{server.host}/third/credit', '--mount',
                             'no/such', '--store', 'store')
    tap.same(f'{kind}: what it lacks is sent', first['blobsCopied'],
             elsewhere['blobsCopied'] + elsewhere['blobsMounted'] + elsewhere['blobsPresent'])

    skopeo('copy', '--quiet', '--insecure-policy', '--dest-tls-verify=false',
           f'oci:{folder}/store:credit:1', f'docker://{server.host}/by/skopeo:x')
    theirs = baton.report('pull', f'oci://{server.host}/by/skopeo:x', '--store', store)
    tap.same(f'{kind}: what skopeo pushed is the same bundle', digest, theirs['refs'][0]['digest'])

    status, _, said = baton.run('pull', f'oci://{server.host}/team/credit:none', '--store', store)
    tap.same(f'{kind}: a tag that is not there', (4, True), (status, 'MANIFEST_UNKNOWN' in said))
    if tool('oras'):
        done = subprocess.run([tool('oras'), 'manifest', 'fetch', '--plain-http', '--descriptor',
                               f'{server.host}/team/credit:1'], check=True, stdout=subprocess.PIPE)
        tap.same(f'{kind}: oras reads the same manifest', digest, json.loads(done.stdout)['digest'])
    else:
        tap.skip(f'{kind}: oras reads the same manifest', 'make test-tools builds oras')


check('docker-registry', start_debian(folder / 'debian'))
if tool('crane'):
    check('crane', start_crane(folder / 'crane'))
else:
    tap.skip('crane', 'make test-tools builds crane')
tap.done()

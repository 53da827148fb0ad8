#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Push and pull with registries that are not ours, read back with tools that are not ours.

    test_interop.py BATON
"""
import hashlib
import json
import subprocess
import sys

from registries import (MANIFEST, Baton, Tap, fetch, need, put_evidence, start_crane, start_debian,
                        tool, work_folder)

INDEX = 'application/vnd.oci.image.index.v1+json'

need('docker-registry', 'skopeo')
tap = Tap()
folder = work_folder()
baton = Baton(sys.argv[1], folder)
# One blob of nothing but its header, one below and one above what goes in a single POST.
digest = baton.pack_bytes('store', 'credit', [3000000, 0, 1000, 100000])
manifest_bytes = (folder / 'store/blobs/sha256' / digest[7:]).read_bytes()
subject = {'mediaType': MANIFEST, 'digest': digest, 'size': len(manifest_bytes)}
evidence = sorted(put_evidence(folder / 'store', subject, text) for text in ('good', 'bad "\\n'))
put_evidence(folder / 'store', dict(subject, digest='sha256:' + 64 * '0'), 'of another bundle')


def skopeo(*words):
    return subprocess.run(['skopeo', *words], check=True, stdout=subprocess.PIPE).stdout


def oras(*words):
    return json.loads(subprocess.run([tool('oras'), *words], check=True, cwd=folder,
                                     stdout=subprocess.PIPE).stdout)


def referrers(server):
    """Digests that the registry lists by its API, else those of the tag."""
    for path in (f'referrers/{digest}', f'manifests/{digest.replace(":", "-")}'):
        status, body = fetch(f'http://{server.host}/v2/team/credit/{path}', {'Accept': INDEX})
        if status == 200:
            return sorted(item['digest'] for item in json.loads(body)['manifests'])
    return []


def check_evidence(kind, server, at):
    """What speaks about the bundle goes along, both ways, whoever attached it."""
    pushed = baton.report('push', 'credit', at, '--store', 'store')
    tap.same(f'{kind}: evidence goes along', 2, pushed['referrers'])
    tap.same(f'{kind}: and is listed', evidence, referrers(server))
    baton.good('push', 'credit', at, '--store', 'store')
    tap.same(f'{kind}: once', evidence, referrers(server))
    theirs = []
    if tool('oras'):
        found = oras('discover', '--plain-http', '--format', 'json', f'{server.host}/team/credit:1')
        tap.same(f'{kind}: oras discovers it', evidence,
                 sorted(item['digest'] for item in found['referrers']))
        (folder / 'note.txt').write_text('seen by another tool')
        theirs = [oras('attach', '--plain-http', '--format', 'json', '--artifact-type',
                       'application/x-note', f'{server.host}/team/credit:1', 'note.txt')['digest']]
    else:
        tap.skip(f'{kind}: oras discovers it', 'make test-tools builds oras')
    baton.good('init', '--carrier', f'{kind}-with')
    pulled = baton.report('pull', at, '--as', 'got:1', '--store', f'{kind}-with')
    tap.same(f'{kind}: all of it comes along', 2 + len(theirs), pulled['referrers'])
    tap.same(f'{kind}: and is entered without a name',
             {digest: 'got:1', **dict.fromkeys(evidence + theirs)}, baton.listed(f'{kind}-with'))
    tap.same(f'{kind}: the store with it is whole', 0,
             baton.run('store', 'fsck', '--store', f'{kind}-with')[0])
    tap.same(f'{kind}: what oras attached goes on to the next registry', len(theirs) + 2,
             baton.report('push', 'got:1', f'oci://{server.host}/next/credit', '--store',
                          f'{kind}-with')['referrers'])


def check(kind, server):
    """The same with each registry."""
    at = f'oci://{server.host}/team/credit:1'
    first = baton.report('push', 'credit', at, '--store', 'store')
    # The two pieces of evidence have the empty config in common.
    tap.same(f'{kind}: a push sends every blob once', 1, first['blobsPresent'])
    every = first['blobsCopied'] + 1
    again = baton.report('push', 'credit', at, '--store', 'store')
    tap.same(f'{kind}: the same push sends none', (0, every),
             (again['blobsCopied'], again['blobsPresent']))

    manifest = skopeo('inspect', '--raw', '--tls-verify=false',
                      f'docker://{server.host}/team/credit:1')
    tap.same(f'{kind}: skopeo reads the same manifest', digest,
             'sha256:' + hashlib.sha256(manifest).hexdigest())

    store = f'{kind}-store'
    baton.good('init', '--carrier', store)
    pulled = baton.report('pull', at, '--as', 'got:7', '--store', store)
    tap.same(f'{kind}: a pull brings every blob', first['blobsCopied'], pulled['blobsCopied'])
    tap.same(f'{kind}: entered as it was asked for', 'got:7', baton.listed(store)[digest])
    tap.same(f'{kind}: the store is whole', 0, baton.run('store', 'fsck', '--store', store)[0])
    again = baton.report('pull', f'oci://{server.host}/team/credit@{digest}', '--store', store)
    tap.same(f'{kind}: by digest, nothing comes twice', 0, again['blobsCopied'])

    mounted = baton.report('push', 'credit', f'oci://{server.host}/prod/credit', '--mount',
                           'team/credit', '--store', 'store')
    tap.same(f'{kind}: what another repository has goes nowhere', 0, mounted['blobsCopied'])
    elsewhere = baton.report('push', 'credit', f'oci://{server.host}/third/credit', '--mount',
                             'no/such', '--store', 'store')
    tap.same(f'{kind}: what it lacks is sent', every,
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
    check_evidence(kind, server, at)


check('docker-registry', start_debian(folder / 'debian'))
if tool('crane'):
    check('crane', start_crane(folder / 'crane'))
else:
    tap.skip('crane', 'make test-tools builds crane')
tap.done()

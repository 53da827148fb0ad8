#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pull from a registry that errs, lies or breaks off: what may pass is tried again, what is wrong
is refused, and leaves nothing.

    test_hostile_pull.py BATON
"""
import json
import sys
import time

from registries import MANIFEST, Baton, Tap, work_folder
from scripted import INDEX, Scripted, digest_of

BLOB = r'/blobs/sha256'
tap = Tap()
folder = work_folder()
baton = Baton(sys.argv[1], folder)
digest = baton.pack_bytes('store', 'credit', [2000000])
registry = Scripted()
at = f'oci://{registry.host}/up:1'
baton.good('push', 'credit', at, '--store', 'store')
big = max(registry.blobs, key=lambda name: len(registry.blobs[name]))
content = registry.blobs[big]
numbers = iter(range(1000))


def pull(address=at, **more):
    """(exit status, standard error, seconds) of a pull into a new store, and the store."""
    store = f's{next(numbers)}'
    baton.good('init', '--carrier', store)
    start = time.monotonic()
    status, out, said = baton.run('pull', address, '--as', 'got:1', '--store', store, '--json',
                                  **more)
    return status, out or said, time.monotonic() - start, folder / store


def refused(name, status, words, address=at):
    """The pull ends with that exit status and these words, and nothing is left."""
    found, said, _, store = pull(address)
    tap.holds(name, found == status and words in said, f'exit status {found}: {said}')
    left = [path.name for path in store.glob('.tmp-*')]
    left += [path.name for path in store.glob('blobs/sha256/*')
             if digest_of(path.read_bytes()) != f'sha256:{path.name}']
    tap.same(f'{name}: nothing is left', ([], {}), (left, baton.listed(store)))
    registry.reset()


def succeeds(name):
    """The report of a pull that ends well with the right bundle."""
    status, said, seconds, store = pull()
    good = status == 0 and baton.listed(store).get(digest) == 'got:1' and \
        baton.run('store', 'fsck', '--store', store)[0] == 0
    tap.holds(name, good, f'exit status {status}: {said}')
    return seconds, json.loads(said) if status == 0 else {}


def send_part(request, part, status=200, fields=None):
    """The head of a whole answer, and only the first bytes of it."""
    request.answer(status, {'Content-Length': str(len(content)), **(fields or {})}, part)
    request.drop()


def send_endlessly(request, kind=None):
    request.send_response(200)
    request.send_header('Transfer-Encoding', 'chunked')
    request.send_header('Content-Type', kind or 'application/octet-stream')
    request.end_headers()
    while True:
        request.wfile.write(b'10000\r\n' + bytes(65536) + b'\r\n')


# ---- blobs ----
registry.on('GET', big, lambda request: request.answer(200, {}, content[:-1] + b'!'))
refused('a blob with other bytes', 8, 'its bytes give')
registry.on('GET', big, lambda request: request.answer(200, {}, content[:-1]))
refused('a blob that is too short', 8, 'expected 2')
registry.on('GET', big, lambda request: request.answer(200, {}, content + b'!'))
refused('a blob that is too long', 8, 'expected 2')
registry.on('GET', big, send_endlessly)
refused('a blob without end', 8, 'sends more than')
registry.on('GET', big, lambda request: request.answer(404))
refused('a blob that is not there', 4, 'status 404')
registry.on('GET', big, lambda request: request.answer(200, {'Content-Encoding': 'gzip'}, content))
succeeds('nothing is unpacked on the way')
registry.reset()

# ---- broken connections ----
registry.on('GET', big, lambda request: send_part(request, content[:700000]), times=1)
succeeds('a download that breaks off is gone on with')
ranges = [fields.get('Range') for method, path, fields in registry.log if big in path]
tap.holds('where it stopped', len(ranges) == 2 and ranges[1] and
          0 < int(ranges[1][6:-1]) <= 700000, ranges)
registry.reset()
registry.on('GET', big, lambda request: send_part(request, content[:500000]), times=1)
registry.on('GET', big, lambda request: request.answer(200, {}, content), times=1)
succeeds('also where the registry sends all of it again')
registry.reset()
registry.on('GET', big, lambda request: send_part(request, content[:500000]), times=1)
registry.on('GET', big, lambda request: request.answer(
    206, {'Content-Range': f'bytes 0-{len(content) - 1}/{len(content)}'}, content), times=1)
refused('another part than was asked for', 65, 'another part')
registry.on('GET', big, lambda request: send_part(request, b'!' + content[1:500000]), times=1)
refused('wrong bytes before the connection breaks', 8, 'its bytes give')
registry.on('GET', r'/manifests/', lambda request: request.drop(), times=2)
succeeds('a connection that is dropped without an answer')
registry.reset()

# ---- later ----
registry.on('GET', BLOB, lambda request: request.answer(429, {'Retry-After': '2'}), times=1)
seconds, _ = succeeds('429 is waited out')
tap.holds('as long as the registry says', seconds >= 2, seconds)
registry.reset()
registry.on('GET', big, lambda request: request.answer(503))
refused('503 for ever', 9, 'status 503')
registry.on('GET', big, lambda request: request.answer(403))
refused('403', 5, 'status 403')

# ---- where it leads ----
registry.on('GET', BLOB, lambda request: request.answer(302, {'Location': request.path}))
refused('redirects in a circle', 5, 'more than 5 redirects')
for location in ('file:///etc/passwd', 'gopher://127.0.0.1/', 'http://me:secret@127.0.0.1/x',
                 'http://127.0.0.1:99999/', 'http://[::1/', 'http:///etc/passwd#'):
    registry.on('GET', BLOB, lambda request, to=location: request.answer(307, {'Location': to}))
    found, said, _, _ = pull()
    tap.holds(f'a redirect to {location}', found in (5, 65, 9) and 'secret' not in said,
              f'exit status {found}: {said}')
    registry.reset()
other = Scripted()
other.blobs = registry.blobs
registry.on('GET', BLOB, lambda request: request.answer(
    307, {'Location': f'http://{other.host}{request.path}'}))
succeeds('a redirect to another machine')
tap.holds('which then sends the blobs', other.count('GET', BLOB) == len(registry.blobs))
registry.reset()

# ---- headers ----
registry.on('GET', r'/manifests/', lambda request: request.answer(
    200, {f'X-{i}': 'x' * 60000 for i in range(40)}))
refused('headers of 2 MB', 65, 'bytes of headers')
registry.on('GET', r'/manifests/', lambda request: request.answer(500, {}, bytes(1000000)), times=1)
refused('a failure that is explained at length', 65, 'of explanation')

# ---- manifests ----
manifest = registry.manifests['1']


def manifest_is(body, kind=MANIFEST, fields=None):
    registry.on('GET', r'/manifests/', lambda request: request.answer(
        200, {'Content-Type': kind, **(fields or {})}, body))


def changed(change):
    root = json.loads(manifest)
    change(root)
    return json.dumps(root).encode()


registry.on('GET', r'/manifests/', lambda request: send_endlessly(request, MANIFEST))
refused('a manifest without end', 65, 'bytes that may come')
manifest_is(manifest, INDEX)
refused('a manifest that comes as an index', 65, 'came as')
manifest_is(b'<html>', 'text/html')
refused('a page instead of a manifest', 65, '')
manifest_is(b'')
refused('an empty manifest', 65, '')
manifest_is(b'[' * 100000)
refused('a manifest of brackets', 65, 'deep')
manifest_is(manifest, MANIFEST, {'Docker-Content-Digest': 'sha256:' + 64 * '0'})
refused('a manifest with another digest than its own', 8, 'the bytes that came give')
manifest_is(manifest + b' ')
refused('by digest, a manifest with other bytes', 8, 'the bytes that came give',
        f'oci://{registry.host}/up@{digest}')
manifest_is(changed(lambda root: root['layers'][0].update(digest='sha256:../../../../etc/passwd')))
refused('a layer whose digest is a path', 65, 'digest')
manifest_is(changed(lambda root: root['layers'][0].update(size=1 << 60)))
refused('a layer that is said to be enormous', 8, '')
manifest_is(changed(lambda root: root['layers'][0].update(size=-1)))
refused('a layer of less than nothing', 65, '')
manifest_is(changed(lambda root: root['layers'][0].update(size=1)))
refused('a layer that is longer than it is said to be', 8, 'expected 1 bytes')
manifest_is(changed(lambda root: root['layers'].append(dict(root['layers'][0], size=5))))
refused('a layer of two sizes', 8, 'said to have')

# ---- referrers ----
about = {'mediaType': MANIFEST, 'digest': digest, 'size': len(manifest)}


def artifact(subject):
    """An artifact in the registry without parts of its own; its descriptor."""
    empty = {'mediaType': 'application/vnd.oci.empty.v1+json', 'size': 2,
             'digest': digest_of(b'{}')}
    registry.blobs[digest_of(b'{}')] = b'{}'
    body = json.dumps({'schemaVersion': 2, 'mediaType': MANIFEST, 'artifactType': 'a/b',
                       'config': empty, 'layers': [empty], 'subject': subject}).encode()
    registry.manifests[digest_of(body)] = body
    registry.types[digest_of(body)] = MANIFEST
    return {'mediaType': MANIFEST, 'digest': digest_of(body), 'size': len(body)}


def page(*items):
    return json.dumps({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': items}).encode()


good = artifact(about)
lies = [artifact(dict(about, digest='sha256:' + 64 * '1')), artifact({}), about,
        dict(good, digest='sha256:' + 64 * '2'), dict(good, digest='sha512:' + 128 * '3'),
        dict(good, digest='sha256:../../x'), {}, dict(good, size=1 << 40),
        dict(good, digest='sha256:' + 64 * '4', mediaType='text/html')]
registry.referrers = [page(good, *lies)]
_, report = succeeds('referrers that lie are left out')
tap.same('and counted', (1, len(lies)), (report.get('referrers'), report.get('referrersLeftOut')))
registry.referrers = [page(), page(good), page(good)]
_, report = succeeds('pages of referrers are turned')
tap.same('and what they have in common comes once', 1, report.get('referrers'))
registry.referrers = [page(*[dict(good, digest=f'sha256:{i:064d}') for i in range(1001)])]
refused('more referrers than anybody needs', 65, 'more than 1000 referrers')
registry.on('GET', r'/referrers/', lambda request: request.answer(
    200, {'Content-Type': INDEX, 'Link': f'<{request.path}>; rel="next"'}, page()))
refused('referrers on pages without end', 65, 'more than 100 pages')
registry.referrers = [b'{"manifests": 5}']
refused('referrers that are no list', 65, 'manifests')
registry.on('GET', good['digest'], lambda request: request.answer(
    200, {'Content-Type': MANIFEST}, manifest))
registry.referrers = [page(good)]
refused('a referrer with other bytes', 8, 'the bytes that came give')
tap.done()

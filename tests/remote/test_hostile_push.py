#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Push to a registry that errs, lies or breaks off, and who we are to it: where an upload goes on,
what is refused, where secrets go and where not.

    test_hostile_push.py BATON
"""
import base64
import json
import os
import sys
import urllib.parse

from registries import Baton, Tap, work_folder
from scripted import Scripted

UPLOAD = r'/blobs/uploads/\d'
BIG = 70_000_000  # more than one piece of 64 MiB
PIECE = 64 << 20
tap = Tap()
folder = work_folder()
baton = Baton(sys.argv[1], folder)
baton.pack_bytes('store', 'small', [3000000])
baton.pack_bytes('big', 'big', [BIG])


def push(registry, store='store', *more, name=None, env=None):
    at = f'oci://{registry.host}/up:1'
    return baton.run('push', name or ('big' if store == 'big' else 'small'), at, '--store', store,
                     *more, env=env)


def sent(registry, methods=('PUT', 'PATCH')):
    return sum(int(fields.get('Content-Length') or 0) for method, path, fields in registry.log
               if method in methods and 'uploads' in path)


def arrives(name, registry, store='store'):
    """The push ends well, and the registry has what it says."""
    status, _, said = push(registry, store)
    back = f'back{tap.count}'
    baton.good('init', '--carrier', back)
    good = status == 0 and baton.run('pull', f'oci://{registry.host}/up:1', '--store', back)[0] == 0
    tap.holds(name, good, f'exit status {status}: {said}')


def refused(name, registry, status, words, **more):
    found, _, said = push(registry, **more)
    tap.holds(name, found == status and words in said, f'exit status {found}: {said}')
    tap.same(f'{name}: no manifest', [], list(registry.manifests))


def break_off(most, times=None):
    """Of a longer body take so many bytes, keep them, and drop the connection."""
    left = [times]

    def action(request):
        if int(request.headers['Content-Length']) <= most or left[0] == 0:
            return request.server.registry.serve(request)
        if left[0]:
            left[0] -= 1
        number = request.path.split('/')[-1].split('?')[0]
        request.server.registry.uploads[number] += request.body(most)
        return request.drop()
    return action


# ---- uploads that break off ----
registry = Scripted()
registry.on('PUT', UPLOAD, break_off(1000000, 1))
arrives('a blob in one piece that breaks off', registry)
tap.same('goes on where it stopped', 1, sum(
    fields.get('Content-Range', '').startswith('1000000-') for _, _, fields in registry.log))
registry = Scripted()
registry.on('PATCH', UPLOAD, break_off(2000000, 1), after=1)
arrives('a blob in pieces whose second one breaks off', registry, 'big')
tap.holds('sends little twice', BIG < sent(registry) < BIG + (8 << 20), sent(registry))
places = [fields['Content-Range'].split('-')[0] for method, _, fields in registry.log
          if method == 'PATCH']
tap.same('begins each piece where it should', ['0', str(PIECE), str(PIECE + 2000000)], places)
registry = Scripted()
registry.chunk_min = BIG * 2
arrives('a registry that wants larger pieces', registry, 'big')
tap.same('gets them', (0, 1), (registry.count('PATCH', UPLOAD), sum(
    int(fields.get('Content-Length') or 0) >= BIG for _, _, fields in registry.log)))
registry = Scripted()
registry.on('PATCH', UPLOAD, lambda request: (request.body(), request.answer(416)), times=1)
arrives('416 once', registry, 'big')
tap.same('asks where we are', 1, registry.count('GET', UPLOAD))
registry = Scripted()
registry.on('PUT', UPLOAD, break_off(1000, 1))
registry.on('GET', UPLOAD, lambda request: request.answer(404), times=1)
arrives('a session that is forgotten begins anew', registry)
registry = Scripted()
registry.on('PUT', UPLOAD, break_off(1, 1))
arrives('a Range that says one byte or none', registry)
registry = Scripted()
registry.on('POST', 'uploads', lambda request: (request.body(), request.drop()), times=2)
registry.on('PUT', 'manifests', lambda request: (request.body(), request.drop()), times=1)
arrives('requests that nobody answers', registry)
registry = Scripted()
registry.on('PUT', UPLOAD, break_off(0))
refused('a connection that always breaks', registry, 9, '')
registry = Scripted()
registry.on('PUT', UPLOAD, lambda request: (request.body(), request.answer(416)))
refused('416 for ever', registry, 65, 'status 416')
registry = Scripted()
registry.on('PUT', UPLOAD, lambda request: request.answer(413))
refused('a blob that is too large for it', registry, 65, 'status 413')

# ---- where it leads ----
for location, status in (('file:///etc/passwd', 5), ('http://me:secret@127.0.0.1/', 5),
                         ('http://127.0.0.1:99999/', 65), ('', 65)):
    registry = Scripted()
    registry.on('POST', 'uploads', lambda request, to=location: (
        request.body(), request.answer(202, {'Location': to} if to else {})))
    refused(f'an upload to "{location}"', registry, status, '')
registry = Scripted()
registry.on('POST', 'uploads', lambda request: (request.body(), request.answer(
    202, {'Location': '../../../../../../etc/passwd'})))
refused('an upload to a path upwards', registry, 4, 'status 404')

# ---- what is said at the end ----
registry = Scripted()
registry.on('PUT', 'manifests', lambda request: (request.body(), request.answer(
    201, {'Docker-Content-Digest': 'sha256:' + 64 * '0'})))
refused('a registry that kept another manifest', registry, 8, 'the bytes that came give')

# ---- our own damage ----
baton.good('init', '--carrier', 'hurt')
baton.good('pull', 'store', '--store', 'hurt')
largest = max((folder / 'hurt/blobs/sha256').iterdir(), key=lambda path: path.stat().st_size)
largest.chmod(0o644)
hurt = bytearray(largest.read_bytes())
hurt[len(hurt) // 2] ^= 1
largest.write_bytes(hurt)
registry = Scripted()
refused('a blob that is damaged here', registry, 8, 'store fsck', store='hurt')
tap.same('does not get there', [], [d for d in registry.blobs if largest.name in d])

# ---- who we are ----
SECRET = 'correct-horse'
BASIC = base64.b64encode(f'me:{SECRET}'.encode()).decode()
everything_said = []


def guard(registry, scheme='Basic', realm=None, tokens=1000):
    """Let nobody in without credentials; each token is good for `tokens` requests."""
    state = {'token': 0, 'left': 0}
    serve = registry.serve

    def gate(request):
        given = request.headers.get('Authorization') or ''
        if scheme == 'Basic':
            known = given == f'Basic {BASIC}'
        else:
            with registry.lock:
                known = given == f'Bearer token-{state["token"]}' and state['left'] > 0
                state['left'] -= known
        if known:
            return serve(request)
        request.body()
        value = 'Basic realm="x"' if scheme == 'Basic' else \
            f'Bearer realm="{realm}",service="the, \\"service\\"",scope="repository:up:pull"'
        return request.answer(401, {'WWW-Authenticate': value})

    def give(request):
        with registry.lock:
            state['token'] += 1
            state['left'] = tokens
        return json.dumps({'token': f'token-{state["token"]}', 'expires_in': 300})

    registry.serve = gate
    return give


class Token(Scripted):
    """A token service: `give` makes the answer."""

    def __init__(self, give=None):
        super().__init__()
        self.give, self.forms = give, []

    def serve(self, request):
        self.forms.append((request.path, request.body().decode()))
        request.answer(200, {'Content-Type': 'application/json'}, self.give(request).encode())


def auth_file(document):
    path = folder / f'auth{tap.count}.json'
    path.write_text(json.dumps(document))
    return {'REGISTRY_AUTH_FILE': str(path)}


def entry(pair=BASIC):
    return {'auth': pair}


def known(name, registry, document, status=0, words='', env=None):
    found, out, said = push(registry, env={**auth_file(document), **(env or {})})
    everything_said.append(out + said)
    tap.holds(name, found == status and words in said, f'exit status {found}: {said}')


def basic():
    registry = Scripted()
    guard(registry)
    return registry


registry = basic()
known('Basic, with a user and a password', registry, {'auths': {registry.host: entry()}})
tap.holds('said without being asked, once a thread was', sum(
    'Authorization' not in fields for _, _, fields in registry.log) <= 4)
registry = basic()
known('the entry nearest to the repository', registry, {'auths': {
    registry.host: entry(base64.b64encode(b'no:no').decode()), f'{registry.host}/up': entry(),
    f'{registry.host}/u': entry(base64.b64encode(b'a:b').decode()), 'other': entry('bm86bm8=')}})
registry = basic()
known('an entry as a URL', registry, {'auths': {f'http://{registry.host}/v2/': entry()}})
registry = basic()
known('no credentials', registry, {'auths': {'other': entry()}}, 6, 'podman login')
registry = basic()
known('a wrong password', registry, {'auths': {registry.host: entry('bm86bm8=')}}, 6, 'status 401')
tap.holds('is not tried for ever', len(registry.log) < 30, len(registry.log))
for text in ('%%%', base64.b64encode(b'nocolon').decode()):
    registry = basic()
    known(f'"auth" that is "{text}"', registry, {'auths': {registry.host: entry(text)}}, 65, 'auth')

# ---- programs that keep credentials ----
bin_folder = folder / 'bin'
bin_folder.mkdir()
PROGRAMS = {
    'good': f'read host; [ "$host" = "$EXPECTED" ] && [ "$1" = get ] && '
            f'echo \'{{"ServerURL":"x","Username":"me","Secret":"{SECRET}"}}\'',
    'none': 'echo "credentials not found in native keychain"; exit 1',
    'junk': 'echo hello',
    'fails': 'exit 3',
    'endless': 'yes',
}
for word, script in PROGRAMS.items():
    path = bin_folder / f'docker-credential-{word}'
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(0o755)
for word, status, words in (('good', 0, ''), ('none', 6, 'login'), ('junk', 65, 'printed no'),
                            ('fails', 6, 'nothing to say'), ('missing', 4, 'docker-credential'),
                            ('endless', 65, ''), ('../x', 5, 'plain word'), ('a;b', 5, 'plain word')):
    registry = basic()
    known(f'a program for credentials: {word}', registry, {'credHelpers': {registry.host: word}},
          status, words, {'PATH': f'{bin_folder}:{os.environ["PATH"]}', 'EXPECTED': registry.host})
registry = basic()
known('a program for all registries', registry, {'credsStore': 'good', 'auths': {registry.host: {}}},
      0, '', {'PATH': f'{bin_folder}:{os.environ["PATH"]}', 'EXPECTED': registry.host})

# ---- tokens ----


def token_registry(tokens=1000):
    registry, service = Scripted(), Token()
    service.give = guard(registry, 'Bearer', f'http://{service.host}/token', tokens)
    return registry, service


registry, service = token_registry()
known('a token', registry, {'auths': {registry.host: entry()}})
asked = urllib.parse.parse_qs(urllib.parse.urlsplit(service.forms[0][0]).query)
tap.same('for what is done with it', (['repository:up:pull,push'], ['the, "service"']),
         (asked['scope'], asked['service']))
tap.same('once for all threads', 1, len(service.forms))
tap.same('as who we are', f'Basic {BASIC}', service.log[0][2].get('Authorization'))
tap.same('and the registry never hears the password', [], [
    fields for _, _, fields in registry.log if BASIC in fields.get('Authorization', '')])
registry, service = token_registry(tokens=3)
known('tokens that grow old are replaced', registry, {'auths': {registry.host: entry()}})
tap.holds('each time', len(service.forms) > 2, len(service.forms))
registry, service = token_registry()
known('a token for nobody in particular', registry, {})
tap.same('without credentials', None, service.log[0][2].get('Authorization'))
registry, service = token_registry()
known('an identity token', registry, {'auths': {registry.host: dict(entry(),
                                                                     identitytoken=SECRET)}})
form = urllib.parse.parse_qs(service.forms[0][1])
tap.same('is exchanged', (['refresh_token'], [SECRET], ['baton']),
         (form['grant_type'], form['refresh_token'], form['client_id']))
for name, text in (('no JSON', '<html>'), ('no token', '{"expires_in": 5}'), ('a number', '{"token": 5}'),
                   ('nothing', '{"token": ""}'), ('a header more', '{"token": "a\\r\\nX-Evil: 1"}'),
                   ('too much', '{"token": "%s"}' % (100000 * 'x')),
                   ('a list', '[' * 1000)):
    registry, service = token_registry()
    service.give = lambda request, text=text: text
    known(f'a token service that says {name}', registry, {'auths': {registry.host: entry()}}, 65)
registry, service = token_registry()
service.give = lambda request: '{"token": "never good"}'
known('a token with a blank', registry, {}, 65, 'no token')
registry, service = token_registry()
service.give = lambda request: '{"access_token": "never-good"}'
known('a token that is never good', registry, {}, 6, 'status 401')
tap.holds('is not fetched for ever', len(service.forms) < 10, len(service.forms))
for realm, status in (('http://token.example/', 5), ('file:///etc/passwd', 5), ('', 65),
                      ('http://me:secret@127.0.0.1/', 5)):
    registry = Scripted()
    guard(registry, 'Bearer', realm)
    known(f'a token service at "{realm}"', registry, {'auths': {registry.host: entry()}}, status)
registry = Scripted()
registry.on('HEAD', 'blobs', lambda request: request.answer(
    401, {'WWW-Authenticate': 'Negotiate'}))
known('a way of asking that we do not know', registry, {}, 65, 'neither Basic nor Bearer')

# ---- secrets stay where they belong ----
registry, other = basic(), Scripted()


def elsewhere(request):
    request.body()
    number = str(len(other.uploads))
    other.uploads[number] = bytearray()
    request.answer(202, {'Location': f'http://{other.host}/v2/up/blobs/uploads/{number}?x=y'})


registry.on('POST', 'uploads', elsewhere)
registry.on('HEAD', 'blobs/sha256', lambda request: request.answer(
    307, {'Location': f'http://{other.host}{request.path}'}))
known('blobs that are kept on another machine', registry, {'auths': {registry.host: entry()}})
tap.holds('get there', other.blobs)
tap.same('without our password', [], [fields['Authorization'] for _, _, fields in other.log
                                      if 'Authorization' in fields])
registry = basic()
other = Scripted()
other.on('PUT', UPLOAD, lambda request: (request.body(), request.answer(
    401, {'WWW-Authenticate': 'Basic realm="give it to me"'})))
registry.on('POST', 'uploads', elsewhere)
known('another machine that asks for it', registry, {'auths': {registry.host: entry()}}, 6)
tap.same('does not get it', [], [fields['Authorization'] for _, _, fields in other.log
                                 if 'Authorization' in fields])
tap.same('no message shows a secret', [], [
    text for text in everything_said
    if any(secret in text for secret in (SECRET, BASIC, 'token-', 'never-good', 'me:'))])
tap.done()

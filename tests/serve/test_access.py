#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may ask `baton serve`, and what: test_access.py BATON ROUTES. Every route of the table in
ROUTES (src/serve/routes.h), asked by everybody. TAP."""
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import MODELS, Server, new_store, pack  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
ROUTES = pathlib.Path(sys.argv[2])
INPUT = {'inputs': [{'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': [1, 2, 3]}]}
# What a role may; the same table in other words than the program's.
MAY = {'viewer': {'VIEW', 'WATCH'}, 'predictor': {'VIEW', 'INFER'},
       'auditor': {'VIEW', 'WATCH', 'AUDIT'}, 'admin': {'VIEW', 'WATCH', 'INFER', 'AUDIT', 'ADMIN'}}
# Only loopback's callers come from one address, so wrong credentials are few in a test.
FAILURES_MAX = 10
tap = Tap(BATON)
baton = tap.baton
is_so = tap.is_so


def routes():
    """(method, path of the model "mlp", what it needs)"""
    found = re.findall(r'ROUTE\("(\w+)",\s*"([^"]+)",\s*(\w+),', ROUTES.read_text())
    assert len(found) >= 10, found
    return [(method, path.replace('{model}', 'mlp').replace('{version}', '1'), need)
            for method, path, need in found]


def bearer(token):
    return {'Authorization': f'Bearer {token}'}


def create(name, *arguments):
    code, said = baton('token', 'create', name, *arguments, '--json')
    assert code == 0, said
    return json.loads(said)['token']


def ask(server, method, path, headers):
    body = INPUT if method == 'POST' else None
    kind = {'Content-Type': 'application/json'} if body else {}
    return server.send(method, path, json.dumps(body) if body else None, {**kind, **headers})


def check_matrix(server, callers):
    """`callers`: name -> (headers, what they may with "mlp", the status when it is nobody)."""
    for method, path, need in routes():
        for name, (headers, may, nobody) in callers.items():
            status, said, fields = ask(server, method, path, headers)
            expected = 200 if need == 'ANYBODY' else nobody or (200 if need in may else 403)
            # With a token for another model: what names no model is not refused.
            if may == 'other' and need != 'ANYBODY':
                expected = 403 if 'mlp' in path or need == 'WATCH' else 200
            slowed = expected == 401 and headers and status == 429
            # MLflow takes another body: to be let in is to be told so.
            expected = 400 if expected == 200 and path.endswith('/invocations') else expected
            is_so(f'{method} {path} by {name}: {expected}', status == expected or slowed, (status, said))
            if status > 400 and list(json.loads(said)) != ['error']:
                is_so('refused in the form of the protocol', False, said)
            if status == 401 and 'Bearer' not in fields['WWW-Authenticate']:
                is_so('it says how to be known', False, fields)


def check_tokens(server, store):
    token = create('short-lived', '--role', 'predictor')
    path = '/v2/models/mlp/infer'
    # Loops look once a second.
    time.sleep(1.1)
    is_so('a new token is good within a second', ask(server, 'POST', path, bearer(token))[0] == 200)
    is_so('in any case of letters', ask(server, 'POST', path, {'authorization': f'bEARER {token}'})[0] == 200)
    is_so('a name is given once', baton('token', 'create', 'short-lived')[0] != 0)
    is_so('it is revoked', baton('token', 'revoke', 'short-lived')[0] == 0)
    time.sleep(1.1)
    is_so('and is good for nothing within a second', ask(server, 'POST', path, bearer(token))[0] == 401)
    is_so('what is gone cannot be revoked', baton('token', 'revoke', 'short-lived')[0] == 4)
    said = json.loads(baton('token', 'list', '--json')[1])
    is_so('tokens are listed without their hashes',
          {'who': 'token:viewer', 'role': 'viewer', 'models': ['*']}.items() <= said['grants'][0].items(), said)
    text = (store / 'access' / 'grants').read_text()
    is_so('the store has no token', token not in text and 'btn_' not in text)
    is_so('its file is its owner\'s', (store / 'access' / 'grants').stat().st_mode & 0o777 == 0o600)
    for name, arguments in (('no role', ('x', '--role', 'king')), ('no name', ('A b',)),
                            ('the past', ('x', '--expires', '2020-01-01T00:00:00Z')),
                            ('no time', ('x', '--expires', 'soon')), ('no day', ('x', '--expires', '2027-02-30T00:00:00Z')),
                            ('two in one name', ('x', '--model', 'a,,b')), ('all and one', ('x', '--model', 'a,*'))):
        code, said = baton('token', 'create', *arguments)
        is_so(f'a token with {name} is refused', code == 2 and 'expected' in said + 'expected' * ('later' in said or 'stands' in said or 'empty' in said), said)


def check_models(server, callers):
    for name, models in ('viewer', ['mlp', 'two']), ('other', ['two']):
        status, said, _ = ask(server, 'GET', '/v2/models', callers[name][0])
        is_so(f'{name} sees {models}', status == 200 and json.loads(said)['models'] == models, said)
    for path in '/v2/models/nobody', '/v2/models/mlp/versions/9':
        is_so('who may not is not told what there is', ask(server, 'GET', path, callers['other'][0])[0] == 403)
        is_so('who may is', ask(server, 'GET', path, callers['viewer'][0])[0] == 404)


def check_file(server, store, good):
    """What does not read lets nobody in."""
    file = store / 'access' / 'grants'
    before = file.read_bytes()
    for name, change in (('nonsense', lambda: file.write_bytes(b'nonsense\n')),
                         ('a role that is none', lambda: file.write_bytes(before + b'user:a king *\n')),
                         ('others may write it', lambda: file.chmod(0o666))):
        change()
        time.sleep(1.1)
        is_so(f'{name}: nobody is let in', ask(server, 'GET', '/v2/models', good)[0] == 503)
        is_so('it lives all the same', ask(server, 'GET', '/v2/health/live', {})[0] == 200)
        file.write_bytes(before)
        file.chmod(0o600)
        time.sleep(1.1)
        is_so('good again, it is read again', ask(server, 'GET', '/v2/models', good)[0] == 200)


def check_guessing(server, good):
    """Last: it uses up the failures of loopback."""
    wrong = [ask(server, 'GET', '/v2/models', bearer(f'btn_{i}'))[0] for i in range(FAILURES_MAX + 5)]
    is_so('guessing is slowed down', wrong[-1] == 429 and set(wrong) <= {401, 429}, wrong)
    is_so('who has a token does not notice', ask(server, 'GET', '/v2/models', good)[0] == 200)


def restart(server):
    """Failures are counted by a server."""
    server.stop()
    return Server(BATON, 'mlp', 'two', '--auth')


def main():
    with new_store(tap) as work:
        for name in 'mlp', 'two':
            pack(tap, MODELS / f'{name}.onnx', name, '--random-golden', '1')
        code, said = baton('serve', 'mlp', '--auth', '--listen', '127.0.0.1:0')
        is_so('nobody has access: it does not start', code == 5 and 'token create' in said, said)
        callers = {role: (bearer(create(role, '--role', role)), may, None) for role, may in MAY.items()}
        callers['other'] = (bearer(create('other', '--role', 'admin', '--model', 'two')), 'other', None)
        callers['nobody'] = ({}, set(), 401)
        expired = create('expired')
        file = work / 'store' / 'access' / 'grants'
        file.write_text(re.sub(r'(?m)^(token:expired .*) \S+$', r'\1 2026-01-01T00:00:00Z', file.read_text()))
        revoked = create('revoked')
        baton('token', 'revoke', 'revoked')
        server = Server(BATON, 'mlp', 'two', '--auth')
        check_matrix(server, callers)
        for name, headers in (('expired', bearer(expired)), ('revoked', bearer(revoked)),
                              ('a bad check', bearer(expired[:-1] + 'x')), ('no token', bearer('')),
                              ('another scheme', {'Authorization': 'Digest x'})):
            server = restart(server)
            check_matrix(server, {name: (headers, set(), 401)})
        good = callers['viewer'][0]
        server = restart(server)
        check_tokens(server, work / 'store')
        server = restart(server)
        check_models(server, callers)
        check_file(server, work / 'store', good)
        check_guessing(server, good)
        is_so('Ctrl-C ends it', server.stop() == 0)
    tap.done_testing()


if __name__ == '__main__':
    main()

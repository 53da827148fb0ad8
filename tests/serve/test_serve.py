#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`baton serve` asked over HTTP: test_serve.py BATON LYING-AUTHOR. What it answers is what `baton
predict` gives, and everything else is refused in the protocol's form. TAP."""
import base64
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import MODELS, Server, new_store, pack  # noqa: E402
from tap import Tap  # noqa: E402

BATON, LYING_AUTHOR = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
X = {'name': 'x', 'shape': [2, 3], 'datatype': 'FP32', 'data': [0.5, -1.25, 3, 1e-40, 16777217, -0.0]}
NESTED = dict(X, data=[X['data'][:3], X['data'][3:]])
tap = Tap(BATON)
baton = tap.baton
is_so = tap.is_so


def check_metadata(server, digest):
    is_so('it lives', server.ask('GET', '/v2/health/live')[:2] == (200, {'live': True}))
    is_so('it is ready', server.ask('GET', '/v2/health/ready')[1]['ready'])
    is_so('it says who it is', server.ask('GET', '/v2')[1]['name'] == 'baton')
    is_so('with a slash behind, too', server.ask('GET', '/v2/')[0] == 200)
    is_so('it lists its models', server.ask('GET', '/v2/models')[1] == {'models': ['risk/mlp', 'two']})
    status, said, _ = server.ask('GET', '/v2/models/risk%2Fmlp')
    is_so('a model says what it takes', said['inputs'] == [
        {'datatype': 'FP32', 'name': 'x', 'shape': [-1, 3]}] and said['versions'] == ['1'], said)
    is_so('and which bundle it is', said['properties'] == {'baton_bundle': digest}, said)
    is_so('a version is a part of the path',
          server.ask('GET', '/v2/models/risk%2fmlp/versions/1/ready')[1]['ready'])
    is_so('HEAD is answered without a body',
          server.ask('HEAD', '/v2/models/two')[:2] == (200, None))


def check_inference(server, work, digest):
    (work / 'x.json').write_text(json.dumps({'inputs': [X]}))
    expected = json.loads(baton('predict', 'risk/mlp', '--input', work / 'x.json', '--json')[1])
    status, said, headers = server.ask('POST', '/v2/models/risk%2Fmlp/infer',
                                       {'id': 'ö 1', 'inputs': [X]})
    is_so('it answers what predict gives', status == 200 and said['outputs'] == expected['outputs'], said)
    is_so('the id comes back', said['id'] == 'ö 1', said)
    is_so('with name and version', (said['model_name'], said['model_version']) == ('risk/mlp', '1'), said)
    is_so('and the bundle that computed it', headers['Baton-Bundle'] == digest, headers)
    nested = server.ask('POST', '/v2/models/risk%2Fmlp/versions/1/infer', {'inputs': [NESTED]})[1]
    is_so('nested data are the same data', nested['outputs'] == said['outputs'], nested)
    one = server.ask('POST', '/v2/models/risk%2Fmlp/infer',
                     {'inputs': [X], 'outputs': [{'name': 'y'}]})[1]
    is_so('an output can be chosen', one['outputs'] == said['outputs'], one)


def check_refusals(server):
    path = '/v2/models/risk%2Fmlp/infer'
    for name, body, words in (
            ('no JSON', '{', 'line 1'),
            ('a list', [], 'no JSON object'),
            ('no inputs', {}, 'inputs'),
            ('an id that is no text', {'id': 1, 'inputs': [X]}, '"id"'),
            ('an unknown output', {'inputs': [X], 'outputs': [{'name': 'z'}]}, 'no output "z"'),
            ('a missing input', {'inputs': []}, 'x'),
            ('another type', {'inputs': [dict(X, datatype='BYTES', data=['a'] * 6)]}, 'x'),
            ('another shape', {'inputs': [dict(X, shape=[3, 2])]}, 'x'),
            ('too few elements', {'inputs': [dict(X, data=[1])]}, '1 elements'),
            ('a huge shape', {'inputs': [dict(X, shape=[1 << 40, 3])]}, 'x'),
            ('a key twice', '{"inputs":[],"inputs":[]}', 'duplicate key')):
        status, said, _ = server.ask('POST', path, body)
        is_so(f'{name} is refused', status == 400 and words in said['error'], said)
    for name, method, where, status in (
            ('another model', 'GET', '/v2/models/nobody', 404),
            ('another version', 'GET', '/v2/models/two/versions/2', 404),
            ('another path', 'GET', '/v2/models/two/secrets', 404),
            ('a path that climbs', 'GET', '/v2/models/two/../two', 404),
            ('no segment', 'GET', '/v2/models//infer', 404),
            ('another method', 'GET', path, 405)):
        found, said, _ = server.ask(method, where)
        is_so(f'{name} is not there', found == status and list(said) == ['error'], said)


def check_confinement(server):
    """Every thread, unless the build has sanitizers."""
    tasks = (pathlib.Path('/proc') / str(server.process.pid) / 'task').glob('*/status')
    found = {tuple(line.split()[1] for line in task.read_text().splitlines()
                   if line.startswith(('NoNewPrivs:', 'Seccomp:'))) for task in tasks}
    if b'__asan_init' in pathlib.Path(BATON).read_bytes():
        print('# skipped: sanitizers cannot be confined')
        return
    is_so('every thread is confined', found == {('1', '2')}, found)


def check_decisions(server):
    """What was logged is what was asked and answered, and comes out the same again."""
    path = '/v2/models/two/infer'
    _, model, _ = server.ask('GET', '/v2/models/two')
    small = {'id': 'mine', 'inputs': [X]}
    status, said, headers = server.ask('POST', '/v2/models/risk%2Fmlp/infer', small)
    small_id = headers['Baton-Decision-Id']
    code, shown = baton('decision', 'show', small_id, '--json')
    shown = json.loads(shown)
    is_so('a decision shows what was asked', shown['inputs'][0]['data'] == [*X['data'][:4], 16777216, 0] and shown['request'] == 'mine', shown)
    is_so('and what was answered', shown['outputs'] == said['outputs'] and shown['status'] == 200, shown)
    is_so('and by whom', (shown['caller'], shown['peer']) == ('anonymous', '127.0.0.1'), shown)
    is_so('by which bundle', shown['bundle'] == headers['Baton-Bundle'], shown)
    rows = [[i / 7, -i, i * i] for i in range(20000)]
    large = {'inputs': [{'name': 'x', 'shape': [len(rows), 3], 'datatype': 'FP32', 'data': rows}]}
    status, said, headers = server.ask('POST', '/v2/models/risk%2Fmlp/infer', large)
    large_id = headers['Baton-Decision-Id']
    is_so('a large one is answered', status == 200 and len(said['outputs'][0]['data']) == 40000)
    status, said, headers = server.ask('POST', path, {'inputs': 3})
    refused_id = headers['Baton-Decision-Id']
    shown = json.loads(baton('decision', 'show', refused_id, '--json')[1])
    is_so('a refusal is a decision, with its reason', (shown['status'], shown['error']) == (400, said['error']), shown)
    code, said = baton('replay', small_id, large_id, refused_id)
    is_so('they come out the same again', code == 0 and '2 identical, 0 differ, 0 cannot tell, 1 refused' in said, said)
    code, said = baton('replay', large_id, '--against', 'mlp:2')
    is_so('another version answers otherwise', code == 1 and 'y[' in said, said)
    is_so('a name that was never given is not found', baton('decision', 'show', small_id[:-8] + '00000000')[0] == 4)
    is_so('nor one beyond the end', baton('replay', 'serve-99999999-00000000')[0] == 4)
    is_so('nor one of another server', baton('replay', 'other-1-00000000')[0] == 4)
    for bad in 'serve', 'serve-1', 'serve-1-2', 'serve-01-00000000', '-1-00000000', 'serve-1-0000000G', '../x-1-00000000':
        is_so(f'"{bad}" is no name', baton('decision', 'show', '--', bad)[0] == 2)
    return small_id


def holds(folder, needle):
    """Whether any file below has these bytes."""
    return [str(file) for file in folder.rglob('*') if file.is_file() and needle in file.read_bytes()]


def check_erasure(server, store):
    """A field that is erased is in no file any more, and everything else goes on."""
    secret = 'the-secret-of-somebody'
    folder = store / 'decisions/serve'
    names = []
    for _ in range(3):
        status, said, headers = server.ask('POST', '/v2/models/risk%2Fmlp/infer', {'id': secret, 'inputs': [X]})
        names.append(headers['Baton-Decision-Id'])
    is_so('what was logged is somewhere', baton('decision', 'show', names[0])[0] == 0 and
          holds(folder, secret.encode()))
    code, said = baton('decision', 'erase', names[0], '--field', 'request', '--reason', 'a letter')
    is_so('a field is erased', code == 0 and '1 field erased' in said, said)
    shown = json.loads(baton('decision', 'show', names[0], '--json')[1])
    is_so('that one', shown['erased'] == ['request'] and 'request' not in shown and shown['inputs'], shown)
    is_so('it can still be replayed', baton('replay', names[0])[0] == 0)
    for name in names[1:]:
        is_so('another, whole', baton('decision', 'erase', name, '--reason', 'a letter')[0] == 0)
    is_so('nothing of it is left in any file', not holds(folder, secret.encode()), holds(folder, secret.encode()))
    code, said = baton('replay', names[1])
    is_so('what is erased cannot be told again', code == 3 and 'erased' in said, said)
    is_so('nor erased again', baton('decision', 'erase', names[1], '--reason', 'x')[0] == 4)
    is_so('no field of another name', baton('decision', 'erase', names[0], '--field', 'input.age', '--reason', 'x')[0] == 4)
    is_so('not without a reason', baton('decision', 'erase', names[0])[0] == 2)
    status, said, headers = server.ask('POST', '/v2/models/risk%2Fmlp/infer', {'inputs': [X]})
    is_so('the server goes on', baton('replay', headers['Baton-Decision-Id'])[0] == 0)
    said = baton('decision', 'list')[1]
    is_so('the log tells of it', said.count('erased ') == 3 and 'a letter' in said, said)


def check_receipts(server, work):
    """A promise that is kept, one that is not, and what is no promise."""
    infer = '/v2/models/risk%2Fmlp/infer'
    status, said, headers = server.ask('POST', infer, {'inputs': [X]})
    is_so('no receipt where none is asked for', 'Baton-Receipt' not in headers)
    status, said, headers = server.ask('POST', infer, {'inputs': [X]}, **{'Baton-Receipt': 'yes'})
    note = base64.b64decode(headers['Baton-Receipt'])
    receipt = work / 'receipt'
    receipt.write_bytes(note)
    code, said = baton('receipt', 'check', receipt)
    is_so('a promise is kept', code == 0 and 'is kept' in said and headers['Baton-Decision-Id'] in said, said)
    for name, bad, wanted in (('changed in a bit', note.replace(b'serve-', b'serve-1', 1), {1, 2, 4, 65}),
                              ('cut short', note[:-20], {1, 65}), ('empty', b'', {1, 65}),
                              ('text', b'a promise\n', {1, 65})):
        receipt.write_bytes(bad)
        code, said = baton('receipt', 'check', receipt)
        is_so(f'a receipt that is {name} is none', code in wanted, (code, said))


def main():
    with new_store(tap) as work:
        for name, model in (('risk/mlp', 'mlp'), ('two', 'two'), ('mlp', 'mlp'),
                            ('mlp', 'mlp-other-weight')):
            golden = ('--random-golden', '1') if model == 'two' else ('--golden', MODELS / 'x.npz')
            pack(tap, MODELS / f'{model}.onnx', name, *golden)
        digest = json.loads(baton('inspect', 'risk/mlp', '--json')[1])['digest']
        server = Server(BATON, 'risk/mlp', 'two:1')
        check_metadata(server, digest)
        check_inference(server, work, digest)
        check_refusals(server)
        check_confinement(server)
        name = check_decisions(server)
        code, said = baton('serve', 'two', '--listen', '127.0.0.1:0')
        is_so('another server needs another name', code == 7 and '--instance' in said, said)
        check_receipts(server, work)
        check_erasure(server, work / 'store')
        is_so('Ctrl-C ends it', server.stop() == 0)
        said = baton('decision', 'list')[1]
        is_so('the log tells where it began and ended', 'start ' in said and 'stop ' in said and 'gap ' not in said, said)
        said = baton('decision', 'list', '--model', 'risk/mlp', '--since', '2020-01-01T00:00:00Z', '--json')[1]
        is_so('a list is narrowed', {r['model'] for r in json.loads(said)['records']} == {'risk/mlp'}, said)
        is_so('by time', not json.loads(baton('decision', 'list', '--until', '2020-01-01T00:00:00Z', '--json')[1])['records'])
        is_so('a time is a time', baton('decision', 'list', '--since', 'yesterday')[0] == 2)
        is_so('all of them come out the same again', ' 0 differ, 2 cannot tell' in baton('replay', '--all')[1])
        subprocess.run([LYING_AUTHOR, work / 'store', work / 'home/keys/me.pem', 'mlp:1', 'mlp:2'],
                       check=True)
        code, said = baton('serve', 'mlp:3', '--listen', '127.0.0.1:0')
        is_so('what does not prove itself is not served', code == 5 and 'golden cases' in said, said)
        code, said = baton('serve', 'two', 'nobody', '--listen', '127.0.0.1:0')
        is_so('what is not there is not served', code == 4, said)
        for address in '0.0.0.0:0', '[::]:0', 'localhost:1', '10.0.0.1:80':
            code, said = baton('serve', 'two', '--listen', address)
            is_so(f'{address} is not served', code == 5 and 'loopback' in said, said)
        is_so('an address has a port', baton('serve', 'two', '--listen', '127.0.0.1')[0] == 2)
    tap.done_testing()


if __name__ == '__main__':
    main()

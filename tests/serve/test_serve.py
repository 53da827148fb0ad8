#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`baton serve` asked over HTTP: test_serve.py BATON LYING-AUTHOR. What it answers is what `baton
predict` gives, and everything else is refused in the protocol's form. TAP."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import Server  # noqa: E402
from tap import Tap  # noqa: E402

BATON, LYING_AUTHOR = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
MODELS = pathlib.Path(__file__).resolve().parents[1] / 'cli' / 'models'
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


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        os.environ['BATON_HOME'] = str(work / 'home')
        os.environ['BATON_STORE'] = str(work / 'store')
        baton('init', work / 'store')
        for name, model in (('risk/mlp', 'mlp'), ('two', 'two'), ('mlp', 'mlp'),
                            ('mlp', 'mlp-other-weight')):
            golden = ('--random-golden', '1') if model == 'two' else ('--golden', MODELS / 'x.npz')
            code, said = baton('pack', MODELS / f'{model}.onnx', '--name', name, *golden)
            assert code == 0, said
        digest = json.loads(baton('inspect', 'risk/mlp', '--json')[1])['digest']
        server = Server(BATON, 'risk/mlp', 'two:1')
        check_metadata(server, digest)
        check_inference(server, work, digest)
        check_refusals(server)
        check_confinement(server)
        is_so('Ctrl-C ends it', server.stop() == 0)
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

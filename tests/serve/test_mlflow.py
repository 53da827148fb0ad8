#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MLflow's protocol: test_mlflow.py BATON. Every form of a table gives what the Open Inference
Protocol gives, and what is no table is refused without saying what it was. TAP."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import MODELS, Server, new_store, pack  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
HERE = pathlib.Path(__file__).resolve().parent
JSON = {'Content-Type': 'application/json'}
CSV = {'Content-Type': 'text/csv; charset=utf-8'}
NAMES = ['age', 'visits', 'city']
ROWS = [[41.5, 3, 'Köln'], [0.1, -9223372036854775808, 'a,b']]
RECORDS = [dict(zip(NAMES, row)) for row in ROWS]
tap = Tap(BATON)
is_so = tap.is_so


def invoke(server, body, headers=JSON, path='/invocations'):
    text = body if isinstance(body, str) else json.dumps(body)
    status, said, _ = server.send('POST', path, text.encode(), headers)
    return status, json.loads(said)


def check_columns(server):
    want = {'predictions': [{'y_age': [row[0]], 'y_visits': [row[1]], 'y_city': row[2]} for row in ROWS]}
    turned = [[row[i] for row in ROWS] for i in range(3)]
    for name, body in (
            ('dataframe_split', {'dataframe_split': {'columns': NAMES, 'index': [0, 1], 'data': ROWS}}),
            ('other order', {'dataframe_split': {'columns': NAMES[::-1], 'data': [r[::-1] for r in ROWS]}}),
            ('no names', {'dataframe_split': {'data': ROWS}}),
            ('dataframe_records', {'dataframe_records': RECORDS}),
            ('records in other orders', {'dataframe_records': [RECORDS[0], dict(reversed(RECORDS[1].items()))]}),
            ('instances', {'instances': ROWS}), ('instances with names', {'instances': RECORDS}),
            ('inputs', {'inputs': dict(zip(NAMES, turned))}),
            ('inputs of lists', {'inputs': {n: [[v] for v in c] for n, c in zip(NAMES, turned)}}),
            ('empty params', {'instances': ROWS, 'params': {}})):
        is_so(f'{name} is a table', invoke(server, body) == (200, want), invoke(server, body))
    text = 'city,age,visits\r\nKöln,41.5,3\r\n"a,b",0.1,-9223372036854775808\r\n'
    is_so('CSV is a table', invoke(server, text, CSV) == (200, want), invoke(server, text, CSV))
    status, said = invoke(server, {'instances': [[None, 1, 'a'], [float('-inf'), 1, 'b']]})
    is_so('null and infinity are numbers', status == 200 and
          [r['y_age'] for r in said['predictions']] == [['NaN'], ['-Infinity']], said)


def check_refusals(server):
    secret = 'secret'
    for name, body in (
            ('no form', {}), ('two forms', {'instances': ROWS, 'inputs': []}), ('a list', []), ('no JSON', '{'),
            ('params', {'instances': ROWS, 'params': {'a': 1}}), ('no rows', {'instances': 'secret'}),
            ('a column too few', {'instances': [[1, 2]]}), ('an uneven row', {'instances': [ROWS[0], [1]]}),
            ('a row that is none', {'instances': [ROWS[0], 1]}),
            ('another name', {'dataframe_split': {'columns': ['age', 'visits', secret], 'data': ROWS}}),
            ('a name twice', {'dataframe_split': {'columns': ['age', 'age', 'city'], 'data': ROWS}}),
            ('names too few', {'dataframe_split': {'columns': ['age'], 'data': ROWS}}),
            ('records that differ', {'dataframe_records': [RECORDS[0], dict(RECORDS[1], secret=1)]}),
            ('records of other columns', {'dataframe_records': [RECORDS[0], {'age': 1, 'visits': 1, 'secret': 1}]}),
            ('columns of other lengths', {'inputs': {'age': [1], 'visits': [], 'city': ['a']}}),
            ('text for a number', {'instances': [[secret, 1, 'a']]}),
            ('a fraction for a count', {'instances': [[1, 1.5, secret]]}),
            ('a number for text', {'instances': [[1, 1, 12345]]}),
            ('null for a count', {'instances': [[1, None, secret]]}),
            ('too large a number', {'instances': [[1e39, 1, secret]]})):
        status, said = invoke(server, body)
        is_so(f'{name} is refused', status == 400 and list(said) == ['error_code', 'message'] and
              said['error_code'] == 'BAD_REQUEST' and secret not in said['message'] and
              '12345' not in said['message'], said)
    for name, text, headers in (('CSV that is none', 'age,visits,city\n1\n', CSV),
                                ('a form', 'a=b', {'Content-Type': 'application/x-www-form-urlencoded'}),
                                ('no type', '{}', {})):
        is_so(f'{name} is refused', invoke(server, text, headers)[0] == 400)


def check_matrix(server):
    path = '/models/mlp/invocations'
    rows = [[0.5, -1.25, 3.0], [1e-40, 16777217.0, -0.0]]
    x = {'name': 'x', 'shape': [2, 3], 'datatype': 'FP32', 'data': rows}
    oip = server.ask('POST', '/v2/models/mlp/infer', {'inputs': [x]})[1]['outputs'][0]
    width = oip['shape'][1]
    want = {'predictions': [oip['data'][i * width:(i + 1) * width] for i in range(2)]}
    for name, body in (('inputs', {'inputs': rows}), ('inputs by name', {'inputs': {'x': rows}}),
                       ('instances', {'instances': rows}),
                       ('a table', {'dataframe_split': {'columns': ['a', 'b', 'c'], 'data': rows}})):
        is_so(f'{name} of a matrix', invoke(server, body, path=path) == (200, want), invoke(server, body, path=path))
    is_so('a matrix has its width', invoke(server, {'inputs': [[1, 2]]}, path=path)[0] == 400)
    status, said = invoke(server, {'instances': ROWS})
    is_so('of several models one is named', status == 400 and '/models/NAME' in said['message'], said)
    status, said = invoke(server, {'instances': ROWS}, path='/models/echo/invocations')
    is_so('what takes no table says so', status == 400 and 'columns' in said['message'], said)


def main():
    with new_store(tap):
        for model, *golden in ((HERE / 'models' / 'columns.onnx', '--random-golden', 1),
                               (HERE / 'models' / 'echo.onnx', '--random-golden', 1),
                               (MODELS / 'mlp.onnx', '--golden', MODELS / 'x.npz')):
            pack(tap, model, model.stem, *golden)
        server = Server(BATON, 'columns')
        for path in '/ping', '/health':
            is_so(f'{path} is answered', server.send('GET', path)[:2] == (200, b'\n'))
        is_so('it has a version', server.send('GET', '/version')[0] == 200)
        check_columns(server)
        check_refusals(server)
        server.stop()
        server = Server(BATON, 'mlp', 'echo')
        check_matrix(server)
        server.stop()
    tap.done_testing()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Open Inference Protocol's forms: test_protocol.py BATON. Each type in JSON and in binary, what
either refuses, and one request in all its forms, which have one answer. TAP."""
import base64
import gzip
import json
import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from serving import MODELS, Server, new_store, pack  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
JSON_LENGTH = 'Inference-Header-Content-Length'
tap = Tap(BATON)
is_so = tap.is_so
# What each type holds at its edges, and how struct writes an element.
VALUES = {
    'BOOL': ('?', [True, False]), 'UINT8': ('B', [0, 255]), 'UINT16': ('H', [1, 65535]),
    'UINT32': ('I', [0, 4294967295]), 'UINT64': ('Q', [0, 18446744073709551615]),
    'INT8': ('b', [-128, 127]), 'INT16': ('h', [-32768, 32767]),
    'INT32': ('i', [-2147483648, 2147483647]),
    'INT64': ('q', [-9223372036854775808, 9223372036854775807]),
    'FP16': ('e', [0.5, -65504.0]), 'FP32': ('f', [1.401298464324817e-45, -3.4028234663852886e38]),
    'FP64': ('d', [5e-324, -1.7976931348623157e308]), 'BYTES': ('', ['größe', 'a\0b'])}


def encode(kind, values):
    code = VALUES[kind][0]
    if code:
        return struct.pack(f'<{len(values)}{code}', *values)
    texts = [v.encode() if isinstance(v, str) else v for v in values]
    return b''.join(struct.pack('<I', len(t)) + t for t in texts)


def in_json(kind, values, **more):
    return dict({'name': 'x_' + kind, 'shape': [len(values) // 2, 2], 'datatype': kind,
                 'data': values}, **more)


def in_binary(kind, values):
    """The tensor and its bytes."""
    data = encode(kind, values)
    tensor = in_json(kind, values, parameters={'binary_data_size': len(data)})
    del tensor['data']
    return tensor, data


def echo_request(**changed):
    """All types in JSON, but for FP16, which has none: document and data."""
    half, data = in_binary('FP16', VALUES['FP16'][1])
    inputs = [half] + [in_json(kind, values) for kind, (_, values) in VALUES.items() if kind != 'FP16']
    return dict({'inputs': [changed.get(t['datatype'], t) for t in inputs]}), data


def send(server, document, data=b'', path='/v2/models/echo/infer', **headers):
    """Status, the document, the data behind it."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    if data or headers:
        headers = dict({JSON_LENGTH: str(len(text)),
                        'Content-Type': 'application/octet-stream'}, **headers)
    status, said, found = server.send('POST', path, text + data, headers)
    length = int(found.get(JSON_LENGTH, len(said)))
    return status, json.loads(said[:length] or b'null'), said[length:]


def outputs_of(document, data):
    """By name: datatype, and a list or bytes."""
    found, at = {}, 0
    for tensor in document['outputs']:
        size = tensor.get('parameters', {}).get('binary_data_size')
        found[tensor['name']] = tensor['data'] if size is None else data[at:at + size]
        at += size or 0
    assert at == len(data)
    return found


def check_types(server):
    request, data = echo_request()
    chosen = [{'name': 'y_' + kind, 'parameters': {'binary_data': kind == 'FP16'}} for kind in VALUES]
    status, said, behind = send(server, dict(request, outputs=chosen), data)
    is_so('all types are taken in JSON, and FP16 in binary', status == 200, said)
    found = outputs_of(said, behind)
    for kind, (_, values) in VALUES.items():
        got = found['y_' + kind]
        is_so(f'{kind} comes back', encode(kind, values) == (got if kind == 'FP16' else encode(kind, got)), got)
    tensors = [in_binary(kind, values) for kind, (_, values) in VALUES.items()]
    request = {'inputs': [t for t, _ in tensors], 'parameters': {'binary_data_output': True}}
    status, said, behind = send(server, request, b''.join(d for _, d in tensors))
    is_so('all types are taken in binary', status == 200, said)
    found = outputs_of(said, behind)
    for kind, (_, values) in VALUES.items():
        is_so(f'{kind} comes back in binary', found['y_' + kind] == encode(kind, values), found)
    request['outputs'] = [{'name': 'y_INT8', 'parameters': {'binary_data': False}}, {'name': 'y_FP16'}]
    status, said, behind = send(server, request, b''.join(d for _, d in tensors))
    is_so('an output overrides what the request says',
          outputs_of(said, behind) == {'y_INT8': [-128, 127], 'y_FP16': encode('FP16', VALUES['FP16'][1])}, said)


def check_text(server):
    raw = [b'\xff\0', b'plain']
    texts = [base64.b64encode(t).decode() for t in raw]
    request, data = echo_request(
        BYTES=in_json('BYTES', texts, parameters={'content_type': 'base64'}))
    status, said, _ = send(server, dict(request, outputs=[{'name': 'y_BYTES'}]), data)
    is_so('bytes that are no text go both ways in base64', status == 200 and
          said['outputs'][0]['data'] == texts and
          said['outputs'][0]['parameters'] == {'content_type': 'base64'}, said)
    request, data = echo_request(FP32=in_json('FP32', ['NaN', '-Infinity']))
    _, said, _ = send(server, dict(request, outputs=[{'name': 'y_FP32'}]), data)
    is_so('NaN and infinities are strings', said['outputs'][0]['data'] == ['NaN', '-Infinity'], said)
    request, data = echo_request(FP64=in_json('FP64', [float('nan'), float('inf')]))
    _, said, _ = send(server, dict(request, outputs=[{'name': 'y_FP64'}]), data)
    is_so('and are taken as bare words', said['outputs'][0]['data'] == ['NaN', 'Infinity'], said)
    request, data = echo_request()
    _, said, _ = send(server, dict(request, id=None, parameters=None, outputs=[{'name': 'y_BOOL'}]), data)
    is_so('what is null is left out', said['outputs'][0]['data'] == [True, False] and 'id' not in said, said)


def check_refused_values(server):
    for kind, values, words in (
            ('UINT8', [0, 256], 'element 1: '), ('UINT8', [-1, 0], 'element 0: '),
            ('INT32', [0, 2147483648], '2147483648'), ('INT64', [9223372036854775808, 0], 'element 0'),
            ('UINT64', [18446744073709551616, 0], 'element 0'), ('INT16', [1.5, 0], '1.5'),
            ('INT16', [1e2, 0], '100.0'), ('FP32', [1e39, 0], '1e+39'), ('FP32', [0, '1'], 'element 1'),
            ('FP64', [None, 0], 'null'), ('INT8', [True, 0], 'true'), ('BOOL', [2, 0], 'element 0'),
            ('BYTES', [1, 'a'], 'string'), ('INT8', [float('nan'), 0], 'NaN'),
            ('BYTES', ['=', 'a'], 'base64'), ('FP16', [1, 2], 'binary')):
        more = {'parameters': {'content_type': 'base64'}} if words == 'base64' else {}
        request, data = echo_request(**{kind: in_json(kind, values, **more)})
        status, said, _ = send(server, request, b'' if kind == 'FP16' else data)
        is_so(f'{kind} {values} is refused', status == 400 and words in said['error'] and
              f'"x_{kind}"' in said['error'], said)


def check_refused_shapes(server):
    for name, shape, data in (
            ('too many elements', [1, 2], [1, 2, 3]), ('too few', [1, 2], [1]),
            ('uneven rows', [2, 2], [[1, 2, 3], [4]]), ('rows of another shape', [2, 2], [[1, 2, 3, 4]]),
            ('elements beside rows', [2, 2], [[1, 2], 3, 4]), ('rows beside elements', [2, 2], [1, 2, [3, 4]]),
            ('rows that are too deep', [1, 2], [[[1, 2]]]), ('a negative shape', [-1, 2], []),
            ('a shape that overflows', [1 << 62, 1 << 62], []), ('a huge shape', [1 << 40, 2], [1]),
            ('a shape of fractions', [1.5, 2], [1, 2, 3]), ('no list', [1, 2], 3)):
        request, half = echo_request(INT8=in_json('INT8', [0, 0], shape=shape, data=data))
        status, said, _ = send(server, request, half)
        is_so(f'{name} is refused', status == 400 and 'x_INT8' in said['error'], said)


def check_refused_binary(server):
    good, data = echo_request()
    half = good['inputs'][0]
    for name, document, behind, headers in (
            ('data that are too short', good, data[:-1], {}),
            ('data that are too long', good, data + b'x', {}),
            ('a size that is none', dict(good, inputs=[dict(half, parameters={'binary_data_size': -1})]), data, {}),
            ('a size that is text', dict(good, inputs=[dict(half, parameters={'binary_data_size': '4'})]), data, {}),
            ('a size beside data', dict(good, inputs=[dict(half, data=[1])]), data, {}),
            ('a document that ends late', good, data, {JSON_LENGTH: '999999999'}),
            ('a document that ends early', good, data, {JSON_LENGTH: '5'}),
            ('a length that is none', good, data, {JSON_LENGTH: '0x5'}),
            ('a length with a sign', good, data, {JSON_LENGTH: '+5'}),
            ('no length', good, data, {JSON_LENGTH: ''}),
            ('raw mode for many inputs', good, data, {JSON_LENGTH: '0'})):
        status, said, _ = send(server, document, behind, **headers)
        is_so(f'{name} is refused', status == 400 and said['error'], said)
    for name, kind, behind in (('a bool of 2', 'BOOL', b'\x02\0'), ('a string that is cut', 'BYTES', b'\1\0\0\0'),
                               ('one string of two', 'BYTES', b'\0\0\0\0'),
                               ('three strings', 'BYTES', b'\0' * 12)):
        tensor = in_json(kind, VALUES[kind][1], parameters={'binary_data_size': len(behind)})
        del tensor['data']
        request, half = echo_request(**{kind: tensor})
        status, said, _ = send(server, request, half + behind)
        is_so(f'{name} is refused', status == 400 and f'"x_{kind}"' in said['error'], said)


def check_refused_requests(server):
    good, data = echo_request()
    first = good['inputs'][1]
    for name, changed, words in (
            ('an unknown input', {'inputs': good['inputs'][:-1] + [dict(first, name='z')]}, '"z"'),
            ('an input twice', {'inputs': good['inputs'][:-1] + [first]}, 'two values'),
            ('an input too few', {'inputs': good['inputs'][:-1]}, 'x_BYTES'),
            ('inputs that are no list', {'inputs': {}}, 'inputs'),
            ('an input that is no object', {'inputs': [1]}, 'object'),
            ('an input without a name', {'inputs': [{}]}, 'name'),
            ('an unknown type', {'inputs': [dict(first, datatype='FP8')]}, 'FP8'),
            ('an unknown output', {'outputs': [{'name': 'z'}]}, '"z"'),
            ('an output twice', {'outputs': [{'name': 'y_BOOL'}] * 2}, 'twice'),
            ('FP16 in JSON', {'outputs': [{'name': 'y_FP16'}]}, 'binary'),
            ('outputs that are no list', {'outputs': 1}, 'outputs'),
            ('binary_data that is no bool', {'outputs': [{'name': 'y_BOOL', 'parameters': {'binary_data': 1}}]}, 'binary_data'),
            ('parameters that are no object', {'parameters': []}, 'parameters'),
            ('a parameter that is a list', {'parameters': {'a': []}}, '"a"'),
            ('shared memory', {'parameters': {'shared_memory_region': 'a'}}, 'shared_memory_region'),
            ('a name of baton', {'parameters': {'baton_bundle': 'a'}}, 'baton_bundle'),
            ('an unknown content type', {'inputs': [dict(first, parameters={'content_type': 'pickle'})]}, 'content_type')):
        status, said, _ = send(server, dict(good, **changed), data)
        is_so(f'{name} is refused', status == 400 and words in said['error'], said)
    for name, text in (('a list that does not end', b'{"inputs":[{"data":[1'),
                       ('a string that does not end', b'{"inputs":[{"data":["a'),
                       ('a comma too many', b'{"inputs":[{"name":"x_INT8","datatype":"INT8","shape":[1,2],"data":[1,2,]}]}'),
                       ('a comma too few', b'{"inputs":[{"name":"x_INT8","datatype":"INT8","shape":[1,2],"data":[1 2]}]}'),
                       ('a zero too many', b'{"inputs":[{"name":"x_INT8","datatype":"INT8","shape":[1,2],"data":[1,02]}]}'),
                       ('brackets without end', b'{"inputs":[{"data":' + b'[' * 100000)):
        status, said, _ = send(server, text)
        is_so(f'{name} is refused', status == 400 and said['error'], said)


def check_forms(server):
    """One request in many forms."""
    rows = [[0.5, -1.25, 3.0], [1e-40, 16777217.0, -0.0], [0.1, 0.2, 0.3]]
    flat = [v for row in rows for v in row]
    path = '/v2/models/mlp/infer'
    x = {'name': 'x', 'shape': [3, 3], 'datatype': 'FP32'}
    data = struct.pack('<9f', *flat)
    sized = dict(x, parameters={'binary_data_size': len(data)})
    want = send(server, {'inputs': [dict(x, data=flat)]}, path=path)
    is_so('flat JSON has an answer', want[0] == 200, want)
    is_so('nested JSON has the same', send(server, {'inputs': [dict(x, data=rows)]}, path=path) == want)
    is_so('binary has the same', send(server, {'inputs': [sized]}, data, path=path) == want)
    want_binary = send(server, {'inputs': [sized], 'parameters': {'binary_data_output': True}}, data, path=path)
    raw = send(server, b'', data, path=path)
    is_so('raw data have the same', raw == want_binary and raw[0] == 200, raw)
    bits = b''.join(struct.pack('<%df' % len(t['data']), *t['data']) for t in want[1]['outputs'])
    is_so('JSON and binary answers have the same bits', bits == raw[2], (bits, raw))
    for size in (1, 2):
        parts = [send(server, {'inputs': [dict(x, shape=[len(some), 3], data=some)]}, path=path)[1]
                 for some in (rows[i:i + size] for i in range(0, 3, size))]
        joined = [v for p in parts for v in p['outputs'][0]['data']]
        is_so(f'{size} rows at a time give the same', joined == want[1]['outputs'][0]['data'], joined)
    status, said, _ = send(server, {'inputs': [dict(x, name='z', data=flat)]}, path=path)
    is_so('the only input has a name, too', status == 400 and '"z"' in said['error'], said)
    for name, body in (('no row', b'\0' * 11), ('half an element', b'\0' * 13)):
        status, said, _ = send(server, b'', body, path=path)
        is_so(f'{name} is refused in raw mode', status == 400, said)


def check_codings(server):
    """One request in all codings, and what is none."""
    path = '/v2/models/mlp/infer'
    text = json.dumps({'inputs': [{'name': 'x', 'shape': [200, 3], 'datatype': 'FP32',
                                   'data': [i / 7 for i in range(600)]}]}).encode()
    want = server.send('POST', path, text)[1]
    raw = zlib.compressobj(wbits=-15)
    for name, body, coding, status in (
            ('gzip', gzip.compress(text), 'gzip', 200), ('x-gzip', gzip.compress(text), 'X-GZip', 200),
            ('deflate', zlib.compress(text), 'deflate', 200), ('identity', text, 'identity', 200),
            ('gzip that is cut', gzip.compress(text)[:-9], 'gzip', 400),
            ('gzip with more behind', gzip.compress(text) + b'x', 'gzip', 400),
            ('gzip that is damaged', gzip.compress(text)[:-8] + b'12345678', 'gzip', 400),
            ('gzip that is deflate', zlib.compress(text), 'gzip', 400),
            ('deflate without its wrapper', raw.compress(text) + raw.flush(), 'deflate', 400),
            ('plain text', text, 'gzip', 400), ('nothing', b'', 'gzip', 400),
            ('a bomb', gzip.compress(bytes(40 << 20)), 'gzip', 413),
            ('two codings', gzip.compress(gzip.compress(text)), 'gzip, gzip', 415),
            ('an unknown coding', text, 'br', 415)):
        found, said, _ = server.send('POST', path, body, {'Content-Encoding': coding})
        is_so(f'{name} is {status}', found == status and (status != 200 or said == want), (found, said[:200]))
    for accepted, coding in (
            ('gzip', 'gzip'), ('deflate', 'deflate'), ('gzip, deflate', 'gzip'), ('br', None),
            ('deflate, gzip;q=0.5', 'deflate'), ('gzip;q=0', None), ('*', 'gzip'), ('', None),
            ('*;q=0.3, gzip;q=0', 'deflate'), ('gzip;q=0.2, identity;q=0.9', None), ('gzip;q=nan', None),
            ('GZIP ; Q=1.000 , br', 'gzip'), ('gzip;q=1.001', None), (',,gzip', 'gzip')):
        status, said, found = server.send('POST', path, text, {'Accept-Encoding': accepted})
        back = {'gzip': gzip.decompress, 'deflate': zlib.decompress, None: bytes}[found['Content-Encoding']](said)
        is_so(f'an answer for "{accepted}"', found['Content-Encoding'] == coding and back == want and
              (coding is None or found['Vary'] == 'Accept-Encoding'), found)
    _, said, found = server.send('GET', '/v2', None, {'Accept-Encoding': 'gzip'})
    is_so('a small answer is left as it is', found['Content-Encoding'] is None and json.loads(said))


def main():
    with new_store(tap):
        here = pathlib.Path(__file__).resolve().parent
        for model, *golden in ((here / 'models' / 'echo.onnx', '--random-golden', 1),
                               (MODELS / 'mlp.onnx', '--golden', MODELS / 'x.npz')):
            pack(tap, model, model.stem, *golden)
        server = Server(BATON, 'echo', 'mlp')
        is_so('the extension is announced',
              server.ask('GET', '/v2')[1]['extensions'] == ['binary_tensor_data'])
        for check in (check_types, check_text, check_refused_values, check_refused_shapes,
                      check_refused_binary, check_refused_requests, check_forms, check_codings):
            check(server)
        is_so('it lives', server.stop() == 0)
    tap.done_testing()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write tests/cli/models: the small models and input files of the transcripts, byte by byte.

Run from anywhere; it writes beside itself and needs the standard library only. The files are
committed, so that the tests need no Python package and every machine tests the same bytes.
"""
import io
import json
import pathlib
import struct
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parent / 'models'

FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11


# ---- the wire ----

def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def num(number, value):
    return varint(number << 3) + varint(value)


def blob(number, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(number << 3 | 2) + varint(len(data)) + data


# ---- ONNX messages ----

def floats(values):
    return struct.pack(f'<{len(values)}f', *values)


def tensor(name, dims, raw, dtype=FLOAT):
    return b''.join(num(1, d) for d in dims) + num(2, dtype) + blob(8, name) + blob(9, raw)


def external(name, dims, location, offset=0, length=None):
    pairs = [('location', location), ('offset', str(offset))]
    pairs += [('length', str(length))] if length is not None else []
    entries = b''.join(blob(13, blob(1, key) + blob(2, value)) for key, value in pairs)
    return b''.join(num(1, d) for d in dims) + num(2, FLOAT) + blob(8, name) + entries + num(14, 1)


def port(name, dims, dtype=FLOAT):
    """A dimension is a number or, when it is open, a name."""
    shape = b''.join(blob(1, num(1, d) if isinstance(d, int) else blob(2, d)) for d in dims)
    return blob(1, name) + blob(2, blob(1, num(1, dtype) + blob(2, shape)))


def sequence_of_maps(name):
    value = blob(1, num(1, FLOAT))
    return blob(1, name) + blob(2, blob(4, blob(1, blob(5, num(1, STRING) + blob(2, value)))))


def attribute_int(name, value):
    return blob(5, blob(1, name) + num(3, value) + num(20, 2))


def attribute_ints(name, values):
    return blob(5, blob(1, name) + b''.join(num(8, v) for v in values) + num(20, 7))


def attribute_floats(name, values):
    return blob(5, blob(1, name) + blob(7, floats(values)) + num(20, 6))


def attribute_strings(name, values):
    return blob(5, blob(1, name) + b''.join(blob(9, v) for v in values) + num(20, 8))


def node(op, inputs, outputs, name=None, domain='', attributes=b''):
    body = b''.join(blob(1, i) for i in inputs) + b''.join(blob(2, o) for o in outputs)
    body += blob(3, name or op.lower()) + blob(4, op) + attributes
    return body + (blob(7, domain) if domain else b'')


def model(nodes, inputs, outputs, weights=(), ml=False):
    graph = b''.join(blob(1, n) for n in nodes) + blob(2, 'graph')
    graph += b''.join(blob(5, w) for w in weights)
    graph += b''.join(blob(11, i) for i in inputs) + b''.join(blob(12, o) for o in outputs)
    opsets = blob(8, blob(1, '') + num(2, 17))
    opsets += blob(8, blob(1, 'ai.onnx.ml') + num(2, 3)) if ml else b''
    return num(1, 8) + opsets + blob(7, graph)


# ---- the models ----

def weights(count, step):
    """Numbers of both signs that are exact in binary32 and never add up to a round one."""
    return [((i * step) % 29 - 14) / 16 + i / 1024 for i in range(count)]


def mlp(last=0.0, hidden=4, extra=()):
    second = weights(hidden * 2, 11)
    second[-1] += last
    return model(
        [node('Gemm', ['x', 'w1', 'b1'], ['h'], 'first'),
         node('Relu', ['h'], ['r'], 'bend'), *extra,
         node('Gemm', ['r', 'w2', 'b2'], ['y'], 'second')],
        [port('x', ['N', 3])], [port('y', ['N', 2])],
        [tensor('w1', [3, hidden], floats(weights(3 * hidden, 7))),
         tensor('b1', [hidden], floats(weights(hidden, 3))),
         tensor('w2', [hidden, 2], floats(second)), tensor('b2', [2], floats([0.25, -0.5]))])


def classifier():
    """A label as text and a map of probabilities, as the converters of scikit-learn make them."""
    names = ['no', 'perhaps', 'yes']
    return model(
        [node('MatMul', ['x', 'w'], ['scores']), node('Softmax', ['scores'], ['p'], attributes=attribute_int('axis', 1)),
         node('ArgMax', ['p'], ['best'], attributes=attribute_int('axis', 1) + attribute_int('keepdims', 0)),
         node('ArrayFeatureExtractor', ['names', 'best'], ['row'], domain='ai.onnx.ml'),
         node('Reshape', ['row', 'flat'], ['label']),
         node('ZipMap', ['p'], ['probabilities'], domain='ai.onnx.ml',
              attributes=attribute_strings('classlabels_strings', names))],
        [port('x', ['N', 3])], [port('label', ['N'], STRING), sequence_of_maps('probabilities')],
        [tensor('w', [3, 3], floats(weights(9, 5))),
         num(1, 3) + num(2, STRING) + blob(8, 'names') + b''.join(blob(6, n) for n in names),
         tensor('flat', [1], struct.pack('<q', -1), INT64)], ml=True)


def with_external(location='weights.bin', length=24):
    return model([node('MatMul', ['x', 'w'], ['y'])], [port('x', ['N', 3])], [port('y', ['N', 2])],
                 [external('w', [3, 2], location, 0, length)])


def trees(rule):
    """Two stumps on x[0] <= 0.5. Binary32 and binary64 add 1 + 3 * 2^-26 + 3 * 2^-26 differently."""
    small = 3 * 2.0 ** -26
    attributes = {
        'nodes_treeids': [0, 0, 0, 1, 1, 1], 'nodes_nodeids': [0, 1, 2, 0, 1, 2],
        'nodes_featureids': [0] * 6, 'nodes_truenodeids': [1, 0, 0] * 2,
        'nodes_falsenodeids': [2, 0, 0] * 2, 'target_treeids': [0, 0, 1, 1],
        'target_nodeids': [1, 2, 1, 2], 'target_ids': [0] * 4}
    made = b''.join(attribute_ints(name, values) for name, values in attributes.items())
    made += attribute_strings('nodes_modes', ['BRANCH_LEQ', 'LEAF', 'LEAF'] * 2)
    made += attribute_floats('nodes_values', [0.5, 0, 0] * 2)
    made += attribute_floats('target_weights', [small, 1, small, -1])
    made += attribute_floats('base_values', [1])
    return model([node('TreeEnsembleRegressor', ['x'], ['y'], domain='ai.onnx.ml', attributes=made)],
                 [port('x', ['N', 3])], [port('y', ['N', 1])], ml=True) + \
        (blob(14, blob(1, 'baton.tree_sum') + blob(2, rule)) if rule else b'')


def one_node(op, **more):
    return model([node(op, ['x'], ['y'], **more)], [port('x', ['N', 3])], [port('y', ['N', 3])])


def two_inputs():
    return model([node('Add', ['a', 'b'], ['sum']), node('Mul', ['sum', 'k'], ['y'])],
                 [port('a', ['N', 1]), port('b', ['N', 1])], [port('y', ['N', 1])],
                 [tensor('k', [1], floats([0.5]))])


def models():
    yield 'mlp.onnx', mlp()
    yield 'mlp-other-weight.onnx', mlp(last=0.0078125)
    yield 'mlp-other-graph.onnx', mlp(extra=[node('Identity', ['r'], ['s'], 'idle')])
    yield 'classifier.onnx', classifier()
    yield 'external.onnx', with_external()
    yield 'weights.bin', floats([1.0, -1.0, 0.5, 2.0, -0.25, 0.125])
    yield 'external-above.onnx', with_external('../weights.bin')
    yield 'external-absolute.onnx', with_external('/etc/passwd')
    yield 'external-link.onnx', with_external('link.bin')
    yield 'external-own.onnx', with_external('baton/contract.json')
    yield 'external-model.onnx', with_external('model.onnx')
    yield 'external-short.onnx', with_external(length=4096)
    yield 'unsupported.onnx', one_node('NonMaxSuppressionX', name='gone')
    yield 'unsupported-domain.onnx', one_node('Magic', name='spell', domain='com.example')
    yield 'nan.onnx', one_node('Log')
    yield 'escape.onnx', one_node('Tan\x1b[2Jh', name='\x1b[31mred')
    yield 'double.onnx', model([node('Exp', ['x'], ['y'])], [port('x', ['N'], DOUBLE)],
                               [port('y', ['N'], DOUBLE)])
    yield 'integer.onnx', model([node('Mul', ['x', 'x'], ['y'])], [port('x', ['N', 2], INT64)],
                                [port('y', ['N', 2], INT64)])
    yield 'two.onnx', two_inputs()
    yield 'trees.onnx', trees(None)
    yield 'trees-xgboost.onnx', trees('xgboost')
    yield 'trees-unknown.onnx', trees('fastest')
    yield 'wide.onnx', model([node('Identity', ['x'], ['y'])], [port('x', ['A', 'B', 'C', 'D'])],
                             [port('y', ['A', 'B', 'C', 'D'])])
    yield 'cycle.onnx', model([node('Relu', ['b'], ['a'], 'one'), node('Relu', ['a'], ['b'], 'two')],
                              [port('x', ['N', 3])], [port('b', ['N', 3])])


# ---- the inputs ----

def npy(shape, raw, descr='<f4'):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    text += ' ' * (-(10 + len(text) + 1) % 64) + '\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text.encode() + raw


def npz(**arrays):
    return zipped((name + '.npy', data) for name, data in arrays.items())


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def safetensors(tensors):
    header, body = {}, b''
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    return struct.pack('<Q', len(text)) + text + body


def protocol(**tensors):
    return json.dumps({'inputs': [{'name': name, 'shape': shape, 'datatype': kind, 'data': data}
                                  for name, (kind, shape, data) in tensors.items()]}).encode()


def table(names, rows):
    return '\n'.join([','.join(names)] + [','.join(map(str, row)) for row in rows]).encode() + b'\n'


ROWS = [[0.5, -1.25, 2], [1, 0, -0.75], [-2, 0.125, 1.5], [0, 0, 0], [3, -3, 0.0625]]


def flat(rows):
    return [value for row in rows for value in row]


def inputs():
    x = floats(flat(ROWS))
    yield 'x.npz', npz(x=npy([5, 3], x))
    yield 'x.npy', npy([5, 3], x)
    yield 'x.csv', table(['a', 'b', 'c'], ROWS)
    yield 'x.json', protocol(x=('FP32', [5, 3], flat(ROWS)))
    yield 'x.safetensors', safetensors({'x': ('F32', [5, 3], x)})
    yield 'x-double.npz', npz(x=npy([5, 3], struct.pack('<15d', *flat(ROWS)), '<f8'))
    yield 'two.csv', table(['a', 'b'], [[1, 2], [0.5, -4]])
    yield 'two-labelled.csv', table(['id', 'a', 'b', 'truth'], [[1, 1, 2, 1.5], [2, 0.5, -4, -1], [3, 2, 2, 2]])
    yield 'labelled.csv', table(['a', 'b', 'c', 'label'],
                                [row + [name] for row, name in zip(ROWS, ['no', 'yes', 'yes', 'no', 'no'])])
    yield 'counts.npz', npz(x=npy([3, 2], struct.pack('<6q', 1, -2, 3, 1 << 40, -5, 6), '<i8'))
    yield 'values.npy', npy([3], struct.pack('<3d', 0.0, 1.0, -745.5), '<f8')
    yield 'above.npz', zipped([('../x.npy', npy([5, 3], x))])
    yield 'twice.npz', twice(npy([1, 3], x[:12]))
    yield 'stranger.npz', npz(x=npy([5, 3], x), z=npy([5, 3], x))
    yield 'transposed.npy', npy([3, 5], x)
    yield 'inexact.npy', npy([1, 3], struct.pack('<3d', 0.1, 1.0, 2.0), '<f8')


def twice(data):
    """Two members of one name."""
    return zipped([('x.npy', data), ('y.npy', data)]).replace(b'y.npy', b'x.npy')


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, data in [*models(), *inputs()]:
        (FOLDER / name).write_bytes(data)


if __name__ == '__main__':
    main()

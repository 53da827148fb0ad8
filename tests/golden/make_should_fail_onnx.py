#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the inputs of should-fail/onnx: models that must be refused, byte by byte; and seeds of the fuzzer.

Run from anywhere; it writes beside itself. The `.expected` files are written by hand (or with
--expected BINARY, which asks the test program and is then read and judged before it is committed):
each holds the status and the one line of the error.
"""
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / 'should-fail' / 'onnx'
SEEDS = FOLDER.parents[2] / 'fuzz' / 'corpus' / 'onnx'

FLOAT, UINT8, INT8, INT64, STRING, BOOL, FLOAT8 = 1, 2, 3, 7, 8, 9, 17


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


def f32(number, four):
    return varint(number << 3 | 5) + four


# ---- ONNX messages ----

def opset(version=13, domain=None):
    return (blob(1, domain) if domain is not None else b'') + num(2, version)


def tensor(name, dims=(2,), dtype=FLOAT, raw=b'\0' * 8, extra=b''):
    body = b''.join(num(1, d) for d in dims) + num(2, dtype) + blob(8, name)
    return body + (blob(9, raw) if raw is not None else b'') + extra


def entry(key, value):
    return blob(1, key) + blob(2, value)


def external(location=None, offset=None, length=None, more=()):
    pairs = [('location', location), ('offset', offset), ('length', length), *more]
    parts = b''.join(blob(13, entry(k, v)) for k, v in pairs if v is not None)
    return tensor('w', raw=None, extra=parts + num(14, 1))


def port(name, elem=FLOAT, dims=()):
    shape = b''.join(blob(1, num(1, d)) for d in dims)
    return blob(1, name) + blob(2, blob(1, num(1, elem) + blob(2, shape)))


def node(op, inputs, outputs, attrs=(), name=None, domain=None, extra=b''):
    out = b''.join(blob(1, i) for i in inputs) + b''.join(blob(2, o) for o in outputs)
    out += blob(3, name) if name is not None else b''
    out += blob(4, op) if op is not None else b''
    out += b''.join(blob(5, a) for a in attrs)
    return out + (blob(7, domain) if domain is not None else b'') + extra


def attr(name, kind, payload):
    return blob(1, name) + num(20, kind) + payload


def graph(nodes=(), inputs=(), outputs=(), initializers=(), extra=b''):
    out = b''.join(blob(1, n) for n in nodes) + b''.join(blob(5, t) for t in initializers)
    return out + b''.join(blob(11, i) for i in inputs) + b''.join(blob(12, o) for o in outputs) + extra


def model(g, opsets=None, ir=8, extra=b''):
    imports = [opset()] if opsets is None else opsets
    return num(1, ir) + b''.join(blob(8, o) for o in imports) + blob(7, g) + extra


X, Y = port('x'), port('y')
RELU = node('Relu', ['x'], ['y'], name='r')


def small(**kw):
    return model(graph([RELU], [X], [Y]), **kw)


def tree_sum(rule):
    return blob(14, entry('baton.tree_sum', rule))


def with_weight(w):
    return model(graph([node('Add', ['x', 'w'], ['y'])], [X], [Y], [w]))


def with_attr(*attrs):
    return model(graph([node('Pad', ['x'], ['y'], attrs)], [X], [Y]))


def nested(depth):
    g = graph([node('Relu', ['x'], ['y'])], [], [Y])
    for _ in range(depth):
        g = graph([node('If', ['x'], ['y'], [attr('then_branch', 5, blob(6, g))])], [], [Y])
    return model(graph([node('If', ['x'], ['y'], [attr('then_branch', 5, blob(6, g))])], [X], [Y]))


def flip(data, at, bit):
    data = bytearray(data)
    data[at] ^= 1 << bit
    return bytes(data)


def cases():
    good = small()
    # the wire
    yield 'empty', b''
    yield 'text', b'this is not a model, it is a line of text\n'
    yield 'zeros', b'\0' * 64
    yield 'truncated-header', good[:1]
    yield 'truncated-graph', good[:-3]
    yield 'truncated-half', good[:len(good) // 2]
    yield 'trailing-byte', good + b'\x08'
    yield 'trailing-zero', good + b'\0'
    yield 'bit-flip-tag', flip(good, 0, 1)
    yield 'bit-flip-length', flip(good, 7, 6)
    yield 'bit-flip-name', flip(good, good.index(b'Relu') - 1, 5)
    yield 'varint-eleven-bytes', b'\x08' + b'\xff' * 10 + b'\x01'
    yield 'varint-over-64-bits', b'\x08' + b'\xff' * 9 + b'\x02'
    yield 'length-2-to-63', b'\x3a' + varint((1 << 63) - 1)
    yield 'length-2-to-64', b'\x3a' + varint((1 << 64) - 1)
    yield 'group-wire-type', num(1, 8) + b'\x3b\x3c'
    yield 'wire-type-7', num(1, 8) + b'\x3f'
    yield 'field-number-0', num(1, 8) + b'\x02\x00'
    yield 'graph-as-varint', num(1, 8) + num(7, 3) + blob(8, opset())
    yield 'ir-version-as-bytes', blob(1, 'eight')
    # the model
    yield 'no-ir-version', blob(8, opset()) + blob(7, graph([RELU], [X], [Y]))
    yield 'ir-version-negative', small(ir=-1)
    yield 'ir-version-old', small(ir=2)
    yield 'ir-version-new', small(ir=99)
    yield 'ir-version-twice', num(1, 8) + small()
    yield 'graph-twice', small(extra=blob(7, graph([RELU], [X], [Y])))
    yield 'graph-missing', num(1, 8) + blob(8, opset())
    yield 'opset-missing', small(opsets=[])
    yield 'opset-twice', small(opsets=[opset(13), opset(12, 'ai.onnx')])
    yield 'opset-zero', small(opsets=[opset(0)])
    yield 'opset-negative', small(opsets=[opset(-13)])
    yield 'opset-new', small(opsets=[opset(1000)])
    yield 'opset-ml-new', small(opsets=[opset(13), opset(99, 'ai.onnx.ml')])
    yield 'opset-of-domain-missing', model(graph([node('Foo', ['x'], ['y'], domain='acme')], [X], [Y]))
    yield 'function', small(extra=blob(25, blob(1, 'mine') + blob(7, RELU)))
    for name, value in (('unknown', 'pairwise'), ('capital', 'XGBoost'), ('empty', ''),
                        ('prefix', 'xgb'), ('space', 'xgboost '), ('long', 'x' * 4096),
                        ('not-utf8', b'caf\xe9')):
        yield f'tree-sum-{name}', small(extra=tree_sum(value))
    yield 'tree-sum-no-value', small(extra=blob(14, blob(1, 'baton.tree_sum')))
    yield 'tree-sum-twice', small(extra=tree_sum('xgboost') * 2)
    yield 'metadata-key-unknown', small(extra=blob(14, entry('baton.tree-sum', 'xgboost')))
    yield 'producer-not-utf8', small(extra=blob(2, b'caf\xe9'))
    # names
    yield 'undefined-input', model(graph([node('Relu', ['q'], ['y'])], [X], [Y]))
    yield 'undefined-output', model(graph([RELU], [X], [port('z')]))
    yield 'undefined-in-subgraph', model(graph([node('If', ['x'], ['y'], [
        attr('then_branch', 5, blob(6, graph([node('Relu', ['q'], ['z'])], [], [port('z')])))])], [X], [Y]))
    yield 'inner-name-used-outside', model(graph([node('If', ['x'], ['y'], [
        attr('then_branch', 5, blob(6, graph([node('Relu', ['x'], ['z'])], [], [port('z')])))]),
        node('Relu', ['z'], ['v'])], [X], [port('v')]))
    yield 'duplicate-output', model(graph([RELU, node('Abs', ['x'], ['y'])], [X], [Y]))
    yield 'duplicate-output-same-node', model(graph([node('Split', ['x'], ['y', 'y'])], [X], [Y]))
    yield 'duplicate-input', model(graph([RELU], [X, X], [Y]))
    yield 'duplicate-initializer', model(graph([RELU], [X], [Y], [tensor('w'), tensor('w')]))
    yield 'duplicate-graph-output', model(graph([RELU], [X], [Y, Y]))
    yield 'node-redefines-input', model(graph([node('Relu', ['x'], ['x'])], [X], [X]))
    yield 'node-redefines-initializer', model(graph([node('Relu', ['x'], ['w'])], [X], [port('w')], [tensor('w')]))
    yield 'name-not-utf8', model(graph([node('Relu', ['x'], [b'y\xff'])], [X], [Y]))
    yield 'name-overlong-utf8', model(graph([node('Relu', ['x'], [b'\xc0\xaf'])], [X], [Y]))
    yield 'name-surrogate', model(graph([node('Relu', ['x'], [b'\xed\xa0\x80'])], [X], [Y]))
    yield 'name-with-nul', model(graph([node('Relu', ['x'], [b'y\0z'])], [X], [Y]))
    yield 'name-with-escapes', model(graph([node('Relu', ['\x1b[31mred'], ['y'])], [X], [Y]))
    yield 'name-very-long', model(graph([node('Relu', ['q' * 5000], ['y'])], [X], [Y]))
    yield 'input-without-name', model(graph([RELU], [X, port('')], [Y]))
    yield 'initializer-without-name', model(graph([RELU], [X], [Y], [tensor('')]))
    yield 'node-without-operator', model(graph([node(None, ['x'], ['y'])], [X], [Y]))
    yield 'node-operator-twice', model(graph([RELU + blob(4, 'Abs')], [X], [Y]))
    yield 'node-overload', model(graph([node('Relu', ['x'], ['y'], extra=blob(8, 'v2'))], [X], [Y]))
    # order and depth
    yield 'cycle-of-one', model(graph([node('Relu', ['y'], ['y'])], [X], [Y]))
    yield 'cycle-of-three', model(graph([node('A', ['c'], ['a']), node('B', ['a'], ['b']),
                                         node('C', ['b'], ['c']), node('D', ['c'], ['y'])], [X], [Y]))
    yield 'cycle-through-subgraph', model(graph([node('If', ['x'], ['y'], [
        attr('then_branch', 5, blob(6, graph([node('Relu', ['y'], ['z'])], [], [port('z')])))])], [X], [Y]))
    yield 'subgraphs-17-deep', nested(17)
    yield 'subgraphs-1000-deep', nested(1000)
    # tensors
    yield 'tensor-too-few-bytes', with_weight(tensor('w', raw=b'\0' * 7))
    yield 'tensor-too-many-bytes', with_weight(tensor('w', raw=b'\0' * 9))
    yield 'tensor-no-bytes', with_weight(tensor('w', raw=None))
    yield 'tensor-dim-negative', with_weight(tensor('w', dims=(2, -3)))
    yield 'tensor-dim-2-to-62', with_weight(tensor('w', dims=(1 << 62,)))
    yield 'tensor-product-overflow', with_weight(tensor('w', dims=(1 << 33, 1 << 33)))
    yield 'tensor-zero-hides-overflow', with_weight(tensor('w', dims=(1 << 40, 1 << 40, 0), raw=b''))
    yield 'tensor-product-wraps-to-8', with_weight(tensor('w', dims=((1 << 63) + 1, 2)))
    yield 'tensor-rank-9', with_weight(tensor('w', dims=(1,) * 9))
    yield 'tensor-type-0', with_weight(tensor('w', dtype=0))
    yield 'tensor-type-99', with_weight(tensor('w', dtype=99))
    yield 'tensor-type-2-to-33', with_weight(tensor('w', dtype=(1 << 33) + 1))
    yield 'tensor-float8', with_weight(tensor('w', dtype=FLOAT8, raw=b'\0\0'))
    yield 'tensor-two-places', with_weight(tensor('w', extra=f32(4, b'\0\0\x80\x3f') * 2))
    yield 'tensor-wrong-typed-field', with_weight(tensor('w', raw=None, extra=num(7, 1) + num(7, 2)))
    yield 'tensor-typed-too-few', with_weight(tensor('w', raw=None, extra=f32(4, b'\0\0\x80\x3f')))
    yield 'tensor-packed-ragged', with_weight(tensor('w', raw=None, extra=blob(4, b'\0' * 7)))
    yield 'tensor-int8-range', with_weight(tensor('w', dtype=INT8, raw=None, extra=num(5, 1) + num(5, 128)))
    yield 'tensor-uint8-negative', with_weight(tensor('w', dtype=UINT8, raw=None, extra=num(5, 1) + num(5, -1)))
    yield 'tensor-bool-2', with_weight(tensor('w', dtype=BOOL, raw=b'\1\2'))
    yield 'tensor-raw-strings', with_weight(tensor('w', dtype=STRING, raw=b'ab'))
    yield 'tensor-strings-too-few', with_weight(tensor('w', dtype=STRING, raw=None, extra=blob(6, 'a')))
    yield 'tensor-segment', with_weight(tensor('w', extra=blob(3, num(1, 0) + num(2, 1))))
    yield 'tensor-raw-twice', with_weight(tensor('w', extra=blob(9, b'\1' * 8)))
    yield 'tensor-location-7', with_weight(tensor('w', extra=num(14, 7)))
    yield 'sparse-initializer', model(graph([RELU], [X], [Y], extra=blob(15, blob(1, tensor('w')))))
    # declared types
    yield 'input-type-99', model(graph([RELU], [port('x', elem=99)], [Y]))
    yield 'input-dim-negative', model(graph([RELU], [port('x', dims=(2, -7))], [Y]))
    yield 'input-rank-9', model(graph([RELU], [port('x', dims=(1,) * 9)], [Y]))
    yield 'input-two-types', model(graph([RELU], [blob(1, 'x') + blob(2, blob(1, num(1, 1)) + blob(4, b''))], [Y]))
    # attributes
    yield 'attr-twice', with_attr(attr('mode', 3, blob(4, 'edge')), attr('mode', 3, blob(4, 'wrap')))
    yield 'attr-without-name', with_attr(num(20, 2) + num(3, 1))
    yield 'attr-without-value', with_attr(blob(1, 'mode'))
    yield 'attr-tensor-missing', with_attr(attr('value', 4, b''))
    yield 'attr-type-mismatch', with_attr(attr('mode', 2, blob(4, 'edge')))
    yield 'attr-two-values', with_attr(blob(1, 'mode') + num(3, 1) + blob(4, 'edge'))
    yield 'attr-type-99', with_attr(attr('mode', 99, num(3, 1)))
    yield 'attr-reference', with_attr(blob(1, 'mode') + num(20, 2) + blob(21, 'outer'))
    yield 'attr-ints-truncated', with_attr(attr('pads', 7, blob(8, b'\x80')))
    yield 'attr-tensor-bad', with_attr(attr('value', 4, blob(5, tensor('t', raw=b'\0'))))
    yield 'attr-tensor-float8', with_attr(attr('value', 4, blob(5, tensor('t', dtype=FLOAT8, raw=b'\0\0'))))
    yield 'attr-float-as-varint', with_attr(blob(1, 'alpha') + num(2, 1))
    # external data; the test makes weights.bin of 16 bytes, link.bin, hard.bin, folder/
    yield 'external-dotdot', with_weight(external('../weights.bin'))
    yield 'external-dotdot-inside', with_weight(external('folder/../weights.bin'))
    yield 'external-dotdot-deep', with_weight(external('folder/../../weights.bin'))
    yield 'external-dot', with_weight(external('./weights.bin'))
    yield 'external-absolute', with_weight(external('/etc/passwd'))
    yield 'external-double-slash', with_weight(external('folder//weights.bin'))
    yield 'external-symlink', with_weight(external('link.bin'))
    yield 'external-symlinked-folder', with_weight(external('linked/weights.bin'))
    yield 'external-hardlink', with_weight(external('hard.bin'))
    yield 'external-folder', with_weight(external('folder'))
    yield 'external-pipe', with_weight(external('pipe'))
    yield 'external-missing', with_weight(external('nothing.bin'))
    yield 'external-no-location', with_weight(external(offset='0', length='8'))
    yield 'external-empty-location', with_weight(external(''))
    yield 'external-location-nul', with_weight(external('weights.bin\0.txt'))
    yield 'external-location-twice', with_weight(external('a', more=[('location', 'weights.bin')]))
    yield 'external-location-long', with_weight(external('d/' * 3000 + 'w'))
    yield 'external-offset-beyond', with_weight(external('weights.bin', '9'))
    yield 'external-offset-far', with_weight(external('weights.bin', str((1 << 64) - 4)))
    yield 'external-offset-over-64-bits', with_weight(external('weights.bin', str(1 << 64)))
    yield 'external-offset-negative', with_weight(external('weights.bin', '-8'))
    yield 'external-offset-hex', with_weight(external('weights.bin', '0x8'))
    yield 'external-length-wrong', with_weight(external('weights.bin', '0', '12'))
    yield 'external-length-huge', with_weight(external('weights.bin', '0', str((1 << 64) - 1)))
    yield 'external-and-raw', with_weight(tensor('w', extra=blob(13, entry('location', 'weights.bin')) + num(14, 1)))


def seeds():
    """Small good models for the fuzzer to start from: together they have every kind of part."""
    branch = graph([node('Relu', ['x'], ['z'])], [], [port('z')])
    attrs = [attr('f', 1, f32(2, b'\0\0\x80\x3f')), attr('i', 2, num(3, -1)), attr('s', 3, blob(4, 'edge')),
             attr('t', 4, blob(5, tensor('t'))), attr('g', 5, blob(6, branch)),
             attr('fs', 6, blob(7, b'\0' * 8)), attr('is', 7, blob(8, b'\1\2') + num(8, 3)),
             attr('ss', 8, blob(9, 'a') + blob(9, 'b')), attr('ts', 9, blob(10, tensor('t'))),
             attr('gs', 10, blob(11, branch))]
    weights = [tensor('w'), tensor('i8', dtype=INT8, raw=None, extra=blob(5, b'\1\2')),
               tensor('i64', dtype=INT64, raw=None, extra=num(7, -1) + num(7, 1)),
               tensor('u64', dtype=13, raw=None, extra=blob(11, b'\1\2')),
               tensor('f64', dtype=11, raw=None, extra=blob(10, b'\0' * 16)),
               tensor('s', dtype=STRING, raw=None, extra=blob(6, 'a') + blob(6, '')),
               tensor('b', dtype=BOOL, raw=b'\0\1'), tensor('none', dims=(0,), raw=None)]
    yield 'small', small(extra=blob(14, entry('author', 'nobody')) + tree_sum('lightgbm'))
    yield 'kinds', model(graph([node('Foo', ['x'], ['y', ''], attrs, 'foo', 'acme')], [X], [Y], weights),
                         [opset(13), opset(1, 'acme')])
    yield 'unsorted', model(graph([node('B', ['a', '', 'w'], ['y']), node('A', ['x'], ['a'])],
                                  [X, port('w')], [Y], [tensor('w')]))
    yield 'nested', nested(3)
    yield 'tensor', tensor('t', raw=None, extra=blob(4, b'\0' * 8))
    yield 'sequence', num(2, 1) + blob(3, tensor('a')) + blob(3, tensor('b'))
    yield 'optional', num(2, 3) + blob(5, blob(3, tensor('a')))


def main():
    SEEDS.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (SEEDS / name).write_bytes(data)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in cases():
        (FOLDER / f'{name}.onnx').write_bytes(data)
        if len(sys.argv) == 3 and sys.argv[1] == '--expected':
            found = subprocess.run([sys.argv[2], str(FOLDER / f'{name}.onnx')], capture_output=True, check=True)
            (FOLDER / f'{name}.expected').write_bytes(found.stdout)


if __name__ == '__main__':
    main()

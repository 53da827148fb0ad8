#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of what a bundle is made of, and of the Open Inference Protocol
(standard library only, same bytes every time).

Usage: make_should_fail_bundle.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/golden/test_should_fail_bundle does that, and a person reads
the difference.
"""
import copy
import io
import json
import pathlib
import struct
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail'


def put(kind, name, data, suffix='json'):
    folder = OUT / kind
    folder.mkdir(parents=True, exist_ok=True)
    if not isinstance(data, (str, bytes)):
        data = json.dumps(data, separators=(',', ':'))
    (folder / f'{name}.{suffix}').write_bytes(data.encode() if isinstance(data, str) else data)


def changed(good, *path, to=None):
    """A copy with one member set, or deleted when `to` is not given."""
    made = copy.deepcopy(good)
    at = made
    for step in path[:-1]:
        at = at[step]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return made


# ---- Open Inference Protocol ----

def tensor(data, shape=None, datatype='FP32', name='x'):
    return {'name': name, 'shape': [len(data)] if shape is None else shape, 'datatype': datatype,
            'data': data}


def oip_cases():
    one = {'inputs': [tensor([1.5, 2])]}
    deep = 1
    for _ in range(40):
        deep = [deep]
    yield 'no-list', {'input': []}
    yield 'list-is-object', {'inputs': {}}
    yield 'root-is-array', []
    yield 'item-is-number', {'inputs': [1]}
    for key in 'name', 'shape', 'datatype', 'data':
        yield f'no-{key}', changed(one, 'inputs', 0, key)
    yield 'two-of-a-name', {'inputs': [tensor([1]), tensor([2])]}
    yield 'name-with-nul', {'inputs': [tensor([1], name='a\0b')]}
    yield 'unknown-type', {'inputs': [tensor([1], datatype='FP8')]}
    yield 'our-name-of-a-type', {'inputs': [tensor([1], datatype='float32')]}
    yield 'negative-shape', {'inputs': [tensor([1], [-1])]}
    yield 'fractional-shape', {'inputs': [tensor([1], [1.5])]}
    yield 'shape-too-long', {'inputs': [tensor([1], [1] * 33)]}
    yield 'shape-overflows', {'inputs': [tensor([1], [1 << 40, 1 << 40])]}
    yield 'shape-beyond-the-data', {'inputs': [tensor([1], [1 << 29])]}
    yield 'too-few', {'inputs': [tensor([1, 2], [3])]}
    yield 'too-many', {'inputs': [tensor([1, 2, 3], [2])]}
    yield 'too-many-nested', {'inputs': [tensor([[1, 2], [3]], [2])]}
    yield 'nested-too-deep', {'inputs': [tensor(deep, [1])]}
    yield 'data-is-a-number', changed(one, 'inputs', 0, 'data', to=1)
    yield 'text-for-a-number', {'inputs': [tensor(['1'])]}
    yield 'number-for-text', {'inputs': [tensor([1], datatype='BYTES')]}
    yield 'object-in-data', {'inputs': [tensor([{}])]}
    yield 'null-in-data', {'inputs': [tensor([None])]}
    yield 'true-for-a-float', {'inputs': [tensor([True])]}
    yield 'true-for-an-integer', {'inputs': [tensor([True], datatype='INT32')]}
    for datatype, value in (('INT8', 128), ('INT8', -129), ('UINT8', 256), ('UINT8', -1), ('INT16', 32768),
                            ('UINT16', 65536), ('INT32', 1 << 31), ('UINT32', 1 << 32), ('UINT32', -1),
                            ('INT64', 1 << 63), ('UINT64', 1 << 64), ('UINT64', -1), ('BOOL', 2)):
        yield f'{datatype.lower()}-{value}', {'inputs': [tensor([value], datatype=datatype)]}
    yield 'fraction-for-an-integer', {'inputs': [tensor([1.5], datatype='INT64')]}
    yield 'float32-overflows', '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1e39]}]}'
    yield 'float64-overflows', '{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1e309]}]}'
    yield 'float16-overflows', '{"inputs":[{"name":"x","shape":[1],"datatype":"FP16","data":[65520]}]}'
    yield 'bfloat16-overflows', '{"inputs":[{"name":"x","shape":[1],"datatype":"BF16","data":[3.4e38]}]}'


# ---- the contract ----

def contract_cases():
    good = {'engine': 'exact', 'format': 'baton/contract/1', 'metrics': {}, 'numerics': 'exact/1',
            'outputs': {'label': 'bits', 'probabilities': 'ulp:2'}}
    for key in good:
        yield f'no-{key}', changed(good, key)
    yield 'root-is-array', [good]
    yield 'unknown-member', changed(good, 'author', to='me')
    yield 'newer-format', changed(good, 'format', to='baton/contract/2')
    yield 'newer-numerics', changed(good, 'numerics', to='exact/2')
    yield 'other-engine', changed(good, 'engine', to='fast')
    yield 'engine-is-a-number', changed(good, 'engine', to=1)
    yield 'outputs-is-array', changed(good, 'outputs', to=['bits'])
    yield 'metrics-is-text', changed(good, 'metrics', to='none')
    yield 'output-without-rule', changed(good, 'outputs', 'label')
    yield 'unknown-output', changed(good, 'outputs', 'lapel', to='bits')
    yield 'rule-is-array', changed(good, 'outputs', 'label', to=['bits'])
    yield 'unknown-metric', changed(good, 'metrics', 'speed', to='0x1p+0')
    yield 'metric-with-nul', changed(good, 'metrics', 'r2\0', to='0x1p+0')
    yield 'bound-is-word', changed(good, 'metrics', 'r2', to='high')
    yield 'bound-is-nan', changed(good, 'metrics', 'r2', to='nan')
    yield 'bound-is-true', changed(good, 'metrics', 'r2', to=True)
    yield 'output-twice', json.dumps(good).replace('"probabilities"', '"label"')
    for name, rule in (('empty', ''), ('word', 'same'), ('nul', 'bits\0'), ('blank', 'bits '), ('no-count', 'ulp:'),
                       ('negative-count', 'ulp:-1'), ('long-count', 'ulp:' + '9' * 19), ('top-none', 'topk:0'),
                       ('no-rel', 'abs:1'), ('no-abs', 'rel:1'), ('negative-abs', 'abs:-1,rel:0'),
                       ('infinite-abs', 'abs:inf,rel:0'), ('exponent', 'abs:1e,rel:0'), ('huge', 'abs:1e31,rel:0'),
                       ('hexadecimal', 'abs:0x1p0,rel:0'), ('two-points', 'abs:1.0.0,rel:0')):
        yield f'rule-{name}', changed(good, 'outputs', 'label', to=rule)


# ---- manifest and configuration ----

def bundle_cases():
    media, digest = 'application/vnd.cncf.model.', 'sha256:' + '0123456789abcdef' * 4
    layer = {'annotations': {'org.cncf.model.filepath': 'model.onnx'}, 'digest': digest,
             'mediaType': media + 'weight.v1.raw', 'size': 10}
    good = {'artifactType': media + 'manifest.v1+json',
            'config': {'digest': digest, 'mediaType': media + 'config.v1+json', 'size': 2}, 'layers': [layer],
            'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'schemaVersion': 2}
    path = ('layers', 0, 'annotations', 'org.cncf.model.filepath')
    yield 'root-is-array', [good]
    for key in 'artifactType', 'config', 'layers':
        yield f'no-{key}', changed(good, key)
    yield 'image', changed(good, 'artifactType', to='application/vnd.oci.image.config.v1+json')
    yield 'artifact-type-is-number', changed(good, 'artifactType', to=1)
    yield 'config-is-text', changed(good, 'config', to=digest)
    for key in 'digest', 'mediaType', 'size':
        yield f'config-has-no-{key}', changed(good, 'config', key)
        yield f'layer-has-no-{key}', changed(good, 'layers', 0, key)
    yield 'layers-is-object', changed(good, 'layers', to={})
    yield 'no-parts', changed(good, 'layers', to=[])
    yield 'layer-is-text', changed(good, 'layers', to=['model.onnx'])
    yield 'layer-has-no-annotations', changed(good, 'layers', 0, 'annotations')
    yield 'layer-has-no-path', changed(good, *path)
    yield 'other-digest', changed(good, 'layers', 0, 'digest', to='sha512:' + '0' * 128)
    yield 'short-digest', changed(good, 'layers', 0, 'digest', to=digest[:-1])
    yield 'upper-case-digest', changed(good, 'layers', 0, 'digest', to=digest.replace('a', 'A'))
    yield 'negative-size', changed(good, 'layers', 0, 'size', to=-1)
    yield 'fractional-size', changed(good, 'layers', 0, 'size', to=1.5)
    yield 'size-is-text', changed(good, 'layers', 0, 'size', to='10')
    yield 'path-twice', changed(good, 'layers', to=[layer, layer])
    for name, text in (('empty', ''), ('absolute', '/etc/passwd'), ('climbing', '../model.onnx'),
                       ('climbing-inside', 'a/../../b'), ('dot', './model.onnx'), ('double-slash', 'a//b'),
                       ('slash-at-end', 'a/'), ('backslash', 'a\\b'), ('control', 'a\tb'), ('delete', 'a\x7fb'),
                       ('nul', 'a\0b'), ('long', 'a' * 513)):
        yield f'path-{name}', changed(good, *path, to=text)
    config = {'config': {'format': 'onnx'}, 'descriptor': {'name': 'm'},
              'modelfs': {'diffIds': [digest], 'type': 'layers'}}
    yield 'configuration-no-descriptor', changed(config, 'descriptor')
    yield 'configuration-no-name', changed(config, 'descriptor', 'name')
    yield 'configuration-no-config', changed(config, 'config')
    yield 'configuration-no-format', changed(config, 'config', 'format')
    yield 'configuration-format-is-number', changed(config, 'config', 'format', to=1)


# ---- trace and metrics ----

def trace_cases():
    output = {'dtype': 'float32', 'name': 'y', 'sha256': '0123456789abcdef' * 4, 'shape': [1, 2]}
    good = {'format': 'baton/trace/1', 'nodes': [{'index': 0, 'name': '', 'op': 'Add', 'outputs': [output]}],
            'numerics': 'exact/1'}
    at = ('nodes', 0, 'outputs', 0)
    yield 'root-is-array', []
    yield 'no-format', changed(good, 'format')
    yield 'newer-format', changed(good, 'format', to='baton/trace/2')
    yield 'no-numerics', changed(good, 'numerics')
    yield 'newer-numerics', changed(good, 'numerics', to='exact/2')
    yield 'no-nodes', changed(good, 'nodes')
    yield 'nodes-is-object', changed(good, 'nodes', to={})
    yield 'node-is-number', changed(good, 'nodes', to=[1])
    for key in 'index', 'name', 'op', 'outputs':
        yield f'node-has-no-{key}', changed(good, 'nodes', 0, key)
    yield 'negative-index', changed(good, 'nodes', 0, 'index', to=-1)
    yield 'large-index', changed(good, 'nodes', 0, 'index', to=1 << 32)
    for key in 'name', 'sha256', 'shape':
        yield f'output-has-no-{key}', changed(good, *at, key)
    yield 'short-digest', changed(good, *at, 'sha256', to='00')
    yield 'digest-of-other-letters', changed(good, *at, 'sha256', to='x' * 64)
    yield 'digest-in-upper-case', changed(good, *at, 'sha256', to='A' * 64)
    yield 'unknown-type', changed(good, *at, 'dtype', to='float31')
    yield 'protocol-name-of-a-type', changed(good, *at, 'dtype', to='FP32')
    yield 'negative-dimension', changed(good, *at, 'shape', to=[-1])
    yield 'shape-too-long', changed(good, *at, 'shape', to=[1] * 33)


def metrics_cases():
    good = {'format': 'baton/metrics/1', 'rows': 3, 'values': {'accuracy': '0x1p-1'}}
    yield 'root-is-array', [good]
    for key in good:
        yield f'no-{key}', changed(good, key)
    yield 'newer-format', changed(good, 'format', to='baton/metrics/2')
    yield 'format-is-number', changed(good, 'format', to=1)
    yield 'negative-rows', changed(good, 'rows', to=-1)
    yield 'fractional-rows', changed(good, 'rows', to=2.5)
    yield 'rows-is-text', changed(good, 'rows', to='3')
    yield 'large-rows', changed(good, 'rows', to=1 << 64)
    yield 'values-is-array', changed(good, 'values', to=[])
    yield 'number', changed(good, 'values', 'accuracy', to=0.5)
    yield 'word', changed(good, 'values', 'accuracy', to='good')
    yield 'empty', changed(good, 'values', 'accuracy', to='')
    yield 'decimal', changed(good, 'values', 'accuracy', to='0.5')
    yield 'digits-behind', changed(good, 'values', 'accuracy', to='0x1p-1x')
    yield 'open', json.dumps(good)[:-1]


# ---- golden cases: x [N,4] float32; label [N] int64, probabilities [N,3] float32 ----

def npy(shape, raw, descr):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text += ' ' * (-(10 + len(text) + 1) % 64) + '\n'
    return b'\x93NUMPY\1\0' + struct.pack('<H', len(text)) + text.encode() + raw


def floats(*shape):
    count = 1
    for n in shape:
        count *= n
    return npy(shape, struct.pack(f'<{count}f', *(i / 4 for i in range(count))), '<f4')


def integers(*shape):
    return npy(shape, bytes(8 * shape[0]), '<i8')


def npz(arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as file:
        for name, data in arrays.items():
            file.writestr(zipfile.ZipInfo(name + '.npy', (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def golden_cases():
    case = {'input/x': floats(2, 4), 'output/label': integers(2), 'output/probabilities': floats(2, 3)}
    good = {f'{i:04}/{name}': data for i in range(2) for name, data in case.items()}
    yield 'no-zip', b'PK'
    yield 'cut-off', npz(good)[:-30]
    for name in case:
        yield 'no-' + name.replace('/', '-'), npz(changed(good, '0001/' + name))
    yield 'starts-at-one', npz({name: data for name, data in good.items() if name.startswith('0001')})
    yield 'gap', npz({name.replace('0001', '0002'): data for name, data in good.items()})
    yield 'short-number', npz({name.replace('0001', '1'): data for name, data in good.items()})
    yield 'more', npz(good | {'readme': floats(1)})
    yield 'unknown-input', npz(good | {'0000/input/z': floats(1)})
    yield 'unknown-output', npz(good | {'0001/output/z': floats(1)})
    yield 'other-name', npz({name.replace('0001/input/x', '0001/input/z'): data for name, data in good.items()})
    yield 'keys-of-a-tensor', npz(good | {'0000/output/probabilities.keys': integers(3)})
    yield 'keys-that-do-not-fit', npz(good | {'0000/output/probabilities.keys': integers(4)})
    yield 'other-shape', npz(good | {'0000/input/x': floats(2, 5)})
    yield 'other-rank', npz(good | {'0000/output/probabilities': floats(6)})
    yield 'other-type', npz(good | {'0000/output/label': npy([2], struct.pack('<2d', 0.5, 1), '<f8')})
    yield 'other-type-same-values', npz(good | {'0000/output/label': npy([2], bytes(16), '<f8')})
    yield 'text', npz(good | {'0000/output/label': npy([2], 'ab'.encode('utf-32-le'), '<U1')})


def main():
    for kind, cases in (('oip', oip_cases()), ('contract', contract_cases()), ('bundle', bundle_cases()),
                        ('trace', trace_cases()), ('metrics', metrics_cases())):
        for name, data in cases:
            put(kind, name, data)
    for name, data in golden_cases():
        put('golden', name, data, 'npz')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of baton's formats: written from docs/formats alone, sharing no code with baton.

    read_bundle.py STORE-OR-ARCHIVE [REFERENCE]    check a bundle as baton writes it; print its digests
    read_bundle.py --npz FILE                      the value digest of the arrays of a file

It is stricter than baton, which also reads what other ModelPack tools write. Python's standard
library only. Exit code 1 and one line when something does not hold.
"""
import json
import math
import pathlib
import re
import sys
import tarfile
import zipfile

from read_arrays import Refused, names_of, need, read_npz, set_digest, sha256, value_bytes

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
MODEL = 'application/vnd.cncf.model.'
REF = 'org.opencontainers.image.ref.name'
FILEPATH = 'org.cncf.model.filepath'
METRICS = {'accuracy', 'balanced_accuracy', 'f1', 'roc_auc', 'log_loss', 'rmse', 'mae', 'r2'}
NUMBER = r'(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?'
RULE = re.compile(rf'bits|argmax|ulp:\d+|topk:[1-9]\d*|abs:{NUMBER},rel:{NUMBER}')
PART_TYPES = {'baton/contract.json': 'doc', 'baton/trace.json': 'doc', 'baton/metrics.json': 'doc',
              'baton/golden.npz': 'dataset', 'baton/labelled.npz': 'dataset'}


# ---- containers ----

def open_layout(path):
    """A function from a member's name to its bytes."""
    path = pathlib.Path(path)
    if path.is_dir():
        return lambda name: (path / name).read_bytes()
    with tarfile.open(path) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
    return files.__getitem__


def read_blob(read, descriptor, what):
    digest, size = descriptor['digest'], descriptor['size']
    need(re.fullmatch(r'sha256:[0-9a-f]{64}', digest), f'{what}: {digest} is no sha256 digest')
    data = read('blobs/sha256/' + digest[7:])
    need(len(data) == size, f'{what}: {len(data)} bytes, the descriptor says {size}')
    need(sha256(data) == digest, f'{what}: the bytes are not those of {digest}')
    return data


# ---- canonical JSON (RFC 8785), of the kind that is used: no numbers but integers ----

def members(pairs):
    need(len(dict(pairs)) == len(pairs), 'a member twice')
    return dict(pairs)


def no_fraction(text):
    raise Refused(f'number {text} is no integer')


def sort_members(value):
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda key: key.encode('utf-16-be'))
        return {key: sort_members(value[key]) for key in ordered}
    return [sort_members(item) for item in value] if isinstance(value, list) else value


def canonical(data, what):
    value = json.loads(data.decode('utf-8'), object_pairs_hook=members, parse_float=no_fraction,
                       parse_constant=no_fraction)
    again = json.dumps(sort_members(value), ensure_ascii=False, separators=(',', ':'))
    need(again.encode() == data, f'{what} is not canonical JSON')
    return value


def exactly(value, keys, what):
    need(isinstance(value, dict) and set(value) == set(keys), f'{what}: members are not {sorted(keys)}')


# ---- manifest and configuration ----

def plain_path(path):
    parts = path.split('/')
    return (len(path.encode()) <= 512 and not {'', '.', '..'} & set(parts) and '\\' not in path
            and all(ord(c) >= 0x20 and ord(c) != 0x7f for c in path))


def part_type(path):
    if path in PART_TYPES:
        return [PART_TYPES[path]]
    return ['doc', 'code', 'dataset'] if path.startswith('files/') else ['weight']


def read_layer(layer):
    exactly(layer, ['annotations', 'digest', 'mediaType', 'size'], 'layer')
    exactly(layer['annotations'], [FILEPATH], 'annotations of a layer')
    path = layer['annotations'][FILEPATH]
    need(plain_path(path), f'{path!r} is no plain path')
    types = [f'{MODEL}{kind}.v1.raw' for kind in part_type(path)]
    need(layer['mediaType'] in types, f'{path}: media type {layer["mediaType"]}')
    return path


def read_manifest(read, entry):
    manifest = canonical(read_blob(read, entry, 'manifest'), 'manifest')
    exactly(manifest, ['artifactType', 'config', 'layers', 'mediaType', 'schemaVersion'], 'manifest')
    need(manifest['artifactType'] == f'{MODEL}manifest.v1+json', 'artifactType')
    need(manifest['mediaType'] == MANIFEST and manifest['schemaVersion'] == 2, 'manifest version')
    exactly(manifest['config'], ['digest', 'mediaType', 'size'], 'config')
    need(manifest['config']['mediaType'] == f'{MODEL}config.v1+json', 'media type of config')
    paths = [read_layer(layer) for layer in manifest['layers']]
    need(1 <= len(paths) <= 4096, f'{len(paths)} parts')
    order = [path.encode() for path in paths]
    need(order == sorted(set(order)), 'layers are not sorted by path')
    config = canonical(read_blob(read, manifest['config'], 'config'), 'config')
    diffs = [layer['digest'] for layer in manifest['layers']]
    need(config == {'config': {'format': config['config']['format']},
                    'descriptor': {'name': config['descriptor']['name']},
                    'modelfs': {'diffIds': diffs, 'type': 'layers'}}, 'config does not fit')
    parts = {path: read_blob(read, layer, path) for path, layer in zip(paths, manifest['layers'])}
    return config, parts


# ---- the documents of a bundle ----

def hex_float(value):
    """The one way to write it."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    sign, digits, exponent = re.fullmatch(r'(-?0x\d)\.?([0-9a-f]*)(p[-+]\d+)', value.hex()).groups()
    digits = digits.rstrip('0')
    return sign + ('.' + digits if digits else '') + exponent


def read_hex_floats(values, what):
    need(set(values) <= METRICS, f'{what}: {sorted(values)}')
    for name, text in values.items():
        need(isinstance(text, str) and hex_float(float.fromhex(text)) == text, f'{what}: {name} {text}')


def read_contract(data):
    contract = canonical(data, 'contract')
    exactly(contract, ['engine', 'format', 'metrics', 'numerics', 'outputs'], 'contract')
    need((contract['engine'], contract['format'], contract['numerics'])
         == ('exact', 'baton/contract/1', 'exact/1'), 'contract: another version')
    read_hex_floats(contract['metrics'], 'contract')
    for name, rule in contract['outputs'].items():
        need(RULE.fullmatch(rule), f'contract: {name}: {rule!r} is no rule')
    return contract


def read_cases(data):
    """[(inputs, outputs)]"""
    arrays = read_npz(data, 'golden')
    cases = []
    while arrays:
        sides = []
        for side in 'input', 'output':
            prefix = f'{len(cases):04}/{side}/'
            sides.append({n[len(prefix):]: arrays.pop(n) for n in list(arrays) if n.startswith(prefix)})
        need(all(sides), f'golden: case {len(cases):04} is not whole')
        cases.append(sides)
    return cases


def check_trace(trace, outputs, what):
    """Digests of nodes' outputs that are outputs of the model; how many those were."""
    exactly(trace, ['format', 'nodes', 'numerics'], what)
    need((trace['format'], trace['numerics']) == ('baton/trace/1', 'exact/1'), f'{what}: version')
    made = {}
    for node in trace['nodes']:
        exactly(node, ['index', 'name', 'op', 'outputs'], what)
        made |= {output['name']: output['sha256'] for output in node['outputs']}
    shared = sorted(set(made) & set(names_of(outputs)))
    for name in shared:
        need('sha256:' + made[name] == sha256(value_bytes(outputs, name)),
             f'{what}: {name} is not the golden output')
    return len(shared)


def check_traces(data, cases):
    traces = canonical(data, 'trace')
    exactly(traces, ['cases', 'format'], 'trace')
    need(traces['format'] == 'baton/traces/1', 'trace: version')
    need(len(traces['cases']) == min(8, len(cases)), f'{len(traces["cases"])} traces')
    return sum(check_trace(trace, outputs, f'trace {i}')
               for i, (trace, (_, outputs)) in enumerate(zip(traces['cases'], cases)))


def check_metrics(parts):
    metrics = canonical(parts['baton/metrics.json'], 'metrics')
    exactly(metrics, ['format', 'rows', 'values'], 'metrics')
    need(metrics['format'] == 'baton/metrics/1', 'metrics: version')
    read_hex_floats(metrics['values'], 'metrics')
    label = read_npz(parts['baton/labelled.npz'], 'labelled')['label']
    need(label[1][0] == metrics['rows'], 'metrics: rows')


def check_bundle(read, entry):
    """Lines about a good one."""
    config, parts = read_manifest(read, entry)
    lines = [f'{config["descriptor"]["name"]} {entry["digest"]}: {len(parts)} parts']
    if config['config']['format'] != 'onnx':
        need(not any(path.startswith('baton/') for path in parts), 'weights alone have no baton/ parts')
        return lines
    contract = read_contract(parts['baton/contract.json'])
    if 'baton/golden.npz' in parts:
        cases = read_cases(parts['baton/golden.npz'])
        for i, (_, outputs) in enumerate(cases):
            need(set(names_of(outputs)) == set(contract['outputs']), f'case {i}: names of outputs')
            lines.append(f'case {i}: {set_digest(outputs)}')
        lines.append(f'{check_traces(parts["baton/trace.json"], cases)} outputs are those of the traces')
    if 'baton/metrics.json' in parts or 'baton/labelled.npz' in parts:
        check_metrics(parts)
    return lines


def main():
    if sys.argv[1] == '--npz':
        print(set_digest(read_npz(pathlib.Path(sys.argv[2]).read_bytes(), sys.argv[2])))
        return 0
    try:
        read = open_layout(sys.argv[1])
        need(json.loads(read('oci-layout')) == {'imageLayoutVersion': '1.0.0'}, 'oci-layout')
        for entry in canonical(read('index.json'), 'index')['manifests']:
            if entry.get('annotations', {}).get(REF) in (sys.argv[2:3] or [entry['annotations'][REF]]):
                print('\n'.join(check_bundle(read, entry)))
    except (Refused, KeyError, TypeError, ValueError, zipfile.BadZipFile, tarfile.TarError) as problem:
        print(f'refused: {problem}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The second reader against baton, both ways: what baton writes it takes and digests the same; what
was tampered with it refuses, and so does baton wherever its own rules say so.

    test_read_bundle.py BATON
"""
import hashlib
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
EXAMPLE = FOLDER.parents[1] / 'examples' / 'german-credit'
ARCHIVE = FOLDER / 'bundle-1.tar'
BATON = str(pathlib.Path(sys.argv[1]).resolve())
FILEPATH = 'org.cncf.model.filepath'


def call(*command):
    """(exit code, output)"""
    done = subprocess.run([str(word) for word in command], text=True, check=False, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def baton(*words):
    code, output = call(BATON, *words)
    if code:
        raise AssertionError(f'baton {words[0]}: {code}\n{output}')
    return output


def read(*words):
    return call(sys.executable, FOLDER / 'read_bundle.py', *words)


# ---- tampering ----

def compact(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':')).encode()


class Copy:
    """An unpacked bundle: parts as bytes, to be changed and put together again with true digests."""

    def __init__(self):
        with tarfile.open(ARCHIVE) as tar:
            self.blobs = {m.name: tar.extractfile(m).read() for m in tar}
        self.index = json.loads(self.blobs['index.json'])
        self.manifest = json.loads(self.blob(self.index['manifests'][0]))
        self.config = json.loads(self.blob(self.manifest['config']))
        self.parts = {layer['annotations'][FILEPATH]: self.blob(layer)
                      for layer in self.manifest['layers']}
        self.blank, self.lie, self.diffs = b'', None, None

    def blob(self, descriptor):
        return self.blobs['blobs/sha256/' + descriptor['digest'][7:]]

    def replace(self, part, old, new):
        assert self.parts[part].count(old) >= 1, (part, old)
        self.parts[part] = self.parts[part].replace(old, new, 1)

    def describe(self, files, descriptor, data):
        digest = hashlib.sha256(data).hexdigest()
        descriptor.update(digest='sha256:' + digest, size=len(data))
        files['blobs/sha256/' + digest] = data

    def write(self, path):
        files = {'oci-layout': self.blobs['oci-layout']}
        for layer, data in zip(self.manifest['layers'], self.parts.values()):
            self.describe(files, layer, data)
        self.config['modelfs']['diffIds'] = self.diffs or [x['digest'] for x in self.manifest['layers']]
        self.describe(files, self.manifest['config'], compact(self.config))
        self.describe(files, self.index['manifests'][0], compact(self.manifest) + self.blank)
        files['index.json'] = compact(self.index)
        if self.lie:
            self.lie(files)
        with tarfile.open(path, 'w') as tar:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def change_blob(change):
    def lie(files):
        name = [n for n, data in files.items() if b'probabilities' in data and b'ulp' in data][0]
        files[name] = change(files[name])
    return lambda copy: setattr(copy, 'lie', lie)


def in_part(part, old, new):
    return lambda copy: copy.replace(part, old, new)


def deflate(copy):
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(copy.parts['baton/golden.npz'])) as old, \
            zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, old.read(item))
    copy.parts['baton/golden.npz'] = out.getvalue()


def rezip(change):
    """Change the bytes of one array; the ZIP's checksums stay true."""
    def apply(copy):
        import zipfile
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(copy.parts['baton/golden.npz'])) as old, \
                zipfile.ZipFile(out, 'w') as new:
            for item in old.infolist():
                new.writestr(item.filename, change(item.filename, old.read(item)))
        copy.parts['baton/golden.npz'] = out.getvalue()
    return apply


def last_bit(name, data):
    return data[:-1] + bytes([data[-1] ^ 1]) if name == '0000/output/label.npy' else data


def swap_layers(copy):
    copy.manifest['layers'].reverse()
    copy.parts = dict(reversed(copy.parts.items()))


def rename_layer(path):
    return lambda copy: copy.manifest['layers'][-1]['annotations'].update({FILEPATH: path})


CONTRACT, GOLDEN, TRACE = 'baton/contract.json', 'baton/golden.npz', 'baton/trace.json'
METRICS = 'baton/metrics.json'

# what, how, and whether baton refuses it or finds a difference as well. It need not where it reads
# other tools' manifests, or where JSON and ZIP have other spellings of the same content.
TAMPERED = [
    ('a byte of a blob', change_blob(lambda data: data.replace(b'ulp:2', b'ulp:3')), True),
    ('a blob that is cut off', change_blob(lambda data: data[:-1]), True),
    ('a blank after the manifest', lambda copy: setattr(copy, 'blank', b'\n'), False),
    ('a member more', lambda copy: copy.manifest.update(author='me'), False),
    ('layers in another order', swap_layers, False),
    ('a path that climbs', rename_layer('../model.onnx'), True),
    ('a path twice', rename_layer('files/card.md'), True),
    ('other diffIds', lambda copy: setattr(copy, 'diffs', ['sha256:' + '0' * 64]), True),
    ('a rule that is none', in_part(CONTRACT, b'ulp:2', b'ulp:x'), True),
    ('an output that has no rule', in_part(CONTRACT, b'"label":"bits",', b''), True),
    ('an output that is none', in_part(CONTRACT, b'"label"', b'"lapel"'), True),
    ('a contract of other numerics', in_part(CONTRACT, b'exact/1', b'exact/2'), True),
    ('a bound as a decimal', in_part(CONTRACT, b'0x1p-2', b'0.25'), False),
    ('a label that is another', rezip(last_bit), True),
    ('golden cases, compressed', deflate, False),
    ('a trace of another output', in_part(TRACE, b'0971e71b', b'1971e71b'), True),
    ('a trace of another format', in_part(TRACE, b'baton/trace/1', b'baton/trace/2'), True),
    ('one row more', in_part(METRICS, b'"rows":24', b'"rows":25'), True),
    ('an unknown metric', in_part(METRICS, b'"f1"', b'"g1"'), True),
    ('a metric in another spelling', in_part(METRICS, b'0x1.', b'0X1.'), True),
]


def tampered_case(how, baton_too, folder):
    copy, path = Copy(), folder / 'tampered.tar'
    how(copy)
    copy.write(path)
    code, output = read(path)
    assert code == 1 and output.startswith('refused: '), output
    store = folder / 'store'
    baton('init', '--carrier', store)
    code, text = call(BATON, 'pull', path, '--store', store)
    if code == 0:
        code, text = call(BATON, 'verify', 'tiny:1', '--store', store)
    assert code < 64 or code == 65, text
    assert (code != 0) == baton_too, f'baton: {code}\n{text}'


# ---- what baton writes ----

def untouched(folder):
    path = folder / 'again.tar'
    Copy().write(path)
    code, output = read(path)
    assert code == 0, output


def kept_forever(_):
    code, output = read(ARCHIVE)
    assert code == 0 and '4 outputs are those of the traces' in output, output


def digests_agree(folder, ref, given):
    """predict --digest, and the second reader on what predict --output wrote."""
    made = folder / 'made.npz'
    baton('predict', ref, '--store', folder / 's', '--input', given, '--output', made)
    digest = baton('predict', ref, '--store', folder / 's', '--input', given, '--digest').strip()
    code, output = read('--npz', made)
    assert code == 0 and output.strip() == digest, f'{output}{digest}'
    return digest


def tiny_predictions(folder):
    baton('init', '--carrier', folder / 's')
    baton('pull', ARCHIVE, '--store', folder / 's')
    _, lines = read(ARCHIVE)
    for i, given in enumerate(('case-0.csv', 'case-1.json')):
        assert f'case {i}: {digests_agree(folder, "tiny", FOLDER / "bundle-1" / given)}' in lines, lines


def example(folder):
    """Text, missing numbers, and a model of many operators; a store instead of an archive."""
    baton('init', '--carrier', folder / 's')
    baton('pack', EXAMPLE / 'model.onnx', '--store', folder / 's', '--name', 'credit', '--golden',
          EXAMPLE / 'golden.csv', '--expect', EXAMPLE / 'expected.npz', '--doc', EXAMPLE / 'README.md')
    code, output = read(folder / 's', 'credit:1')
    assert code == 0, output
    assert f'case 0: {digests_agree(folder, "credit", EXAMPLE / "golden.csv")}' in output, output


def main():
    # Out of time, meson ends us so: the temporary folder must go all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tests = [('bundle-1.tar is read', kept_forever), ('a copy put together again is read', untouched),
             ('predict gives the digests of bundle-1.tar', tiny_predictions),
             ('the credit example is read and digested the same', example)]
    tests += [(f'refused: {what}', lambda folder, how=how, too=too: tampered_case(how, too, folder))
              for what, how, too in TAMPERED]
    print(f'1..{len(tests)}')
    for i, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(pathlib.Path(folder))
                print(f'ok {i} - {name}', flush=True)
            except AssertionError as problem:
                print(f'not ok {i} - {name}\n' + '\n'.join('# ' + s for s in str(problem).splitlines()))


if __name__ == '__main__':
    os.environ.pop('BATON_STORE', None)
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What baton signs and logs, before verifiers that are not baton's: run.py MAKE-EVIDENCE
MAKE-ATTACKS PEERS BATON.

Each kind of evidence is verified by at least two tools; each changed copy must be refused by every
tool that looks at what was changed, and that is two of them at least, and by `baton audit`, which
looks at everything. Ledgers of an operator who
lies are whole by themselves and refused by whoever has an older checkpoint. TAP; exit code 77 when the
tools of `make peers` are not there (in CI that is a failure).
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MAKE, MAKE_ATTACKS, PEERS, BATON = (pathlib.Path(a).resolve() for a in sys.argv[1:5])
CANNOT_TELL = 3  # of baton: no yes either
OTHER = {'p256': 'ed25519', 'ed25519': 'p256'}
count = 0
failed = 0


def accepts(*command):
    """Whether a tool says yes. Dying of something else than a verdict is a failure of the test."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=False,
                          stderr=subprocess.STDOUT, errors='replace')
    if done.returncode not in (0, 1) and (command[0], done.returncode) != (BATON, CANNOT_TELL):
        sys.exit(f'{command}: exit code {done.returncode}\n{done.stdout}')
    return done.returncode == 0, (done.stdout.strip().splitlines() or [''])[-1]


def report(good, name, said):
    global count, failed
    count += 1
    failed += not good
    print(f'{"ok" if good else "not ok"} {count} - {name}' + ('' if good else f'\n# {said}'))


def all_accept(name, tools):
    for tool, command in tools.items():
        good, said = accepts(*command)
        report(good, f'{tool} accepts {name}', said)


def all_refuse(name, tools):
    """`tools`: those that look at what was changed."""
    assert len(tools) >= 2, name
    for tool, command in tools.items():
        good, said = accepts(*command)
        report(not good, f'{tool} refuses {name}', said)


# ---- evidence ----

class Place:
    """A folder of evidence, and the commands that verify each part of it."""

    def __init__(self, folder):
        self.folder = folder
        self.vkey = (folder / 'log.vkey').read_text().strip()

    def baton(self, *rest):
        return {'baton': (BATON, 'audit', *rest, '--log', self.folder / 'log.vkey')}

    @staticmethod
    def chosen(tools, only):
        return {k: v for k, v in tools.items() if not only or k in only}

    def bundle(self, path, key, *only):
        f = self.folder
        tools = {
            'sigstore-js': ('node', HERE / 'sigstore.mjs', PEERS, f / f'{key}.pem',
                            f / 'trusted_root.json', path),
            'openssl and jq': (HERE / 'by_hand.sh', 'bundle', f / f'{key}.pem', self.vkey, path),
            'Go tlog': (PEERS / 'auditor', 'bundle', self.vkey, path),
        }
        return self.chosen(tools, only) | self.baton(path, '--signer', f / f'{key}.pem')

    def proof(self, path, leaf):
        return {'Go tlog': (PEERS / 'auditor', 'proof', self.vkey, path, leaf),
                'hashlib and openssl': (HERE / 'ledger.py', 'proof', self.vkey, path, leaf),
                **self.baton(path, '--entry', leaf)}

    def ledger(self, folder, before=None):
        rest = ('grown', self.vkey, folder, before) if before else ('ledger', self.vkey, folder)
        return {'Go tlog': (PEERS / 'auditor', *rest),
                'hashlib and openssl': (HERE / 'ledger.py', *rest),
                **self.baton('--ledger', folder.parent, *([before] if before else []))}

    def model(self, model, signature, *only):
        key = self.folder / 'p256.pem'
        tools = {
            'model_signing': (PEERS / 'venv/bin/model_signing', 'verify', 'key', model,
                              '--signature', signature, '--public_key', key),
            'openssl and sha256sum': (HERE / 'by_hand.sh', 'model', key, model, signature),
            'sigstore-js': ('node', HERE / 'sigstore.mjs', PEERS, key, '-', signature),
        }
        baton = (BATON, 'audit', signature, '--signer', key, '--of', model)
        return self.chosen(tools, only) | {'baton': baton}


def flip(text):
    """Base 64 with one bit of its bytes changed."""
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 4
    return base64.b64encode(data).decode()


# ---- bundles ----

SIGNATURE = ('sigstore-js', 'openssl and jq')
LOG = ('sigstore-js', 'Go tlog')


def entry_of(bundle):
    return bundle['verificationMaterial']['tlogEntries'][0]


def change(part, key):
    def apply(bundle, _):
        place = part(bundle)
        place[key] = flip(place[key])
    return apply


def dsse(bundle):
    return bundle['dsseEnvelope']


def checkpoint_change(old, new):
    def apply(bundle, _):
        note = entry_of(bundle)['inclusionProof']['checkpoint']
        note['envelope'] = note['envelope'].replace(old(note['envelope']), new(note['envelope']), 1)
    return apply


def lines(note):
    return note.split('\n')


def other_index(bundle, _):
    entry_of(bundle)['inclusionProof']['logIndex'] = '299'
    entry_of(bundle)['logIndex'] = '299'


def other_hash(bundle, _):
    hashes = entry_of(bundle)['inclusionProof']['hashes']
    hashes[1] = flip(hashes[1])


def fewer_hashes(bundle, _):
    entry_of(bundle)['inclusionProof']['hashes'].pop()


def other_type(bundle, _):
    dsse(bundle)['payloadType'] = 'application/vnd.other+json'


def other_entry(bundle, other):
    bundle['verificationMaterial']['tlogEntries'] = other['verificationMaterial']['tlogEntries']


def other_statement(bundle, _):
    payload = base64.b64decode(dsse(bundle)['payload']).replace(b'"credit"', b'"kredit"')
    dsse(bundle)['payload'] = base64.b64encode(payload).decode()


BUNDLES = {
    'payload': (SIGNATURE, change(dsse, 'payload')),
    'statement': (SIGNATURE, other_statement),
    'payload type': (SIGNATURE, other_type),
    'signature': (SIGNATURE, change(lambda b: dsse(b)['signatures'][0], 'sig')),
    'log entry': (LOG, change(entry_of, 'canonicalizedBody')),
    'index': (LOG, other_index),
    'hash of the proof': (LOG, other_hash),
    'length of the proof': (LOG, fewer_hashes),
    'root of the checkpoint': (LOG, checkpoint_change(lambda n: lines(n)[2],
                                                      lambda n: flip(lines(n)[2]))),
    'size of the checkpoint': (LOG, checkpoint_change(lambda n: lines(n)[1], lambda n: '310')),
    'origin of the checkpoint': (LOG, checkpoint_change(lambda n: lines(n)[0],
                                                        lambda n: 'example.com/other')),
    'signature of the checkpoint': (LOG, checkpoint_change(
        lambda n: n.split(' ')[-1].strip(), lambda n: flip(n.split(' ')[-1].strip()))),
    'entry of another statement': (SIGNATURE, other_entry),
}


def check_bundles(place, work):
    for key, other in OTHER.items():
        path = place.folder / f'handoff-{key}.sigstore.json'
        all_accept(f'the bundle by {key}', place.bundle(path, key))
        all_refuse(f'the bundle by {key} with another key', place.bundle(path, other, *SIGNATURE))
        for name, (tools, apply) in BUNDLES.items():
            bundle = json.loads(path.read_text())
            apply(bundle, json.loads((place.folder / f'handoff-{other}.sigstore.json').read_text()))
            changed = work / 'changed.json'
            changed.write_text(json.dumps(bundle))
            assert bundle != json.loads(path.read_text()), name
            all_refuse(f'the bundle by {key} with another {name}', place.bundle(changed, key, *tools))


# ---- proofs ----

def check_proofs(place, work):
    changed = work / 'changed.tlog-proof'
    for key, other in OTHER.items():
        path = place.folder / f'handoff-{key}.tlog-proof'
        leaf = place.folder / f'handoff-{key}.leaf'
        text = path.read_text()
        part = lines(text)
        note = text.split('\n\n', 1)[1]
        all_accept(f'the proof for {key}', place.proof(path, leaf))
        all_refuse(f'the proof for {key} with another entry',
                   place.proof(path, place.folder / f'handoff-{other}.leaf'))
        for name, new in {
            'index': text.replace(part[1], 'index 7'), 'hash': text.replace(part[3], flip(part[3])),
            'order of hashes': text.replace('\n'.join(part[2:4]), f'{part[3]}\n{part[2]}'),
            'hash less': text.replace(part[2] + '\n', ''),
            'root': text.replace(lines(note)[2], flip(lines(note)[2])),
            'size': text.replace('\n309\n', '\n308\n'),
            'signature': text.replace(text.split(' ')[-1].strip(), flip(text.split(' ')[-1].strip())),
        }.items():
            assert new != text, name
            changed.write_text(new)
            all_refuse(f'the proof for {key} with another {name}', place.proof(changed, leaf))


# ---- the ledger ----

def edit(path, old, new):
    data = path.read_bytes()
    assert old in data, path
    path.write_bytes(data.replace(old, new, 1))


def swap_entries(ledger):
    edit(ledger / 'tile/entries/000', b'\0\x08entry 1\n\0\x08entry 2\n',
         b'\0\x08entry 2\n\0\x08entry 1\n')


def cut_entries(ledger):
    path = ledger / 'tile/entries/001.p/53'
    path.write_bytes(path.read_bytes()[:-3])


def last_tile(ledger):
    path = ledger / 'tile/0/001.p/53'
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


LEDGERS = {
    'an entry changed': lambda x: edit(x / 'tile/entries/000', b'entry 17\n', b'entry 18\n'),
    'two entries swapped': swap_entries,
    'the last entries cut off': cut_entries,
    'a hash of a tile changed': last_tile,
    'a tile gone': lambda x: (x / 'tile/0/000').unlink(),
    'the size changed': lambda x: edit(x / 'checkpoint', b'\n309\n', b'\n308\n'),
    'the signature changed': lambda x: edit(x / 'checkpoint', b' 6IXHm', b' 6IXHn'),
}


def check_ledger(place, work):
    all_accept('the ledger', place.ledger(place.folder / 'ledger'))
    all_accept('that the ledger continues itself',
               place.ledger(place.folder / 'ledger', place.folder / 'ledger/checkpoint'))
    for name, apply in LEDGERS.items():
        changed = work / 'ledger'
        shutil.copytree(place.folder / 'ledger', changed)
        apply(changed)
        all_refuse(f'the ledger with {name}', place.ledger(changed))
        shutil.rmtree(changed)


# ---- models ----

def check_model(place, work):
    by = ('model_signing', 'openssl and sha256sum')
    signature = place.folder / 'model.sig'
    all_accept('the model', place.model(place.folder / 'model', signature))
    for name, apply in {
        'a file changed': lambda m: (m / 'weights.bin').write_text('0123456788'),
        'a file more': lambda m: (m / 'extra.bin').write_text(''),
        'a file less': lambda m: (m / 'a/b').unlink(),
        'a file renamed': lambda m: (m / 'a-b').rename(m / 'a-c'),
    }.items():
        changed = work / 'model'
        shutil.copytree(place.folder / 'model', changed)
        apply(changed)
        all_refuse(f'the model with {name}', place.model(changed, signature, *by))
        shutil.rmtree(changed)
    for name, part, field in (('payload', dsse, 'payload'),
                              ('signature', lambda b: dsse(b)['signatures'][0], 'sig')):
        bundle = json.loads(signature.read_text())
        change(part, field)(bundle, None)
        (work / 'changed.sig').write_text(json.dumps(bundle))
        all_refuse(f'the model with another {name}',
                   place.model(place.folder / 'model', work / 'changed.sig', *by, 'sigstore-js'))


def check_handoff(work):
    """A version is packed and handed over; whoever unpacks it verifies the files it was made of."""
    home = work / 'handoff'
    home.mkdir()
    models = HERE.parent / 'cli/models'
    with_home = dict(os.environ, HOME=str(home), BATON_STORE=str(home / '.baton'))

    def baton(*arguments):
        return subprocess.run([BATON, *arguments], check=True, cwd=home, env=with_home,
                              stdout=subprocess.PIPE).stdout

    baton('init', '--name', 'Alice')
    baton('pack', models / 'mlp.onnx', '--name', 'mlp', '--golden', models / 'x.npz')
    statements = json.loads(baton('handoff', 'mlp', '--json'))['statements']
    signing = next(s['statement'] for s in statements if s['kind'] == 'signing')
    (home / 'p256.pem').write_bytes(baton('key', 'export'))
    (home / 'model.sig').write_bytes(baton('log', '--export', str(signing)))
    (home / 'log.vkey').write_bytes(baton('log', '--vkey'))
    baton('store', 'unpack', 'mlp', home / 'files')
    tools = Place(home).model(home / 'files', home / 'model.sig', 'model_signing',
                              'openssl and sha256sum')
    tools['baton'] += '--log', home / 'log.vkey'
    all_accept('the unpacked files of a handoff', tools)
    (home / 'files/baton/contract.json').write_text('{}')
    all_refuse('the unpacked files of a handoff, one changed', tools)


def check_schemas(place):
    data = os.environ.get('BATON_TEST_DATA') or os.environ.get('BATON_TEST_DATA_BESIDE')
    if not data and os.environ.get('CI'):
        sys.exit('no ../shared/data and no BATON_TEST_DATA, and in CI that is a failure')
    if not data:
        print('# SKIP the schemas of OpenSSF Model Signing: no test data')
        return
    schemas = pathlib.Path(data) / 'vectors/model-signing/schemas/v1.0'
    all_accept('the form of the model signature',
               {'ajv': ('node', HERE / 'sigstore.mjs', PEERS, 'schemas', schemas,
                        place.folder / 'model.sig')})


def check_attacks(place):
    """Threats 4, 11 and 12 of an operator with the log's key, as files; tests/unit/test_attacks.c
    has the rest."""
    anchor = place.folder / 'honest/ledger/checkpoint'
    all_accept('the ledger that has grown', place.ledger(place.folder / 'later/ledger', anchor))
    for lie in 'truncated', 'regrown', 'rewritten', 'split':
        ledger = place.folder / lie / 'ledger'
        all_accept(f'the {lie} ledger by itself', place.ledger(ledger))
        all_refuse(f'the {lie} ledger, with an older checkpoint', place.ledger(ledger, anchor))


def made_by(make, folder):
    folder.mkdir()
    subprocess.run([make, folder], check=True)
    return Place(folder)


def main():
    if not (PEERS / 'made').exists():
        print('# SKIP: no verifiers here; `make peers` installs them')
        sys.exit(1 if os.environ.get('CI') else 77)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        place = made_by(MAKE, work / 'evidence')
        check_bundles(place, work)
        check_proofs(place, work)
        check_ledger(place, work)
        check_model(place, work)
        check_handoff(work)
        check_schemas(place)
        check_attacks(made_by(MAKE_ATTACKS, work / 'attacks'))
    print(f'1..{count}')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of keys, statements and evidence (standard library only, same bytes
every time). They are made of the golden evidence, a change each.

Usage: make_should_fail_attest.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/golden/test_should_fail_attest does that, and a person reads
the difference.
"""
import base64
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail'
GOLDEN = HERE / 'evidence'


def read(name):
    return (GOLDEN / name).read_text(encoding='utf-8')


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def changed(text, *pairs):
    """`text` with the first of each pair replaced by the second."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def payload_of(bundle):
    return base64.b64decode(json.loads(bundle)['dsseEnvelope']['payload']).decode()


BUNDLE = read('handoff-ed25519.sigstore.json')
OTHER = read('handoff-p256.sigstore.json')
STATEMENT = payload_of(BUNDLE)
MODEL = payload_of(read('model.sig'))
ENVELOPE = compact(json.loads(BUNDLE)['dsseEnvelope'])
ENTRY = json.loads(BUNDLE)['verificationMaterial']['tlogEntries'][0]
LEAF = base64.b64decode(ENTRY['canonicalizedBody']).decode()
SIG = json.loads(ENVELOPE)['signatures'][0]['sig']
KEYID = json.loads(ENVELOPE)['signatures'][0]['keyid']

ENVELOPES = {
    'empty': '', 'array': '[]', 'no-payload': changed(ENVELOPE, ('"payload":', '"other":')),
    'no-type': changed(ENVELOPE, ('"payloadType":', '"other":')),
    'empty-type': changed(ENVELOPE, ('application/vnd.in-toto+json', '')),
    'long-type': changed(ENVELOPE, ('application/vnd.in-toto+json', 't' * 257)),
    'no-signatures': changed(ENVELOPE, ('"signatures":', '"other":')),
    'nobody-signed': changed(ENVELOPE, (f'{{"sig":"{SIG}","keyid":"{KEYID}"}}', '')),
    'signatures-17': changed(ENVELOPE, ('"signatures":[', '"signatures":[' + '{"sig":"AAAA"},' * 16)),
    'payload-is-number': changed(ENVELOPE, ('"payload":"', '"payload":1,"other":"')),
    'payload-twice': changed(ENVELOPE, ('"payload":', '"payload":"","payload":')),
    'payload-not-base64': changed(ENVELOPE, ('"payload":"', '"payload":"!')),
    'payload-blank': changed(ENVELOPE, ('"payload":"', '"payload":" ')),
    'payload-both-alphabets': changed(ENVELOPE, ('"payload":"', '"payload":"+-+-')),
    'payload-no-padding': '{"payload":"YQ","payloadType":"t","signatures":[{"sig":"AAAA"}]}',
    'payload-leftover-bits': '{"payload":"YR==","payloadType":"t","signatures":[{"sig":"AAAA"}]}',
    'sig-empty': changed(ENVELOPE, (SIG, '')), 'sig-long': changed(ENVELOPE, (SIG, 'AAAA' * 40)),
    'sig-missing': changed(ENVELOPE, ('"sig":', '"signature":')),
    'keyid-is-number': changed(ENVELOPE, (f'"{KEYID}"', '7')),
    'more-behind': ENVELOPE + '{}',
}

HEX = '"sha256":"ba70'
STATEMENTS = {
    'empty': '', 'null': 'null', 'no-type': changed(STATEMENT, ('"_type"', '"type"')),
    'old-type': changed(STATEMENT, ('Statement/v1', 'Statement/v0.1')),
    'no-subject': changed(STATEMENT, ('"subject"', '"object"')),
    'subject-empty': changed(STATEMENT, ('"subject":[', '"subject":[],"other":[')),
    'subject-without-digest': changed(STATEMENT, ('"digest":', '"hash":')),
    'digest-empty': changed(STATEMENT, ('"digest":{', '"digest":{},"other":{')),
    'digest-sha1': changed(STATEMENT, (HEX, '"sha1":"ba70')),
    'digest-large-hex': changed(STATEMENT, (HEX, '"sha256":"BA70')),
    'digest-short': changed(STATEMENT, (HEX, '"sha256":"70')),
    'digest-long': changed(STATEMENT, (HEX, '"sha256":"00ba70')),
    'digest-number': changed(STATEMENT, ('"digest":{', '"digest":{"sha512":12,')),
    'digest-twice': changed(STATEMENT, ('"digest":{', f'"digest":{{"sha256":"{"0" * 64}",')),
    'no-predicate-type': changed(STATEMENT, ('"predicateType"', '"predicate_type"')),
    'predicate-type-empty': changed(STATEMENT, ('urn:baton:handoff:v1', '')),
    'predicate-is-text': changed(STATEMENT, ('"predicate":{', '"predicate":"x","other":{')),
    'predicate-twice': changed(STATEMENT, ('"predicate":{', '"predicate":{},"predicate":{')),
    'predicate-float': changed(STATEMENT, ('"version":1', '"version":1.5')),
    'predicate-exponent': changed(STATEMENT, ('"version":1', '"version":1e0')),
    'predicate-minus-zero': changed(STATEMENT, ('"version":1', '"version":-0')),
    'predicate-large-integer': changed(STATEMENT, ('"version":1', f'"version":{2**53}')),
    'predicate-nul': changed(STATEMENT, ('"maker"', '"ma\\u0000ker"')),
    'predicate-nul-in-key': changed(STATEMENT, ('"from"', '"fr\\u0000om"')),
    'predicate-lone-surrogate': changed(STATEMENT, ('"maker"', '"\\ud800"')),
    'predicate-bad-utf8': changed(STATEMENT, ('"maker"', '"@"')).encode().replace(b'"@"', b'"\xc0\x80"'),
    'deep': changed(STATEMENT, ('"version":1', '"version":' + '[' * 40 + ']' * 40)),
    'byte-order-mark': '\ufeff' + STATEMENT, 'more-behind': STATEMENT + STATEMENT,
}

LEAVES = {
    'empty': '', 'object': '{}', 'newline-behind': LEAF + '\n', 'blank': changed(LEAF, (':', ': ')),
    'version-1': changed(LEAF, ('"0.0.2"', '"0.0.1"')),
    'other-kind': changed(LEAF, ('"kind":"hashedrekord"', '"kind":"intoto"')),
    'kind-against-spec': changed(LEAF, ('"kind":"hashedrekord"', '"kind":"dsse"')),
    'more-members': changed(LEAF, ('"apiVersion"', '"a":1,"apiVersion"')),
    'members-in-spec': changed(LEAF, ('"hashedRekordV002":{', '"hashedRekordV002":{"a":1,')),
    'other-order': compact(dict(reversed(json.loads(LEAF).items()))),
    'other-hash': changed(LEAF, ('SHA2_256', 'SHA2_512')),
    'short-digest': changed(LEAF, ('"digest":"', '"digest":"AAAA","d":"')),
    'digest-not-base64': changed(LEAF, ('"digest":"', '"digest":"!')),
    'no-signature': changed(LEAF, ('"signature":{', '"other":{')),
    'signature-empty': changed(LEAF, (SIG, '')),
    'signature-long': changed(LEAF, (SIG, 'AAAA' * 40)),
    'certificate': changed(LEAF, ('"publicKey":{', '"x509Certificate":{')),
    'key-details': changed(LEAF, ('PKIX_ED25519', 'PKIX_ED25519_PH')),
    'key-cut': changed(LEAF, ('"rawBytes":"MCow', '"rawBytes":"')),
    'key-not-ed25519': changed(LEAF, ('"rawBytes":"MCowBQYDK2Vw', '"rawBytes":"MCowBQYDK2Vu')),
    'escaped': changed(LEAF, ('"apiVersion"', '"\\u0061piVersion"')),
    'long': ' ' * 5000,
    'dsse-two-signatures': '{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":'
                           '{"algorithm":"SHA2_256","digest":"' + 'A' * 43 + '="},"signatures":[{},{}]}}}',
}

INDEX = ENTRY['logIndex']
BUNDLES = {
    'empty': '', 'object': '{}', 'other-version': changed(BUNDLE, ('v0.3', 'v0.2')),
    'no-material': changed(BUNDLE, ('"verificationMaterial"', '"material"')),
    'no-envelope': changed(BUNDLE, ('"dsseEnvelope"', '"envelope"')),
    'message-signature': changed(BUNDLE, ('"dsseEnvelope"', '"messageSignature":{},"dsseEnvelope"')),
    'certificate': changed(BUNDLE, ('"publicKey"', '"certificate":{"rawBytes":""},"publicKey"')),
    'certificate-chain': changed(BUNDLE, ('"publicKey"', '"x509CertificateChain"')),
    'unknown-member': changed(BUNDLE, ('"mediaType"', '"more":1,"mediaType"')),
    'snake-case-twin': changed(BUNDLE, ('"tlogEntries"', '"tlog_entries":[],"tlogEntries"')),
    'media-type-twice': changed(BUNDLE, ('{', '{"mediaType":"",')),
    'other-hint': changed(BUNDLE, (f'"hint":"{KEYID}"', '"hint":"' + '0' * 64 + '"'),
                          (f'"keyid":"{KEYID}"', '"keyid":""')),
    'hint-against-keyid': changed(BUNDLE, (f'"hint":"{KEYID}"', '"hint":"' + '0' * 64 + '"')),
    'no-entry': changed(BUNDLE, (compact(ENTRY), '')),
    'two-entries': changed(BUNDLE, (compact(ENTRY), compact(ENTRY) + ',' + compact(ENTRY))),
    'entry-of-another': changed(BUNDLE, (compact(ENTRY), compact(
        json.loads(OTHER)['verificationMaterial']['tlogEntries'][0]))),
    'two-signatures': changed(BUNDLE, ('"signatures":[', '"signatures":[{"sig":"AAAA"},')),
    'other-payload': changed(BUNDLE, ('"payload":"eyJf', '"payload":"IHsi')),
    'other-payload-type': changed(BUNDLE, ('vnd.in-toto+json', 'vnd.in-toto.x+json')),
    'other-signature': changed(BUNDLE, (SIG, 'A' * 86 + '==')),
    'index-plus-one': BUNDLE.replace(f'"{INDEX}"', f'"{int(INDEX) + 1}"'),
    'index-differs': changed(BUNDLE, (f'"{INDEX}"', f'"{int(INDEX) + 1}"')),
    'index-negative': changed(BUNDLE, (f'"{INDEX}"', '"-1"')),
    'index-huge': changed(BUNDLE, (f'"{INDEX}"', f'"{2**63}"')),
    'index-zeros': changed(BUNDLE, (f'"{INDEX}"', f'"0{INDEX}"')),
    'time': changed(BUNDLE, ('"integratedTime":"0"', '"integratedTime":"1767225600"')),
    'promise': changed(BUNDLE, ('"inclusionProof"', '"inclusionPromise":{},"inclusionProof"')),
    'no-proof': changed(BUNDLE, ('"inclusionProof"', '"inclusion_proof"')),
    'size-differs': changed(BUNDLE, ('"treeSize":"', '"treeSize":"1')),
    'root-differs': changed(BUNDLE, (ENTRY['inclusionProof']['rootHash'], 'A' * 43 + '=')),
    'log-differs': changed(BUNDLE, (ENTRY['logId']['keyId'], 'A' * 43 + '=')),
    'hash-more': changed(BUNDLE, ('"hashes":[', '"hashes":["' + 'A' * 43 + '=",')),
    'hashes-70': changed(BUNDLE, ('"hashes":[', '"hashes":[' + ('"' + 'A' * 43 + '=",') * 70)),
    'hash-short': changed(BUNDLE, ('"hashes":[', '"hashes":["AAAA",')),
    'checkpoint-of-another': changed(BUNDLE, ('"envelope":"example.com/', '"envelope":"example.org/')),
    'checkpoint-empty': changed(BUNDLE, ('"envelope":"', '"envelope":"","other":"')),
    'kind-differs': changed(BUNDLE, ('"kind":"hashedrekord"', '"kind":"dsse"')),
    'body-not-base64': changed(BUNDLE, ('"canonicalizedBody":"', '"canonicalizedBody":"!')),
}

ROOT = hashlib.sha256(b''.join(bytes.fromhex(r['digest'])
                               for r in json.loads(MODEL)['predicate']['resources'])).hexdigest()


def model(change):
    """The model's statement after `change`, with the root that fits the files."""
    value = json.loads(MODEL)
    change(value)
    digests = [r.get('digest', '') for r in value.get('predicate', {}).get('resources', [])]
    root = hashlib.sha256(b''.join(bytes.fromhex(d) for d in digests if len(d) % 2 == 0)).hexdigest()
    return compact(value).replace(ROOT, root)


def rename(name):
    return model(lambda v: v['predicate']['resources'][0].update(name=name))


def serialize(**members):
    return model(lambda v: v['predicate']['serialization'].update(members))


MODELS = {
    'empty': '', 'other-predicate': changed(MODEL, ('/v1.0"', '/v1.1"')),
    'no-predicate': model(lambda v: v.pop('predicate')),
    'no-files': model(lambda v: v['predicate'].update(resources=[])),
    'files-missing': model(lambda v: v['predicate'].pop('resources')),
    'unknown-member': model(lambda v: v['predicate'].update(more=1)),
    'root-differs': changed(MODEL, (ROOT, '0' * 64)),
    'order-changed': compact(json.loads(MODEL, object_hook=lambda o: {
        k: v[::-1] if k == 'resources' else v for k, v in o.items()})),
    'two-subjects': model(lambda v: v['subject'].append(v['subject'][0])),
    'name-absolute': rename('/etc/passwd'), 'name-dots': rename('../x'), 'name-dot': rename('a/./b'),
    'name-empty': rename(''), 'name-slashes': rename('a//b'), 'name-slash-behind': rename('a/'),
    'name-newline': rename('a\nb'), 'name-twice': rename('weights.bin'),
    'file-blake2b': model(lambda v: v['predicate']['resources'][0].update(algorithm='blake2b')),
    'digest-short': model(lambda v: v['predicate']['resources'][0].update(digest='00')),
    'digest-large': model(lambda v: v['predicate']['resources'][0].update(digest='AB' * 32)),
    'shards': serialize(method='shards', shard_size=1000), 'blake3': serialize(hash_type='blake3'),
    'links': serialize(allow_symlinks=True), 'serialization-more': serialize(shard_size=1),
    'ignored-number': serialize(ignore_paths=[1]), 'ignored-text': serialize(ignore_paths='.git'),
    'no-serialization': model(lambda v: v['predicate'].pop('serialization')),
}


def pem(label, der):
    text = base64.b64encode(bytes(der)).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return '\n'.join([f'-----BEGIN {label}-----', *lines, f'-----END {label}-----', ''])


P256 = bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d030107034200')
POINT = base64.b64decode(''.join(read('p256.pem').splitlines()[1:-1]))[len(P256):]
ED25519 = bytes.fromhex('302a300506032b6570032100')
PUBLIC = read('ed25519.pem')
PUBLIC_KEYS = {
    'empty': '', 'text': 'no key', 'no-end': PUBLIC.split('-----END')[0],
    'other-end': PUBLIC.replace('END PUBLIC', 'END PRIVATE'), 'two': PUBLIC * 2,
    'other-label': pem('EC PUBLIC KEY', P256 + POINT), 'certificate': pem('CERTIFICATE', b'0'),
    'not-base64': PUBLIC.replace('MCow', 'MC*w'), 'empty-line': PUBLIC.replace('\n', '\n\n', 1),
    'padding-inside': PUBLIC.replace('MCow', 'MA==\nMCow'), 'nothing-in-it': pem('PUBLIC KEY', b''),
    'not-on-curve': pem('PUBLIC KEY', P256 + POINT[:-1] + bytes([POINT[-1] ^ 1])),
    'compressed': pem('PUBLIC KEY', bytes.fromhex('3039301306072a8648ce3d020106082a8648ce3d0301070322'
                                                  '0003') + POINT[2:34]),
    'infinity': pem('PUBLIC KEY', bytes.fromhex('3019301306072a8648ce3d020106082a8648ce3d030107030200'
                                                '00')),
    'zero-point': pem('PUBLIC KEY', P256 + b'\x04' + bytes(64)),
    'small-order-1': pem('PUBLIC KEY', ED25519 + b'\x01' + bytes(31)),
    'small-order-0': pem('PUBLIC KEY', ED25519 + bytes(32)),
    'not-canonical': pem('PUBLIC KEY', ED25519 + b'\xee' + b'\xff' * 30 + b'\x7f'),
    'ed25519-short': pem('PUBLIC KEY', ED25519 + bytes(31)), 'x25519': pem('PUBLIC KEY', bytes.fromhex(
        '302a300506032b656e032100') + b'\x09' + bytes(31)),
    'more-behind': pem('PUBLIC KEY', P256 + POINT + b'\0'), 'long': '\n' * 70000,
}

def der(tag, *parts):
    body = b''.join(parts)
    length = bytes([len(body)]) if len(body) < 128 else b'\x81' + bytes([len(body)])
    return bytes([tag]) + length + body


def number(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, 'big'))


def sealed(method, *parameters, name='2a864886f70d01050d'):
    """An encrypted key whose passphrase is made a key of by `method`."""
    cipher = der(0x30, der(6, bytes.fromhex('60864801650304012a')), der(4, bytes(16)))
    work = der(0x30, der(6, bytes.fromhex(method)), der(0x30, der(4, b'8 bytes.'), *parameters))
    outer = der(0x30, der(6, bytes.fromhex(name)), der(0x30, work, cipher))
    return pem('ENCRYPTED PRIVATE KEY', der(0x30, outer, der(4, bytes(64))))


PBKDF2, SCRYPT = '2a864886f70d01050c', '2b06010401da47040b'
PKCS8_ED25519 = bytes.fromhex('302e020100300506032b657004220420')
PKCS8_P256 = bytes.fromhex('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420')
MIDDLE = bytes.fromhex('a144034200')
SECRET = pem('PRIVATE KEY', PKCS8_ED25519 + b'\x01' * 32)
SECRET_KEYS = {
    'empty': '', 'public': PUBLIC, 'no-end': SECRET[:-6], 'two': SECRET * 2,
    'old-form': pem('EC PRIVATE KEY', b'0'), 'rsa-old-form': pem('RSA PRIVATE KEY', b'0'),
    'openssh': pem('OPENSSH PRIVATE KEY', b'0'), 'nothing-in-it': pem('PRIVATE KEY', b''),
    'not-der': pem('PRIVATE KEY', b'hello'), 'cut': pem('PRIVATE KEY', PKCS8_ED25519 + b'\x01' * 31),
    'more-behind': pem('PRIVATE KEY', PKCS8_ED25519 + b'\x01' * 32 + b'\0'),
    'x25519': pem('PRIVATE KEY', PKCS8_ED25519.replace(b'\x65\x70', b'\x65\x6e') + b'\x01' * 32),
    'halves-differ': pem('PRIVATE KEY', PKCS8_P256 + b'\x02' * 32 + MIDDLE + POINT),
    'scalar-zero': pem('PRIVATE KEY', PKCS8_P256 + bytes(32) + MIDDLE + POINT),
    'scalar-too-large': pem('PRIVATE KEY', PKCS8_P256 + b'\xff' * 32 + MIDDLE + POINT),
    'point-not-on-curve': pem('PRIVATE KEY', PKCS8_P256 + b'\x01' * 32 + MIDDLE + POINT[:-1] + b'\0'),
    'curve-unknown': pem('PRIVATE KEY', PKCS8_P256.replace(b'\x03\x01\x07', b'\x03\x01\x06') + b'\x01' * 32
                         + MIDDLE + POINT),
    'sealed-not-der': pem('ENCRYPTED PRIVATE KEY', b'hello'),
    'sealed-good': sealed(PBKDF2, number(2048)),
    'sealed-rounds': sealed(PBKDF2, number(10**7 + 1)), 'sealed-rounds-below-0': sealed(PBKDF2, b'\2\1\xff'),
    'sealed-scrypt-n': sealed(SCRYPT, number(2**23), number(1), number(1)),
    'sealed-scrypt-p': sealed(SCRYPT, number(64), number(1), number(131072)),
    'sealed-scrypt-overflow': sealed(SCRYPT, number(2**40), number(2**40), number(2**40)),
    'sealed-other-method': sealed('2a864886f70d010506', number(1)),
    'sealed-old': sealed(PBKDF2, number(1), name='2a864886f70d010c0103'),
    'sealed-empty': pem('ENCRYPTED PRIVATE KEY', b''), 'long': '\n' * 70000,
}


def main():
    for kind, suffix, cases in (('dsse', 'json', ENVELOPES), ('statement', 'json', STATEMENTS),
                                ('rekor', 'json', LEAVES), ('sigstore', 'json', BUNDLES),
                                ('oms', 'json', MODELS), ('key', 'pub', PUBLIC_KEYS),
                                ('key', 'key', SECRET_KEYS)):
        (OUT / kind).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            if kind == 'key':
                name = f'{"public" if suffix == "pub" else "secret"}-{name}'
            (OUT / kind / f'{name}.{suffix}').write_bytes(
                data.encode() if isinstance(data, str) else data)


if __name__ == '__main__':
    main()

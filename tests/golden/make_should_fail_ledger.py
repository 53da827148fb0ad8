#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of what the ledger is made of (standard library only, same bytes
every time).

Usage: make_should_fail_ledger.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/golden/test_should_fail_ledger does that, and a person reads
the difference.
"""
import base64
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail'
NAME = 'example.com/baton-audit'
KEY = 'AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4'
TEXT = f'{NAME}\n300\n4BsONTxLnszPUag63lJOdu1sTqFEed8GnTMm7B4r98M=\n'
LINE = (f'— {NAME} 6IXHm2p7PIGVvQjgi8NcRYzMewaP4p+44iGbJNCTJTLjMNXJZpBWB/wih3pmx9R3tc294P1vY3RrPhY'
        '+n1aeHBAclgE=\n')

NOTES = {
    'empty': '', 'one-newline': '\n', 'no-signature': TEXT + '\n', 'no-empty-line': TEXT + LINE,
    'no-end': f'{TEXT}\n{LINE[:-1]}', 'no-dash': f'{TEXT}\nsigned by me\n',
    'hyphen-for-dash': f'{TEXT}\n- name AAAAAAAA\n', 'no-blob': f'{TEXT}\n— name\n',
    'name-empty': f'{TEXT}\n—  AAAAAAAA\n', 'name-plus': f'{TEXT}\n— a+b AAAAAAAA\n',
    'name-unicode-space': f'{TEXT}\n— a\u2003b AAAAAAAA\n', 'control': f'te\txt\n\n{LINE}',
    'carriage-return': f'text\r\n\n{LINE}', 'nul': f'te\0xt\n\n{LINE}',
    'bad-utf8': b'te\xffxt\n\n' + LINE.encode(), 'signatures-33': f'{TEXT}\n' + LINE * 33,
}
KEYS = {
    'nothing': '', 'name-only': NAME, 'no-key': f'{NAME}+e885c79b', 'no-name': f'+e885c79b+{KEY}',
    'other-id': f'{NAME}+e885c79c+{KEY}', 'large-hex': f'{NAME}+E885C79B+{KEY}',
    'short-id': f'{NAME}+e885c7+{KEY}', 'other-name': f'example.com/other+e885c79b+{KEY}',
    'name-with-blank': f'a b+e885c79b+{KEY}', 'name-long': f'{"a" * 256}+e885c79b+{KEY}',
    'more-behind': f'{NAME}+e885c79b+{KEY}+', 'newline-behind': f'{NAME}+e885c79b+{KEY}\n',
    'other-algorithm': f'{NAME}+e885c79b+AgO{KEY[3:]}', 'short-key': f'{NAME}+e885c79b+{KEY[:40]}',
    'url-safe-base64': f'{NAME}+e885c79b+{KEY.replace("/", "_").replace("+", "-")}',
    'id-longer': f'{NAME}+e885c79b00+{KEY}', 'key-longer': f'{NAME}+e885c79b+{KEY}AA==',
    'small-order': 'small+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
}
ROOT = '4BsONTxLnszPUag63lJOdu1sTqFEed8GnTMm7B4r98M='
CHECKPOINTS = {
    'empty': '', 'origin-only': f'{NAME}\n', 'no-origin': f'\n300\n{ROOT}\n',
    'no-root': f'{NAME}\n300\n', 'no-end': f'{NAME}\n300\n{ROOT}',
    'size-with-zero': f'{NAME}\n0300\n{ROOT}\n', 'size-signed': f'{NAME}\n+300\n{ROOT}\n',
    'size-negative': f'{NAME}\n-1\n{ROOT}\n', 'size-huge': f'{NAME}\n{2**63}\n{ROOT}\n',
    'size-hex': f'{NAME}\n0x12\n{ROOT}\n', 'size-blank': f'{NAME}\n300 \n{ROOT}\n',
    'root-short': f'{NAME}\n300\n4BsONTxLnszPUag63lJOdg==\n',
    'root-longer': f'{NAME}\n300\n{ROOT[:-1]}A\n',
    'root-bare': f'{NAME}\n300\n{ROOT[:-1]}\n',
    'root-leftover-bits': f'{NAME}\n300\n{ROOT[:-2]}N=\n',
    'extension-empty': f'{NAME}\n300\n{ROOT}\n\nmore\n', 'empty-tree': f'{NAME}\n0\n{ROOT}\n',
}


def leaf(data):
    return hashlib.sha256(b'\0' + data).digest()


def tree(hashes):
    """The root of RFC 6962 section 2.1 over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b'\1' + tree(hashes[:split]) + tree(hashes[split:])).digest()


def inclusion(index, hashes):
    """Its section 2.1.1: the hashes beside the way of a leaf, the lowest first."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return inclusion(index, hashes[:split]) + [tree(hashes[split:])]
    return inclusion(index - split, hashes[split:]) + [tree(hashes[:split])]


ENTRIES = [leaf(b'entry %d\n' % i) for i in range(300)]
HASHES = [base64.b64encode(h).decode() for h in inclusion(21, ENTRIES)]
MAGIC = 'c2sp.org/tlog-proof@v1\n'
NOTE = f'{TEXT}\n{LINE}'


def proof(index='21', hashes=None, extra='', magic=MAGIC, note=NOTE):
    lines = ''.join(f'{h}\n' for h in (HASHES if hashes is None else hashes))
    return f'{magic}{extra}index {index}\n{lines}\n{note}'


PROOFS = {
    'empty': '', 'magic-only': MAGIC, 'other-version': proof(magic='c2sp.org/tlog-proof@v2\n'),
    'magic-without-end': MAGIC[:-1], 'no-index': proof().replace('index 21\n', ''),
    'index-word': proof('one'), 'index-with-zero': proof('021'), 'index-negative': proof('-1'),
    'index-huge': proof(str(2**63)), 'index-twice': proof('21\nindex 21'),
    'index-two-blanks': proof(' 21'), 'extra-empty': proof(extra='extra \n'),
    'extra-no-base64': proof(extra='extra model v1\n'), 'extra-twice': proof(extra='extra AA==\n' * 2),
    'extra-behind-index': proof('21\nextra AA=='),
    'extra-large': proof(extra=f'extra {"AAAA" * 11000}\n'),
    'no-empty-line': proof().replace(f'{HASHES[-1]}\n\n', f'{HASHES[-1]}\n'),
    'hash-short': proof(hashes=[HASHES[0][:40]] + HASHES[1:]),
    'hash-bare': proof(hashes=[HASHES[0].rstrip('=')] + HASHES[1:]),
    'hash-with-blank': proof(hashes=[HASHES[0] + ' '] + HASHES[1:]),
    'hash-longer': proof(hashes=[HASHES[0][:-1] + 'A'] + HASHES[1:]),
    'hash-hex': proof(hashes=[base64.b64decode(HASHES[0]).hex()] + HASHES[1:]),
    'hashes-64': proof(hashes=HASHES[:1] * 64), 'no-checkpoint': proof(note=''),
    'checkpoint-unsigned': proof(note=TEXT), 'no-hashes': proof(hashes=[]),
    'hash-missing': proof(hashes=HASHES[:-1]), 'hash-behind': proof(hashes=HASHES + HASHES[:1]),
    'hashes-reversed': proof(hashes=HASHES[::-1]), 'other-index': proof('20'),
    'index-outside': proof('300'), 'carriage-returns': proof().replace('\n', '\r\n'),
    'other-root': proof(note=NOTE.replace('4Bs', '5Bs')),
    'other-size': proof(note=NOTE.replace('\n300\n', '\n301\n')),
    'stranger': proof(note=NOTE.replace('— example.com', '— example.org')),
    'line-behind': proof() + 'more\n', 'hash-first': '\n' + proof(),
}


def cosigner(name, seed):
    """The verifier key of a witness that has the key of a log."""
    public = base64.b64decode(seed)[1:]
    key = b'\4' + public
    key_id = hashlib.sha256(name.encode() + b'\n' + key).digest()[:4]
    return f'{name}+{key_id.hex()}+{base64.b64encode(key).decode()}'


LOG = f'log {NAME}+e885c79b+{KEY}\n'
W1 = f'witness w1 {cosigner("w1.example", KEY)}\n'
W2 = f'witness w2 {cosigner("w2.example", "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")}\n'
BOTH = LOG + W1 + W2
POLICIES = {
    'empty': '', 'no-quorum': BOTH, 'no-end': BOTH + 'quorum w1',
    'quorum-twice': BOTH + 'quorum w1\nquorum w1\n', 'quorum-unknown': BOTH + 'quorum w3\n',
    'quorum-before': LOG + 'quorum w1\n' + W1, 'quorum-bare': BOTH + 'quorum\n',
    'quorum-of-two': BOTH + 'quorum w1 w2\n', 'word-unknown': BOTH + 'trust w1\nquorum w1\n',
    'carriage-return': BOTH + 'quorum w1\r\n', 'control': BOTH + '#\x1b[2J\nquorum w1\n',
    'delete': BOTH + '# \x7f\nquorum w1\n', 'other-blank': BOTH + 'quorum\u00a0w1\n',
    'log-twice': LOG + LOG + 'quorum none\n', 'log-of-witness-key': W1.replace('witness w1', 'log') +
    'quorum none\n', 'log-without-key': 'log\nquorum none\n',
    'log-more': LOG[:-1] + ' https://a https://b\nquorum none\n',
    'log-key-wrong': LOG.replace('e885', 'e886') + 'quorum none\n',
    'witness-of-log-key': LOG.replace('log', 'witness w1') + 'quorum w1\n',
    'witness-bare': LOG + 'witness w1\nquorum none\n',
    'witness-key-twice': LOG + W1 + f'witness w2 {cosigner("other", KEY)}\nquorum w1\n',
    'witness-name-twice': LOG + W1 + W2.replace('witness w2', 'witness w1') + 'quorum w1\n',
    'witness-none': LOG + W1.replace('witness w1', 'witness none') + 'quorum none\n',
    'witness-ml-dsa': f'witness w w.example+00000000+{base64.b64encode(bytes([6] * 33)).decode()}\n',
    'group-bare': BOTH + 'group g any\nquorum g\n', 'group-none': BOTH + 'group none any w1\n',
    'group-unknown': BOTH + 'group g any w3\nquorum g\n',
    'group-of-itself': BOTH + 'group g any g w1\nquorum g\n',
    'group-of-later': BOTH + 'group g any h\ngroup h any w1\nquorum g\n',
    'group-of-none': BOTH + 'group g any none\nquorum g\n',
    'group-name-of-witness': BOTH + 'group w1 any w2\nquorum w1\n',
    'group-zero': BOTH + 'group g 0 w1 w2\nquorum g\n',
    'group-three-of-two': BOTH + 'group g 3 w1 w2\nquorum g\n',
    'group-some': BOTH + 'group g some w1 w2\nquorum g\n',
    'group-number-with-zero': BOTH + 'group g 01 w1 w2\nquorum g\n',
    'member-twice': BOTH + 'group g 2 w1 w1\nquorum g\n',
    'member-of-two': BOTH + 'group g any w1\ngroup h any w1 w2\nquorum h\n',
    'groups-33': BOTH + ''.join(f'group g{i} any {f"g{i - 1}" if i else "w1"}\n' for i in range(33)) +
    'quorum g32\n',
    'name-long': LOG + W1.replace('w1 ', 'w' * 300 + ' ', 1) + 'quorum none\n',
    'url-long': LOG[:-1] + f' https://{"a" * 2048}\nquorum none\n',
}


def consistency(old, hashes, whole=True):
    """RFC 6962 section 2.1.2: from the first `old` leaves to all."""
    if old == len(hashes):
        return [] if whole else [tree(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= split:
        return consistency(old, hashes[:split], whole) + [tree(hashes[split:])]
    return consistency(old - split, hashes[split:], False) + [tree(hashes[:split])]


GROWTH = [base64.b64encode(h).decode() for h in consistency(21, ENTRIES)]


def request(old='21', hashes=None, note=NOTE):
    lines = ''.join(f'{h}\n' for h in (GROWTH if hashes is None else hashes))
    return f'old {old}\n{lines}\n{note}'


REQUESTS = {
    'empty': '', 'no-old': request()[7:], 'old-word': request('none'), 'old-bare': request(''),
    'old-with-zero': request('021'), 'old-signed': request('+21'), 'old-huge': request(str(2**63)),
    'old-capital': request().replace('old', 'Old'), 'old-two-blanks': request(' 21'),
    'old-twice': request('21\nold 21'), 'carriage-returns': request().replace('\n', '\r\n'),
    'no-empty-line': request().replace(f'{GROWTH[-1]}\n\n', f'{GROWTH[-1]}\n'),
    'hashes-64': request(hashes=GROWTH[:1] * 64), 'hash-short': request(hashes=[GROWTH[0][:40]]),
    'hash-with-blank': request(hashes=[GROWTH[0] + ' '] + GROWTH[1:]),
    'hash-hex': request(hashes=[base64.b64decode(GROWTH[0]).hex()] + GROWTH[1:]),
    'hash-url-safe': request(hashes=[base64.urlsafe_b64encode(bytes([255] * 32)).decode()]),
    'no-checkpoint': request(note=''), 'unsigned': request(note=TEXT),
    'other-size': request(note=NOTE.replace('\n300\n', '\n301\n')),
    'other-root': request(note=NOTE.replace('4Bs', '5Bs')),
    'stranger': request(note=NOTE.replace('— example.com', '— example.org')),
    'other-origin': request(note=NOTE.replace('example.com', 'example.org', 1)),
    'no-hashes': request(hashes=[]), 'hash-missing': request(hashes=GROWTH[:-1]),
    'hash-behind': request(hashes=GROWTH + GROWTH[:1]),
    'hashes-reversed': request(hashes=GROWTH[::-1]), 'other-old': request('20'),
    'line-behind': request() + 'more\n', 'large': request(note=NOTE + LINE * 600),
}


def main():
    for kind, suffix, cases in (('note', 'note', NOTES), ('note', 'key', KEYS),
                                ('checkpoint', 'txt', CHECKPOINTS),
                                ('tlog-proof', 'tlog-proof', PROOFS),
                                ('quorum', 'policy', POLICIES),
                                ('witness-request', 'request', REQUESTS)):
        (OUT / kind).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (OUT / kind / f'{name}.{suffix}').write_bytes(
                data.encode() if isinstance(data, str) else data)


if __name__ == '__main__':
    main()

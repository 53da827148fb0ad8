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


def main():
    for kind, suffix, cases in (('note', 'note', NOTES), ('note', 'key', KEYS),
                                ('checkpoint', 'txt', CHECKPOINTS),
                                ('tlog-proof', 'tlog-proof', PROOFS)):
        (OUT / kind).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (OUT / kind / f'{name}.{suffix}').write_bytes(
                data.encode() if isinstance(data, str) else data)


if __name__ == '__main__':
    main()

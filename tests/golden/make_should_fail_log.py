#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of a log's own files, and good ones for the fuzzer to start from
(standard library only, same bytes every time): docs/formats/ledger.md as a program.

Usage: make_should_fail_log.py [FOLDER]   The expected first lines are blessed as those of
make_should_fail_ledger.py are.
"""
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail'
CORPUS = HERE.parent / 'fuzz' / 'corpus' / 'journal'
PAGE = 4096
SALT = b'saltsalt'
EMPTY = hashlib.sha256().digest()


def number(value, size):
    return value.to_bytes(size, 'big')


def items(prefix, values):
    return b''.join(number(len(v), prefix) + v for v in values)


def head(magic=b'BTLOGH1\n', area=64 << 20, active=0, flip=None, cut=PAGE):
    page = magic + number(7, 8) + number(area, 8) + b'b' * 36 + number(active, 2) + number(0, 2)
    page += (SALT + number(0, 8) + EMPTY) * 2
    page = page.ljust(PAGE - 32, b'\0')
    page = bytearray(page + hashlib.sha256(page).digest())
    if flip is not None:
        page[flip] ^= 1
    return bytes(page[:cut])


def record(magic=b'BTLOGR1\n', first=0, leaves=(b'a', b'bc'), contents=(b'', b'x'), **other):
    """`other`: count, leaves_bytes, contents_bytes, lens, flip, cut."""
    note = b'note\n'
    leaves = other.get('leaves_bytes', items(2, leaves))
    contents = other.get('contents_bytes', items(4, contents))
    lens = other.get('lens', (len(note), len(leaves), len(contents)))
    start = magic + other.get('salt', SALT) + number(first, 8) + number(other.get('count', 2), 4)
    start += number(lens[0], 4) + number(lens[1], 8) + number(lens[2], 8)
    body = note + leaves + contents
    body += bytes(-(len(start) + 32 + len(body)) % PAGE)
    whole = bytearray(start + hashlib.sha256(start + body).digest() + body)
    if 'flip' in other:
        whole[other['flip']] ^= 1
    return bytes(whole[:other.get('cut', len(whole))])


JOURNALS = {
    'head-magic': head(magic=b'BTLOGH2\n'), 'head-cut': head(cut=PAGE - 1),
    'head-longer': head() + b'\0', 'head-no-area': head(area=0),
    'head-area-small': head(area=15 * PAGE), 'head-area-no-pages': head(area=(64 << 20) + 1),
    'head-area-huge': head(area=1 << 33), 'head-active-2': head(active=2),
    'head-flipped-first': head(flip=8), 'head-flipped-zeros': head(flip=3000),
    'head-flipped-digest': head(flip=PAGE - 1), 'empty': b'',
    'record-magic': record(magic=b'BTLOGR2\n'), 'record-other-salt': record(salt=b'other...'),
    'record-cut-in-head': record(cut=79), 'record-cut': record(cut=PAGE - 1),
    'record-flipped-first': record(flip=23), 'record-flipped-padding': record(flip=PAGE - 1),
    'record-flipped-digest': record(flip=48), 'record-no-entries': record(count=0),
    'record-more-entries': record(count=3), 'record-fewer-entries': record(count=1),
    'record-number-huge': record(first=2**63 - 2), 'record-number-wraps': record(first=2**64 - 2),
    'record-leaf-empty': record(leaves=(b'', b'bc')),
    'record-leaf-cut': record(leaves_bytes=items(2, [b'a']) + b'\0\5bc'),
    'record-content-cut': record(contents_bytes=items(4, [b'']) + b'\0\0\0\2x'),
    'record-content-length-cut': record(contents_bytes=items(4, [b'']) + b'\0\0'),
    'record-content-missing': record(contents=(b'',)),
    'record-bytes-behind': record(contents_bytes=items(4, [b'', b'x']) + b'y'),
    'record-lengths-huge': record(lens=(2**32 - 1, 2**64 - 1, 2**64 - 1)),
    'record-lengths-wrap': record(lens=(5, 2**64 - 5, 7)),
    'record-longer-than-file': record(lens=(5, 7, 1 << 20)),
}
# Read as the tile of the first three entries.
THREE = items(2, [b'a', b'bc', b'def'])
BUNDLES = {
    'empty': b'', 'one-byte': b'\0', 'length-only': b'\0\1', 'two': THREE[:-5], 'cut': THREE[:-1],
    'cut-in-length': THREE[:-4], 'four': THREE + b'\0\1x', 'byte-behind': THREE + b'\0',
    'zeros-behind': THREE + b'\0\0', 'length-longer': THREE[:-4] + b'\4def',
    'length-shorter': THREE[:-4] + b'\2def', 'length-largest': b'\xff\xff' + THREE,
    'lengths-of-32-bits': items(4, [b'a', b'bc', b'def']),
    'lengths-little-endian': b'\1\0a\2\0bc\3\0def', 'zeros': bytes(64), 'text': b'a\nbc\ndef\n',
    'twice': THREE * 2,
}
GOOD = {'head': head(), 'record': record(), 'record-large': record(
    leaves=[b'l' * 999] * 40, contents=[b'c' * 40] * 40, count=40)}


def main():
    for kind, cases in (('journal', JOURNALS), ('entries', BUNDLES)):
        (OUT / kind).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (OUT / kind / f'{name}.{kind}').write_bytes(data)
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name, data in GOOD.items():
        (CORPUS / name).write_bytes(data)


if __name__ == '__main__':
    main()

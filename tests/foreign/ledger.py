#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audit a ledger with Python's hashlib and openssl, from the text of RFC 6962 and C2SP alone.

    ledger.py ledger VKEY FOLDER               every entry and every tile, against the checkpoint
    ledger.py grown VKEY FOLDER CHECKPOINT     and that the tree continues an older checkpoint's
    ledger.py proof VKEY PROOF LEAF            a .tlog-proof of the entry in file LEAF
"""
import base64
import hashlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Refused(Exception):
    pass


def leaf_hash(data):
    return hashlib.sha256(b'\0' + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def tree_hash(hashes):
    """Section 2.1, level by level: a node without a neighbour moves up as it is."""
    if not hashes:
        return hashlib.sha256().digest()
    while len(hashes) > 1:
        paired = [node_hash(*hashes[i:i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes = paired + hashes[len(hashes) & ~1:]
    return hashes[0]


def open_checkpoint(vkey, path):
    """(size, root), signed by the log."""
    done = subprocess.run([HERE / 'by_hand.sh', 'checkpoint', vkey, path], text=True, check=False,
                          stdout=subprocess.PIPE)
    if done.returncode:
        raise Refused(done.stdout.strip())
    lines = pathlib.Path(path).read_text().split('\n')
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def tile_path(kind, index, width):
    name = f'{index % 1000:03}'
    while index >= 1000:
        index //= 1000
        name = f'x{index % 1000:03}/{name}'
    return f'tile/{kind}/{name}' + (f'.p/{width}' if width < 256 else '')


def read_entries(folder, size):
    for first in range(0, size, 256):
        data = (folder / tile_path('entries', first // 256, min(256, size - first))).read_bytes()
        while data:
            length = int.from_bytes(data[:2], 'big')
            if len(data) < 2 + length:
                raise Refused('an entry is cut short')
            yield data[2:2 + length]
            data = data[2 + length:]


def check_tiles(folder, hashes):
    level = 0
    while hashes:
        for first in range(0, len(hashes), 256):
            tile = hashes[first:first + 256]
            if (folder / tile_path(level, first // 256, len(tile))).read_bytes() != b''.join(tile):
                raise Refused(f'tile {first // 256} of level {level} is of something else')
        hashes = [tree_hash(hashes[i:i + 256]) for i in range(0, len(hashes) & ~255, 256)]
        level += 1


def audit(vkey, folder):
    folder = pathlib.Path(folder)
    size, root = open_checkpoint(vkey, folder / 'checkpoint')
    hashes = [leaf_hash(entry) for entry in read_entries(folder, size)]
    if len(hashes) != size or tree_hash(hashes) != root:
        raise Refused('the entries make another tree')
    check_tiles(folder, hashes)
    return hashes


def grown(vkey, folder, before):
    size, root = open_checkpoint(vkey, before)
    hashes = audit(vkey, folder)
    if size > len(hashes) or tree_hash(hashes[:size]) != root:
        raise Refused('the tree does not continue the older one')


def proof(vkey, path, leaf):
    head, checkpoint = pathlib.Path(path).read_bytes().split(b'\n\n', 1)
    lines = head.decode().split('\n')
    if lines[0] != 'c2sp.org/tlog-proof@v1' or not lines[1].startswith('index '):
        raise Refused('not a tlog-proof')
    note = pathlib.Path(path).with_suffix('.checkpoint')
    note.write_bytes(checkpoint)
    size, root = open_checkpoint(vkey, note)
    index, last, node = int(lines[1][6:]), size - 1, leaf_hash(pathlib.Path(leaf).read_bytes())
    if index > last:
        raise Refused('the entry lies outside the tree')
    for text in lines[2:]:
        beside = base64.b64decode(text, validate=True)
        if last == 0 or len(beside) != 32:
            raise Refused('a hash too many, or not one')
        if index & 1 or index == last:
            node = node_hash(beside, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, beside)
        index, last = index >> 1, last >> 1
    if last or node != root:
        raise Refused('the hashes lead to another root')


def main():
    try:
        {'ledger': audit, 'grown': grown, 'proof': proof}[sys.argv[1]](*sys.argv[2:])
    except (Refused, OSError, ValueError, IndexError) as problem:
        print(f'refused: {problem}')
        sys.exit(1)


if __name__ == '__main__':
    main()

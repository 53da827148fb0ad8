# SPDX-License-Identifier: Apache-2.0
"""NPZ files as baton writes them, and the digests of what is in them: docs/formats/golden.md and
value-digest.md, read with the standard library only. Part of read_bundle.py."""
import hashlib
import io
import math
import re
import struct
import zipfile


class Refused(Exception):
    """What does not hold."""


def need(condition, text):
    if not condition:
        raise Refused(text)


def sha256(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


# NPY type: TensorProto.DataType, bytes, the NaN that stands for all and the bits that show one
TYPES = {'<f4': (1, 4), '|u1': (2, 1), '|i1': (3, 1), '<u2': (4, 2), '<i2': (5, 2), '<i4': (6, 4),
         '<i8': (7, 8), '|b1': (9, 1), '<f2': (10, 2), '<f8': (11, 8), '<u4': (12, 4), '<u8': (13, 8)}
NANS = {'<f4': ('<I', 0x7f800000, 0x7fc00000), '<f2': ('<H', 0x7c00, 0x7e00),
        '<f8': ('<Q', 0x7ff << 52, 0x7ff8 << 48)}


def read_npy(data, what):
    """(type, shape, bytes of the elements)"""
    need(data[:8] == b'\x93NUMPY\x01\x00', f'{what}: not NPY 1.0')
    length, = struct.unpack_from('<H', data, 8)
    header = data[10:10 + length].decode('latin-1')
    found = re.fullmatch(r"\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n",
                         header)
    need(found and (10 + length) % 64 == 0, f'{what}: header {header!r}')
    shape = [int(n) for n in found.group(2).split(',') if n.strip()]
    kind, body = found.group(1), data[10 + length:]
    width = 4 * int(kind[2:]) if kind.startswith('<U') else TYPES[kind][1]
    need(len(body) == width * math.prod(shape), f'{what}: {len(body)} bytes for {kind} {shape}')
    return kind, shape, body


def read_npz(data, what):
    """{name: array}, in the order of the file."""
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as npz:
        for item in npz.infolist():
            need(item.compress_type == zipfile.ZIP_STORED, f'{what}: {item.filename} is compressed')
            need(item.filename.endswith('.npy'), f'{what}: {item.filename} is no array')
            name = item.filename[:-4]
            need(name not in arrays, f'{what}: {name} twice')
            arrays[name] = read_npy(npz.read(item), f'{what}: {name}')
    return arrays


def elements(kind, body):
    if kind.startswith('<U'):
        width = 4 * int(kind[2:])
        texts = (body[i:i + width].decode('utf-32-le').rstrip('\0').encode()
                 for i in range(0, len(body), width or 1))
        return b''.join(struct.pack('<Q', len(text)) + text for text in texts)
    if kind not in NANS:
        return body
    code, exponent, nan = NANS[kind]
    sign = 1 << (8 * struct.calcsize(code) - 1)
    bits = (value for value, in struct.iter_unpack(code, body))
    return b''.join(struct.pack(code, nan if v & (sign - 1) > exponent else v) for v in bits)


def tensor_bytes(array):
    kind, shape, body = array
    dtype = 8 if kind.startswith('<U') else TYPES[kind][0]
    return (struct.pack(f'<BB{len(shape)}q', dtype, len(shape), *shape) + elements(kind, body))


def value_bytes(arrays, name):
    if name + '.keys' in arrays:
        return b'\2' + tensor_bytes(arrays[name + '.keys']) + tensor_bytes(arrays[name])
    return b'\1' + tensor_bytes(arrays[name])


def names_of(arrays):
    return [n for n in arrays if not (n.endswith('.keys') and n[:-5] in arrays)]


def set_digest(arrays):
    data = b''
    for name in names_of(arrays):
        data += struct.pack('<Q', len(name.encode())) + name.encode() + value_bytes(arrays, name)
    return sha256(data)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of the codec formats (standard library only, same bytes every time).

Usage: make_codec.py [FOLDER]   FOLDER is this script's own unless given. The expected first lines
(<case>.expected) are not written here: BATON_BLESS=1 build/tests/codec/test_should_fail does that,
and a person reads the difference.
"""
import pathlib
import struct
import sys
import zlib

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent) / "should-fail"


def put(kind, name, data):
    folder = OUT / kind
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    (folder / f"{name}.{kind}").write_bytes(data)


# ---- JSON ----

def json_cases():
    cases = {
        "empty": "", "blank": " \n\t ", "word": "nul", "two-values": "1 2", "trailing-comma": "[1,]",
        "trailing-comma-object": '{"a":1,}', "missing-colon": '{"a" 1}', "missing-comma": "[1 2]",
        "unquoted-key": "{a:1}", "single-quotes": "{'a':1}", "wrong-bracket": "[1}", "open-array": "[1,2",
        "open-object": '{"a":1', "open-string": '"abc', "duplicate-key": '{\n "a": 1,\n "b": 2,\n "a": 3\n}',
        "duplicate-key-escaped": '{"a":1,"\\u0061":2}', "comment": "[1] // no", "leading-zero": "[01]",
        "leading-plus": "[+1]", "bare-point": "[.5]", "point-at-end": "[1.]", "bare-exponent": "[1e]",
        "bare-minus": "[-]", "hexadecimal": "[0x10]", "nan": "[NaN]", "infinity": "[-Infinity]",
        "control-in-string": '"a\nb"', "unknown-escape": '"\\x41"', "short-escape": '"\\u12"',
        "escape-at-end": '"\\', "lone-high-surrogate": '"\\ud800"', "lone-low-surrogate": '"\\udc00"',
        "swapped-surrogates": '"\\udc00\\ud800"', "high-and-letter": '"\\ud800a"',
        "deep-array": "[" * 65 + "]" * 65, "deep-object": '{"a":' * 65 + "1" + "}" * 65,
        "very-deep": "[" * 5000, "escape-sequence": "[\x1b[31m]",
    }
    for name, text in cases.items():
        put("json", name, text)
    put("json", "byte-order-mark", b"\xef\xbb\xbf{}")
    put("json", "overlong-utf8", b'"\xc0\xaf"')
    put("json", "cut-utf8", b'"\xe2\x82"')
    put("json", "surrogate-utf8", b'"\xed\xa0\x80"')
    put("json", "latin1", b'{"name": "caf\xe9"}')
    put("json", "beyond-unicode", b'"\xf4\x90\x80\x80"')
    put("json", "nul-after", b"{}\0")
    put("json", "utf16", "{}".encode("utf-16-le"))


# ---- NPY ----

def npy(header, data=b"", version=(1, 0)):
    text = header.encode("latin-1")
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + data


def header(descr="'<f4'", order="False", shape="(2,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def npy_cases():
    eight = bytes(8)
    cases = {
        "empty": b"", "no-magic": b"\x92NUMPY\x01\x00\x02\x00{}", "version-4": npy(header(), eight, (4, 0)),
        "version-1-1": npy(header(), eight, (1, 1)), "cut-header": npy(header(), eight)[:40],
        "cut-length": b"\x93NUMPY\x03\x00\xff\xff", "huge-header": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
        "cut-data": npy(header(), bytes(7)), "trailing-bytes": npy(header(), bytes(9)),
        "overflow-shape": npy(header(shape="(4294967296, 4294967296, 4294967296)"), eight),
        "huge-dimension": npy(header(shape="(99999999999999999999,)"), eight),
        "negative-dimension": npy(header(shape="(-1,)")), "zero-hides-huge": npy(header(shape="(0, 9223372036854775807, 9)")),
        "rank-9": npy(header(shape="(1, 1, 1, 1, 1, 1, 1, 1, 1)"), bytes(4)), "no-comma-in-shape": npy(header(shape="(2)"), eight),
        "expression": npy(header(shape="(1+1,)"), eight), "call": npy(header(descr="__import__('os')"), eight),
        "object": npy(header(descr="'|O'"), eight), "structured": npy(header(descr="[('a', '<f4')]"), eight),
        "complex": npy(header(descr="'<c8'"), bytes(16)), "float16-bytes": npy(header(descr="'<f3'"), bytes(6)),
        "zero-width": npy(header(descr="'<U0'", shape="(1000000000,)")), "unknown-key": npy("{'descr': '<f4', 'x': 1}"),
        "duplicate-key": npy("{'descr': '<f4', 'descr': '<f4', 'shape': ()}"), "missing-key": npy("{'descr': '<f4', 'shape': ()}"),
        "text-after": npy(header() + "x", eight), "bad-order": npy(header(order="0"), eight),
        "bad-bool": npy(header(descr="'|b1'"), b"\x01\x02"), "bad-unicode": npy(header(descr="'<U1'"), struct.pack("<II", 65, 0x110000)),
        "surrogate": npy(header(descr="'<U1'"), struct.pack("<II", 65, 0xD800)), "open-string": npy("{'descr"),
    }
    for name, data in cases.items():
        put("npy", name, data)


# ---- ZIP and NPZ ----

GOOD = npy(header(), bytes(8))


class Zip:
    """Every field can be told to lie."""

    def __init__(self):
        self.local = b""
        self.central = b""
        self.count = 0

    def add(self, name, data=GOOD, *, method=0, packed=None, crc=None, size=None, flags=0, attr=0, local_name=None, offset=None,
            extra=b"", made_by=0x0314, after=b""):
        name = name.encode() if isinstance(name, str) else name
        packed = data if packed is None else packed
        crc = zlib.crc32(data) if crc is None else crc
        size = len(data) if size is None else size
        offset = len(self.local) if offset is None else offset
        common = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0x21, crc, len(packed) & 0xffffffff, size, len(name), len(extra))
        self.local += b"PK\3\4" + common + (local_name or name) + extra + packed + after
        self.central += b"PK\1\2" + struct.pack("<H", made_by) + common + struct.pack("<HHHII", 0, 0, 0, attr, offset) + name + extra
        self.count += 1
        return self

    def bytes(self, comment=b"", count=None, between=b"", disk=0):
        count = self.count if count is None else count
        body = self.local + between
        return body + self.central + b"PK\5\6" + struct.pack("<HHHHIIH", disk, disk, count, count, len(self.central), len(body),
                                                             len(comment)) + comment


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def npz_cases():
    a = "a.npy"
    bomb = bytes(2 << 20)
    good = Zip().add(a).bytes()
    cases = {
        "empty": b"", "text": b"this is not an archive at all, not one bit", "truncated": good[:-1], "trailing-bytes": good + b"x",
        "comment": Zip().add(a).bytes(comment=b"hello"), "only-end-missing": good[:-22], "two-disks": Zip().add(a).bytes(disk=1),
        "traversal": Zip().add("../a.npy").bytes(), "traversal-inside": Zip().add("x/../../a.npy").bytes(),
        "absolute": Zip().add("/etc/a.npy").bytes(), "backslash": Zip().add("..\\a.npy").bytes(), "control-name": Zip().add("a\n.npy").bytes(),
        "empty-name": Zip().add("").bytes(), "not-utf8-name": Zip().add(b"\xff.npy").bytes(), "nul-name": Zip().add(b"a\0.npy").bytes(),
        "folder": Zip().add("a/", b"").bytes(), "long-name": Zip().add("a" * 5000).bytes(), "not-npy": Zip().add("a.txt").bytes(),
        "duplicate": Zip().add(a).add("b.npy").add(a).bytes(), "link": Zip().add(a, b"/etc/passwd", attr=0o120777 << 16).bytes(),
        "device": Zip().add(a, b"", attr=0o020666 << 16).bytes(), "encrypted": Zip().add(a, flags=1).bytes(),
        "method-lzma": Zip().add(a, method=14).bytes(), "unknown-flag": Zip().add(a, flags=0x40).bytes(),
        "bad-crc": Zip().add(a, crc=1).bytes(), "bad-crc-deflated": Zip().add(a, method=8, packed=deflate(GOOD), crc=1).bytes(),
        "cut-deflate": Zip().add(a, method=8, packed=deflate(GOOD)[:-3]).bytes(),
        "deflate-garbage": Zip().add(a, method=8, packed=b"\xff\xff\xff\xff").bytes(),
        "deflate-rest": Zip().add(a, method=8, packed=deflate(GOOD) + b"x").bytes(),
        "deflate-longer-than-said": Zip().add(a, method=8, packed=deflate(GOOD), size=10).bytes(),
        "deflate-shorter-than-said": Zip().add(a, method=8, packed=deflate(GOOD), size=10000).bytes(),
        "stored-sizes-differ": Zip().add(a, size=9).bytes(), "bomb-ratio": Zip().add(a, bomb, method=8, packed=deflate(bomb)[:60]).bytes(),
        "bomb-size": Zip().add(a, method=8, packed=bytes(4 << 10), size=0xfffffffe).bytes(),
        "overlap": Zip().add(a).add("b.npy", offset=0).bytes(), "self-overlap": Zip().add(a).add(a, offset=0).bytes(),
        "gap": Zip().add(a, after=b"hidden").add("b.npy").bytes(), "gap-before-central": Zip().add(a).bytes(between=b"hidden"),
        "other-local-name": Zip().add(a, local_name=b"b.npy").bytes(), "too-many-members": Zip().add(a).bytes(count=2),
        "too-few-members": Zip().add(a).add("b.npy").bytes(count=1), "data-beyond": Zip().add(a, packed=b"", size=0).bytes().replace(
            struct.pack("<IIH", 0, 0, 5), struct.pack("<IIH", 500, 500, 5)),
        "zip64-without-locator": Zip().add(a).bytes(count=0xffff), "zip64-value-missing": Zip().add(a, size=0xffffffff).bytes(),
        "bad-extra": Zip().add(a, extra=b"\1\0\xff\0").bytes(), "no-descriptor": Zip().add(a, flags=8).bytes(),
        "bad-npy": Zip().add(a, b"not an array").bytes(),
    }
    for name, data in cases.items():
        put("npz", name, data)


# ---- CSV ----

def csv_cases():
    cases = {
        "empty": "", "ragged-short": "a,b\n1,2\n3\n", "ragged-long": "a,b\n1,2,3\n", "blank-line": "a,b\n1,2\n\n3,4\n",
        "open-quote": 'a,b\n1,"2\n3,4\n', "quote-inside": 'a,b\n1,2"3\n', "text-after-quote": 'a,b\n"1"x,2\n',
        "lone-return": "a,b\r1,2\r", "duplicate-column": "a,b,a\n1,2,3\n", "not-a-number": "a,b\n1,2\n1,two\n",
        "number-and-blank": "a,b\n1, 2\n", "decimal-comma": 'a,b\n1,"2,5"\n', "overflow": "a,b\n1,1e999\n",
        "two-numbers": "a,b\n1,2 3\n", "thousands": "a,b\n1,1_000\n", "ragged-after-quoted-lines": 'a,b\n"1\n\n",2\n3\n',
    }
    for name, text in cases.items():
        put("csv", name, text)
    put("csv", "not-utf8", b"a,b\n1,2\n3,\xff\n")
    put("csv", "nul", b"a,b\n1,\0\n")
    put("csv", "utf16", "a,b\n1,2\n".encode("utf-16"))


# ---- safetensors ----

def safetensors(text, data=b"", length=None):
    text = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype="F32", shape="[2]", offsets="[0,8]", more=""):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}{more}}}'


def safetensors_cases():
    eight = bytes(8)
    one = f'{{"a":{tensor()}}}'
    two = '{"a":' + tensor() + ',"b":' + tensor(offsets="%s") + "}"
    cases = {
        "empty": b"", "short": b"\1\0\0", "cut-header": safetensors(one, length=5000), "huge-header": safetensors(one, length=1 << 63),
        "not-json": safetensors("hello", eight), "array": safetensors("[]"), "cut-data": safetensors(one, bytes(7)),
        "trailing-bytes": safetensors(one, bytes(9)), "hole": safetensors(two % "[9,17]", bytes(17)), "overlap": safetensors(two % "[4,12]", bytes(12)),
        "same-bytes": safetensors(two % "[0,8]", eight), "starts-late": safetensors(f'{{"a":{tensor(offsets="[8,16]")}}}', bytes(16)),
        "reversed": safetensors(f'{{"a":{tensor(offsets="[8,0]")}}}', eight), "wrong-size": safetensors(f'{{"a":{tensor(offsets="[0,4]")}}}', eight),
        "duplicate": safetensors(f'{{"a":{tensor()},"a":{tensor()}}}', eight), "unknown-type": safetensors(f'{{"a":{tensor("F4")}}}', eight),
        "float8": safetensors(f'{{"a":{tensor("F8_E4M3", "[8]")}}}', eight), "unknown-key": safetensors('{"a":' + tensor(more=',"x":1') + "}", eight),
        "no-type": safetensors('{"a":{"shape":[2],"data_offsets":[0,8]}}', eight), "no-offsets": safetensors('{"a":{"dtype":"F32","shape":[2]}}', eight),
        "three-offsets": safetensors(f'{{"a":{tensor(offsets="[0,8,8]")}}}', eight), "negative-dimension": safetensors(f'{{"a":{tensor(shape="[-2]")}}}', eight),
        "fractional-dimension": safetensors(f'{{"a":{tensor(shape="[2.0]")}}}', eight), "overflow-shape": safetensors(f'{{"a":{tensor(shape="[4294967296,4294967296,4]")}}}', eight),
        "rank-9": safetensors(f'{{"a":{tensor(shape="[1,1,1,1,1,1,1,1,2]")}}}', eight), "huge-offset": safetensors(f'{{"a":{tensor(offsets="[18446744073709551608,18446744073709551616]")}}}', eight),
        "negative-offset": safetensors(f'{{"a":{tensor(offsets="[-8,0]")}}}', eight), "metadata-number": safetensors(f'{{"__metadata__":{{"a":1}},"a":{tensor()}}}', eight),
        "metadata-string": safetensors(f'{{"__metadata__":"x","a":{tensor()}}}', eight), "bad-bool": safetensors(f'{{"a":{tensor("BOOL", "[2]", "[0,2]")}}}', b"\1\2"),
        "nul-name": safetensors(f'{{"a\\u0000":{tensor()}}}', eight), "not-an-object": safetensors('{"a":[]}'),
    }
    for name, data in cases.items():
        put("safetensors", name, data)


# ---- tar ----

END = bytes(1024)


def tar_header(name, size=0, kind=b"0", magic=b"ustar\x0000", prefix=b"", size_field=None, link=b"", checksum=None):
    name = name.encode() if isinstance(name, str) else name
    field = b"%011o\0" % size if size_field is None else size_field
    block = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + field + b"%011o\0" % 0 + b" " * 8 + kind + link.ljust(100, b"\0") + magic
    block = block.ljust(345, b"\0") + prefix
    block = block.ljust(512, b"\0")
    total = sum(block) if checksum is None else checksum
    return block[:148] + b"%06o\0 " % total + block[156:]


def member(name, data=b"x", **more):
    return tar_header(name, len(data), **more) + data + bytes(-len(data) % 512)


def pax(*records):
    data = b""
    for record in records:
        size = len(record) + 2
        while len(b"%d %s\n" % (size, record)) != size:
            size += 1
        data += b"%d %s\n" % (size, record)
    return member("pax", data, kind=b"x")


def tar_cases():
    good = member("a")
    cases = {
        "empty": b"", "no-end": good, "one-zero-block": good + bytes(512), "cut-member": good[:600], "cut-header": good[:100],
        "after-end": good + END + b"x", "member-after-end": good + END + member("b"), "bad-checksum": member("a", checksum=1) + END,
        "flipped-bit": b"b" + good[1:] + END, "not-tar": b"PK\3\4" * 200, "old-tar": member("a", magic=bytes(8)) + END,
        "traversal": member("../a") + END, "traversal-inside": member("a/../../b") + END, "traversal-prefix": member("a", prefix=b"..") + END,
        "traversal-dot-slash": member("./../a") + END, "absolute": member("/etc/passwd") + END, "empty-name": member("") + END, "dot": member("./") + END,
        "double-slash": member("a//b") + END, "control-name": member("a\x1b[31m") + END, "not-utf8-name": member(b"\xff") + END,
        "backslash": member("..\\a") + END, "duplicate": member("a") + member("b") + member("a") + END, "duplicate-dot": member("a") + member("./a") + END,
        "duplicate-folder": tar_header("a/", kind=b"5") + member("a") + END,
        "symlink": tar_header("a", kind=b"2", link=b"/etc/passwd") + END, "hardlink": tar_header("a", kind=b"1", link=b"b") + END,
        "character-device": tar_header("a", kind=b"3") + END, "block-device": tar_header("a", kind=b"4") + END, "fifo": tar_header("a", kind=b"6") + END,
        "sparse": member("a", kind=b"S") + END, "gnu-long-name": member("././@LongLink", b"n" * 200, kind=b"L") + END,
        "global-pax": member("g", b"13 comment=x\n", kind=b"g") + END, "unknown-type": member("a", kind=b"Z") + END,
        "folder-with-contents": member("a/", kind=b"5") + END, "bad-size": tar_header("a", size_field=b"12345678901x") + END,
        "negative-size": tar_header("a", size_field=b"\xff" * 12) + END, "huge-size": tar_header("a", size_field=b"\x80" + b"\x00" * 3 + b"\x7f" + b"\xff" * 7) + END,
        "huge-pax": tar_header("pax", 1 << 20, kind=b"x") + bytes(1 << 10), "bad-pax": member("pax", b"99 path=a\n", kind=b"x") + good + END,
        "pax-without-equals": member("pax", b"9 patha\n\n", kind=b"x") + good + END, "pax-unknown": pax(b"linkpath=/etc/passwd") + good + END,
        "pax-sparse": pax(b"GNU.sparse.major=1") + good + END, "pax-traversal": pax(b"path=../../x") + good + END, "pax-twice": pax(b"path=a", b"path=b") + good + END,
        "pax-nul": pax(b"path=a\0b") + good + END, "pax-size": pax(b"size=-1") + good + END, "pax-pax": pax(b"path=b") + pax(b"path=c") + good + END,
        "pax-at-end": pax(b"path=b") + END, "dirty-padding": tar_header("a", 1) + b"x" + b"y" * 511 + END,
    }
    for name, data in cases.items():
        put("tar", name, data)


if __name__ == "__main__":
    json_cases()
    npy_cases()
    npz_cases()
    csv_cases()
    safetensors_cases()
    tar_cases()

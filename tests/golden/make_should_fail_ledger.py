#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the should-fail inputs of what the ledger is made of (standard library only, same bytes
every time).

Usage: make_should_fail_ledger.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/golden/test_should_fail_ledger does that, and a person reads
the difference.
"""
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
    'root-bare': f'{NAME}\n300\n{ROOT[:-1]}\n',
    'root-leftover-bits': f'{NAME}\n300\n{ROOT[:-2]}N=\n',
    'extension-empty': f'{NAME}\n300\n{ROOT}\n\nmore\n', 'empty-tree': f'{NAME}\n0\n{ROOT}\n',
}


def main():
    for kind, suffix, cases in (('note', 'note', NOTES), ('note', 'key', KEYS),
                                ('checkpoint', 'txt', CHECKPOINTS)):
        (OUT / kind).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (OUT / kind / f'{name}.{suffix}').write_bytes(
                data.encode() if isinstance(data, str) else data)


if __name__ == '__main__':
    main()

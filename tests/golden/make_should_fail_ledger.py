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
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail' / 'note'
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


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for suffix, cases in ('note', NOTES), ('key', KEYS):
        for name, data in cases.items():
            (OUT / f'{name}.{suffix}').write_bytes(data.encode() if isinstance(data, str) else data)


if __name__ == '__main__':
    main()

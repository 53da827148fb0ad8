#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the HTTP requests that the server refuses (standard library only, same bytes every time).

Usage: make_should_fail_request.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/net/test_should_fail_net does that, and a person reads the
difference.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail' / 'request'


def get(line='GET / HTTP/1.1', fields='Host: h\r\n'):
    return f'{line}\r\n{fields}\r\n'


def field(text):
    return get(fields=f'Host: h\r\n{text}\r\n')


def post(fields, body=''):
    return f'POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n{body}'


def chunks(body):
    return post('Transfer-Encoding: chunked', body)


REQUESTS = {
    'binary': '\1\2\3\4\r\n\r\n', 'method-only': 'GET\r\n\r\n', 'method-nul': get('G\0T / HTTP/1.1'),
    'method-small': get('get / HTTP/1.1'), 'method-unknown': get('BREW / HTTP/1.1'),
    'tls': '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'http-2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'target-word': get('GET a HTTP/1.1'), 'target-url': get('GET http://h/ HTTP/1.1'),
    'target-host': get('CONNECT h:80 HTTP/1.1'), 'target-star': get('OPTIONS * HTTP/1.1'),
    'target-control': get('GET /\1 HTTP/1.1'), 'target-high': get('GET /\x80 HTTP/1.1'),
    'line-blank-behind': get('GET / HTTP/1.1 '), 'line-https': get('GET / HTTPS/1.1'),
    'line-ice': get('GET / ICE/1.0'), 'version-2.0': get('GET / HTTP/2.0'),
    'version-1.2': get('GET / HTTP/1.2'), 'version-0.9': get('GET / HTTP/0.9', ''),
    'host-none': get(fields=''), 'host-two': field('Host: b'), 'line-feeds': get().replace('\r', ''),
    'line-feed': 'GET / HTTP/1.1\r\nHost: h\nx-a: 1\r\n\r\n',
    'carriage-return': 'GET / HTTP/1.1\r\nHost: h\rx-a: 1\r\n\r\n',
    'field-blank-before-colon': get(fields='Host : h\r\n'),
    'field-blank-first': get(fields=' Host: h\r\n'), 'field-blank-inside': field('x a: 1'),
    'field-no-colon': field('x-a'), 'field-no-name': field(': 1'), 'field-control': field('x-a: \1'),
    'field-delete': field('x-a: \x7f'), 'field-nul': field('x-a: \0'),
    'length-negative': post('Content-Length: -1'), 'length-signed': post('Content-Length: +1', 'a'),
    'length-hex': post('Content-Length: 0x1', 'a'), 'length-blank': post('Content-Length: 1 1', 'a'),
    'length-list': post('Content-Length: 1,1', 'a'),
    'length-two': post('Content-Length: 1\r\nContent-Length: 2', 'ab'),
    'length-twice': post('Content-Length: 1\r\nContent-Length: 1', 'a'),
    'length-huge': post(f'Content-Length: {10**20}'),
    'length-over-limit': post(f'Content-Length: {2**20 + 1}'),
    'length-and-chunks': post('Content-Length: 3\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    'chunks-and-length': post('Transfer-Encoding: chunked\r\nContent-Length: 3', '0\r\n\r\n'),
    'coding-identity': post('Transfer-Encoding: identity', 'a'),
    'coding-gzip': post('Transfer-Encoding: gzip', 'a'),
    'coding-gzip-last': post('Transfer-Encoding: chunked, gzip', '0\r\n\r\n'),
    'coding-unknown': post('Transfer-Encoding: xchunked', '0\r\n\r\n'),
    'chunk-word': chunks('z\r\n\r\n'), 'chunk-negative': chunks('-1\r\n\r\n'),
    'chunk-longer': chunks('1\r\nab\r\n0\r\n\r\n'), 'chunk-line-feeds': chunks('1\na\n0\n\n'),
    'chunk-huge': chunks('fffffffffffffffff\r\n'),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in REQUESTS.items():
        (OUT / f'{name}.http').write_bytes(text.encode('latin-1'))


if __name__ == '__main__':
    main()

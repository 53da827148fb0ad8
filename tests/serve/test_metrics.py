#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/metrics of `baton serve` after a load that is known: test_metrics.py BATON. The text is read by
the rules of Prometheus' form 0.0.4, and the numbers are those of the load. TAP."""
import http.client
import pathlib
import re
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from serving import Server, new_store, pack_mlp  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
X = {'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': [0.5, -1.25, 3]}
DURATION = 'http_server_request_duration_seconds'
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
tap = Tap(BATON)
is_so = tap.is_so


def labels_of(text):
    """The labels, all of the text used up."""
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match and match[1] not in found, text
        found[match[1]] = re.sub(r'\\(.)', lambda m: '\n' if m[1] == 'n' else m[1], match[2])
        at = match.end()
    return found


def parse(text):
    """{name: {labels: value}}; every sample is under its family, which is told once and typed."""
    assert text.endswith('\n')
    kinds, samples, family = {}, {}, None
    lines = text.splitlines()
    for line in lines:
        if line.startswith('# HELP '):
            family = line.split(' ')[2]
            assert family not in kinds and len(line.split(' ', 3)[3]) > 5, line
            kinds[family] = None
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            assert name == family and kinds[name] is None and kind in ('counter', 'gauge', 'histogram'), line
            kinds[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name = re.sub('_(bucket|sum|count)$', '', match[1]) if kinds[family] == 'histogram' else match[1]
            assert name == family, line
            assert kinds[family] != 'counter' or family.endswith('_total'), line
            key = frozenset(labels_of(match[2] or '').items())
            assert key not in samples.setdefault(match[1], {}), line
            samples[match[1]][key] = float(match[3])
    assert all(kinds.values()), kinds
    return samples


def get(samples, name, **labels):
    return sum(value for key, value in samples.get(name, {}).items() if set(labels.items()) <= key)


def scrape(server):
    connection = http.client.HTTPConnection(server.address, timeout=20)
    connection.request('GET', '/metrics')
    answer = connection.getresponse()
    assert answer.status == 200 and answer.headers['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8'
    text = answer.read().decode()
    connection.close()
    return text


def send_load(server, path):
    for _ in range(5):
        server.ask('GET', '/v2/health/live')
    for _ in range(7):
        assert server.ask('POST', path, {'inputs': [X]})[0] == 200
    for _ in range(3):
        assert server.ask('POST', path, {'inputs': []})[0] == 400
    for at in range(4):
        server.ask('GET', f'/secret-{at}', None, **{'X-Secret': 'secret'})
    server.ask('PUT', '/v2', '')
    host, port = server.address.split(':')
    for _ in range(2):
        with socket.create_connection((host, int(port)), timeout=10) as s:
            s.sendall(b'secret / HTTP/1.1\r\n\r\n')
            while s.recv(4096):
                pass


def check(before, samples, text, digest):
    def count(route, status, method='GET'):
        return get(samples, DURATION + '_count', http_route=route, http_response_status_class=status,
                   http_request_method=method)
    infer = '/v2/models/{model}/infer'
    is_so('requests are counted by route', count('/v2/health/live', '2xx') == 5, text)
    is_so('answers by a model, too', count(infer, '2xx', 'POST') == 7)
    is_so('and by what became of them', count(infer, '4xx', 'POST') == 3)
    is_so('what is no route has no name', count('', '4xx', '_OTHER') == 5)
    is_so('no text of a client is a label', 'secret' not in text and 'PUT' not in text)
    for outcome, expected in ('answered', 7), ('refused', 3), ('failed', 0):
        found = get(samples, 'baton_inference_requests_total', model='mlp', version='1', outcome=outcome)
        is_so(f'{outcome}: {expected}', found == expected, found)
    is_so('malformed requests are counted', get(samples, 'baton_malformed_requests_total') == 2)
    taken = get(samples, 'baton_connections_total') - get(before, 'baton_connections_total')
    is_so('connections as well', taken == 5 + 7 + 3 + 4 + 1 + 2 + 1, taken)
    is_so('one is open: this one', get(samples, 'baton_connections') >= 1)
    is_so('bytes in and out', get(samples, 'baton_received_bytes_total') > 22 * 50 and
          get(samples, 'baton_sent_bytes_total') > 22 * 100)
    is_so('the golden cases passed', get(samples, 'baton_golden_check', bundle=digest) == 1)
    is_so('it says what it is', get(samples, 'baton_build_info') == 1)
    is_so('decisions are logged', get(samples, 'baton_decision_log_records_total') >= 10)
    is_so('and none is lost', get(samples, 'baton_decision_log_dropped_total') == 0)


def check_histogram(samples):
    buckets = {}
    for key, value in samples[DURATION + '_bucket'].items():
        labels = dict(key)
        bound = float(labels.pop('le').replace('+Inf', 'inf'))
        buckets.setdefault(frozenset(labels.items()), []).append((bound, value))
    good = len(buckets) == len(samples[DURATION + '_count'])
    for key, found in buckets.items():
        found.sort()
        values = [value for _, value in found]
        good &= len(found) == 23 and found[-1][0] == float('inf') and values == sorted(values)
        good &= values[-1] == samples[DURATION + '_count'][key]
        good &= 0 <= samples[DURATION + '_sum'][key] < 60
    is_so('every histogram adds up', good, buckets)


def main():
    with new_store(tap):
        pack_mlp(tap)
        server = Server(BATON, 'mlp')
        try:
            digest = server.ask('GET', '/v2/models/mlp')[1]['properties']['baton_bundle']
            before = parse(scrape(server))
            send_load(server, '/v2/models/mlp/infer')
            text = scrape(server)
            samples = parse(text)
            check(before, samples, text, digest)
            check_histogram(samples)
            later = len(scrape(server).splitlines())
            is_so('the text does not grow with requests', later <= len(text.splitlines()) + 26, later)
        finally:
            code = server.stop()
        is_so('it ends well', code == 0)
    tap.done_testing()


if __name__ == '__main__':
    main()

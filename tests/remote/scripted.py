# SPDX-License-Identifier: Apache-2.0
"""A registry in memory that does what a test tells it: right by default, wrong where it is told.

    registry = Scripted()
    registry.on('GET', r'/blobs/', lambda request: request.answer(429, {'Retry-After': '1'}))
    ... registry.log, registry.blobs, registry.manifests ...
"""
import hashlib
import json
import re
import socket
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INDEX = 'application/vnd.oci.image.index.v1+json'


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


class Rule:
    """What happens to requests that fit, `times` times (None: always), after the first `after`."""

    def __init__(self, method, pattern, action, times, after):
        self.method, self.pattern, self.action = method, re.compile(pattern), action
        self.times, self.after = times, after

    def applies(self, method, path):
        if self.method != method or not self.pattern.search(path) or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times:
            self.times -= 1
        return True


class Request(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, fields=None, body=b'', length=True):
        self.send_response(status)
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        if length and 'Content-Length' not in (fields or {}):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def drop(self):
        """The connection ends here, in whatever it was."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def body(self, most=None):
        """What comes with the request; at most so much of it."""
        left = int(self.headers.get('Content-Length') or 0)
        left = left if most is None else min(left, most)
        parts = []
        while left:
            part = self.rfile.read(min(left, 1 << 20))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b''.join(parts)

    def handle_any(self):
        registry = self.server.registry
        with registry.lock:
            registry.log.append((self.command, self.path, dict(self.headers)))
            rule = next((r for r in registry.rules if r.applies(self.command, self.path)), None)
        try:
            (rule.action if rule else registry.serve)(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """A test that drops connections need not hear about it."""


class Scripted:
    def __init__(self):
        self.lock = threading.Lock()
        self.rules, self.log = [], []
        self.blobs, self.manifests, self.types, self.uploads = {}, {}, {}, {}
        self.referrers = []  # bodies of /referrers/, page by page; empty: not supported
        self.chunk_min = None
        self.server = Server(('127.0.0.1', 0), Request)
        self.server.registry = self
        self.host = f'127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def on(self, method, pattern, action, times=None, after=0):
        self.rules.append(Rule(method, pattern, action, times, after))

    def reset(self):
        """Rules and log forgotten, content kept."""
        self.rules, self.log, self.referrers, self.chunk_min = [], [], [], None

    def count(self, method, pattern):
        return sum(m == method and bool(re.search(pattern, p)) for m, p, _ in self.log)

    # ---- the registry as it should be ----

    def serve(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        for pattern, serve in ((r'/blobs/uploads/(.*)$', self.upload), (r'/blobs/(.+)$', self.blob),
                               (r'/manifests/(.+)$', self.manifest),
                               (r'/referrers/(.+)$', self.list_referrers)):
            found = re.search(pattern, url.path)
            if found:
                return serve(request, found.group(1), query)
        request.body()
        return request.answer(404)

    def blob(self, request, name, _):
        content = self.blobs.get(name)
        if content is None:
            return self.unknown(request, 'BLOB_UNKNOWN')
        wanted = re.fullmatch(r'bytes=(\d+)-', request.headers.get('Range') or '')
        if not wanted:
            return request.answer(200, {}, content)
        at = int(wanted.group(1))
        return request.answer(206, {'Content-Range': f'bytes {at}-{len(content) - 1}/{len(content)}'},
                              content[at:])

    def unknown(self, request, code):
        body = json.dumps({'errors': [{'code': code, 'message': 'not here'}]}).encode()
        request.answer(404, {'Content-Type': 'application/json'}, body)

    def session(self, request, status, number):
        content = self.uploads[number]
        fields = {'Location': f'/v2/up/blobs/uploads/{number}?_state=s',
                  'Range': f'0-{max(len(content) - 1, 0)}'}
        if self.chunk_min:
            fields['OCI-Chunk-Min-Length'] = str(self.chunk_min)
        request.answer(status, fields)

    def keep(self, request, number):
        """The body behind what is there, piece by piece, as a real registry would have it."""
        left = int(request.headers.get('Content-Length') or 0)
        while left:
            part = request.rfile.read(min(left, 1 << 16))
            if not part:
                break
            self.uploads[number] += part
            left -= len(part)

    def upload(self, request, number, query):
        if request.command == 'POST':
            request.body()
            with self.lock:
                number = str(len(self.uploads))
                self.uploads[number] = bytearray()
            return self.session(request, 202, number)
        if number not in self.uploads:
            request.body()
            return self.unknown(request, 'BLOB_UPLOAD_UNKNOWN')
        if request.command == 'GET':
            return self.session(request, 204, number)
        return self.receive(request, number, query)

    def receive(self, request, number, query):
        place = re.fullmatch(r'(\d+)-\d+', request.headers.get('Content-Range') or '')
        if place and int(place.group(1)) != len(self.uploads[number]):
            request.body()
            return self.session(request, 416, number)
        self.keep(request, number)
        if request.command == 'PATCH':
            return self.session(request, 202, number)
        content = bytes(self.uploads.pop(number))
        if digest_of(content) != query.get('digest'):
            return request.answer(400)
        self.blobs[query['digest']] = content
        return request.answer(201)

    def manifest(self, request, name, _):
        if request.command == 'PUT':
            content = request.body()
            for key in (name, digest_of(content)):
                self.manifests[key] = content
                self.types[key] = request.headers['Content-Type']
            fields = {'OCI-Subject': 'sha256:x'} if self.referrers else {}
            return request.answer(201, {'Docker-Content-Digest': digest_of(content), **fields})
        content = self.manifests.get(name)
        if content is None:
            return self.unknown(request, 'MANIFEST_UNKNOWN')
        return request.answer(200, {'Content-Type': self.types[name]}, content)

    def list_referrers(self, request, name, query):
        page = int(query.get('page', 0))
        if page >= len(self.referrers):
            return request.answer(404)
        fields = {'Content-Type': INDEX}
        if page + 1 < len(self.referrers):
            fields['Link'] = f'</v2/up/referrers/{name}?page={page + 1}>; rel="next"'
        return request.answer(200, fields, self.referrers[page])

# SPDX-License-Identifier: Apache-2.0
"""Registries on this machine for the tests of push and pull: started on a free port with a folder
of their own, ended with the test. And the lines of the Test Anything Protocol."""
import atexit
import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TOOLS = SOURCE / '.tools-tests' / 'bin'
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
EMPTY = b'{}'


class Tap:
    """One line for each comparison, the plan at the end; the exit status tells, too."""

    def __init__(self):
        self.count = 0
        self.bad = False

    def same(self, name, expected, found):
        self.count += 1
        if expected == found:
            print(f'ok {self.count} - {name}', flush=True)
            return
        self.bad = True
        print(f'not ok {self.count} - {name}')
        for label, value in (('expected', expected), ('found', found)):
            for line in f'{label}: {value}'.splitlines():
                print(f'#   {line}', flush=True)

    def holds(self, name, condition, detail=''):
        self.same(name, (True, ''), (bool(condition), '' if condition else detail))

    def skip(self, name, why):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {why}', flush=True)

    def done(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.bad else 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def work_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix='baton-remote-'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def tool(name):
    """The path of a program, be it Debian's or built by `make test-tools`; None: not there."""
    own = TOOLS / name
    return str(own) if own.exists() else shutil.which(name)


class Server:
    """A process that listens on 127.0.0.1:port."""

    def __init__(self, words, port, log, env=None):
        self.host = f'127.0.0.1:{port}'
        self.port = port
        with open(log, 'ab') as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            env=dict(os.environ, **(env or {})))
        atexit.register(self.stop)
        self.wait(log)

    def wait(self, log):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port)):
                return
            time.sleep(0.05)
        sys.exit(f'Bail out! a registry did not start: {pathlib.Path(log).read_text()[-500:]}')

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def start_debian(folder, more=None):
    """Debian's docker-registry: no referrers. `more`: members of its configuration."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    port = free_port()
    config = {'version': 0.1, 'log': {'level': 'error', 'accesslog': {'disabled': True}},
              'storage': {'filesystem': {'rootdirectory': str(folder / 'data')}},
              'http': {'addr': f'127.0.0.1:{port}'}}
    for key, value in (more or {}).items():
        config[key] = dict(config.get(key, {}), **value)
    (folder / 'config.yml').write_text(json.dumps(config))
    return Server([tool('docker-registry'), 'serve', str(folder / 'config.yml')], port,
                  folder / 'log')


def start_crane(folder):
    """The registry of go-containerregistry: referrers, single POST."""
    folder = pathlib.Path(folder)
    (folder / 'data').mkdir(parents=True, exist_ok=True)
    port = free_port()
    return Server([tool('crane'), 'registry', 'serve', '--address', f'127.0.0.1:{port}', '--disk',
                   str(folder / 'data')], port, folder / 'log')


class Baton:
    """The command, in a folder of its own, with no credentials but those that are given."""

    def __init__(self, program, folder):
        self.program = pathlib.Path(program).resolve()
        self.folder = pathlib.Path(folder)
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith('BATON_') and k not in ('REGISTRY_AUTH_FILE', 'DOCKER_CONFIG',
                                                            'XDG_RUNTIME_DIR')}
        self.env = dict(kept, HOME=str(folder), LC_ALL='C')

    def words(self, *words):
        return [str(self.program), *map(str, words)]

    def run(self, *words, env=None, timeout=300):
        """(exit status, standard output, standard error)"""
        done = subprocess.run(self.words(*words), cwd=self.folder, env=dict(self.env, **(env or {})),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def good(self, *words, **more):
        """Standard output; the test ends when the command fails."""
        status, out, err = self.run(*words, **more)
        if status:
            sys.exit(f'Bail out! baton {" ".join(map(str, words))}: {status}: {err}')
        return out

    def report(self, *words, **more):
        return json.loads(self.good(*words, '--json', **more))

    def listed(self, store):
        """What is entered in a store: {digest: reference or None}."""
        bundles = self.report('list', '--store', store)['bundles']
        return {bundle['digest']: bundle.get('ref') for bundle in bundles}

    def pack_bytes(self, store, name, sizes):
        """A bundle with weight files of these sizes; its digest. Other bytes each time it is asked
        for in one test, the same in the next run."""
        self.good('init', '--carrier', store)
        files = []
        for number, size in enumerate(sizes):
            path = self.folder / f'{name}-{number}.safetensors'
            write_weights(path, size, f'{name} {number}')
            files.append(str(path))
        data = [word for path in files[1:] for word in ('--data', path)]
        return self.report('pack', files[0], '--name', name, '--store', store, *data)['digest']


def put_blob(store, content):
    """Into a store's folder, by hand; its descriptor's size and digest."""
    name = hashlib.sha256(content).hexdigest()
    (pathlib.Path(store) / 'blobs' / 'sha256' / name).write_bytes(content)
    return {'digest': f'sha256:{name}', 'size': len(content)}


def put_evidence(store, subject, text):
    """An artifact in a store's folder that speaks about `subject` (a descriptor); its digest."""
    kind = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    manifest = {'schemaVersion': 2, 'mediaType': MANIFEST, 'artifactType': kind,
                'config': {'mediaType': 'application/vnd.oci.empty.v1+json',
                           **put_blob(store, EMPTY)},
                'layers': [{'mediaType': kind, **put_blob(store, text.encode())}],
                'subject': subject, 'annotations': {'said': text}}
    entry = {'mediaType': MANIFEST, 'artifactType': kind,
             **put_blob(store, json.dumps(manifest).encode())}
    path = pathlib.Path(store) / 'index.json'
    index = json.loads(path.read_text())
    index['manifests'].append(entry)
    path.write_text(json.dumps(index))
    return entry['digest']


def write_weights(path, size, seed):
    """A safetensors file of one tensor of `size` pseudo-random bytes."""
    header = json.dumps({'w': {'dtype': 'U8', 'shape': [size], 'data_offsets': [0, size]}})
    header += ' ' * (-len(header) % 8)
    with open(path, 'wb') as out:
        out.write(len(header).to_bytes(8, 'little') + header.encode())
        numbers = random.Random(seed)
        for at in range(0, size, 1 << 20):
            out.write(numbers.randbytes(min(1 << 20, size - at)))


def fetch(url, headers=None):
    """(status, body) of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def need(*programs):
    """In CI a missing program is a failure, elsewhere the test is left out, aloud."""
    missing = [name for name in programs if not tool(name)]
    if not missing:
        return
    if os.environ.get('CI'):
        sys.exit(f'Bail out! not installed, and in CI that is a failure: {", ".join(missing)}')
    print(f'1..0 # SKIP not installed: {", ".join(missing)}')
    sys.exit(0)

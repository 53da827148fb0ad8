#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Push and pull killed at any moment: both ends are whole, and the same command goes on. And
Ctrl-C, which says so.

    test_kill.py BATON
"""
import os
import random
import signal
import subprocess
import sys
import time

from registries import Baton, Tap, fetch, need, start_debian, work_folder

ROUNDS = int(os.environ.get('BATON_KILL_ROUNDS') or 20)
MANIFEST_TYPE = {'Accept': 'application/vnd.oci.image.manifest.v1+json'}
need('docker-registry')
tap = Tap()
random.seed(3)
folder = work_folder()
baton = Baton(sys.argv[1], folder)
digest = baton.pack_bytes('store', 'credit', [20000000, 8000000, 70000, 500])


def run_and_signal(words, seconds, number):
    """The exit status, or minus the signal, of a command that gets one after so long."""
    child = subprocess.Popen(baton.words(*words), cwd=folder, env=baton.env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    time.sleep(seconds)
    child.send_signal(number)
    said = child.communicate()[1].decode()
    return child.returncode, said


def duration(*words):
    start = time.monotonic()
    baton.good(*words)
    return time.monotonic() - start


def tagged(server, name):
    """Digest of what the tag names, if anything; its parts must be there, too."""
    status, body = fetch(f'http://{server.host}/v2/{name}/manifests/1', MANIFEST_TYPE)
    return body if status == 200 else None


server = start_debian(folder / 'registry')
whole = duration('push', 'credit', f'oci://{server.host}/whole:1', '--store', 'store')
killed, broken, unfinished = 0, [], []
for number in range(ROUNDS):
    at = f'oci://{server.host}/push{number}:1'
    status, _ = run_and_signal(('push', 'credit', at, '--store', 'store'),
                               random.random() * whole * 1.2, signal.SIGKILL)
    killed += status == -signal.SIGKILL
    check = f'check{number}'
    baton.good('init', '--carrier', check)
    # Either nobody sees it, or it is there to the last byte.
    if tagged(server, f'push{number}') and baton.run('pull', at, '--store', check)[0]:
        broken.append(number)
    if baton.run('push', 'credit', at, '--store', 'store')[0] or \
            baton.run('pull', at, '--store', check)[0]:
        unfinished.append(number)
tap.same('a push that was killed leaves nothing half done', [], broken)
tap.same('and the next one ends it', [], unfinished)
tap.holds('it was killed at work', killed >= ROUNDS // 3, killed)

at = f'oci://{server.host}/whole:1'
baton.good('init', '--carrier', 'time')
whole = duration('pull', at, '--store', 'time')
killed, broken, unfinished = 0, [], []
for number in range(ROUNDS):
    store = f'pull{number}'
    baton.good('init', '--carrier', store)
    status, _ = run_and_signal(('pull', at, '--as', 'got:1', '--store', store),
                               random.random() * whole * 1.2, signal.SIGKILL)
    killed += status == -signal.SIGKILL
    if baton.run('store', 'fsck', '--store', store)[0]:
        broken.append(number)
    before = len(list((folder / store / 'blobs/sha256').iterdir()))
    report = baton.report('pull', at, '--as', 'got:1', '--store', store)
    again = report['blobsPresent'] < before - 1  # the manifest is no blob of the list
    if again or baton.listed(store) != {digest: 'got:1'}:
        unfinished.append(number)
tap.same('a pull that was killed leaves a whole store', [], broken)
tap.same('and the next one ends it without fetching again what came', [], unfinished)
tap.holds('it was killed at work', killed >= ROUNDS // 3, killed)

# ---- Ctrl-C ----
for words in (('push', 'credit', f'oci://{server.host}/stop:1', '--store', 'store'),
              ('pull', at, '--store', 'stopped')):
    baton.good('init', '--carrier', 'stopped')
    stopped = False
    for _ in range(20):
        status, said = run_and_signal(words, random.random() * whole, signal.SIGINT)
        stopped = stopped or (status == 130 and 'goes on where this one stopped' in said)
        if stopped or status == 0:
            break
    # It may be too quick for us; the signal before its handler is there ends it without a word.
    tap.holds(f'{words[0]} stops at Ctrl-C', stopped or status == 0, f'exit status {status}: {said}')
    tap.same(f'{words[0]}: the same command ends it', 0, baton.run(*words)[0])
tap.done()

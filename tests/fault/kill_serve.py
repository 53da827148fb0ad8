#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of `baton serve` under load, again and again: kill_serve.py BATON DECISION_TOOL. Clients
remember every decision id they were given. With --log sync each of them is in the log afterwards,
with the outputs that were answered; with --log async what is missing begins where a GAP record
stands, and no id stands for another decision. ROUNDS in the environment says how often. TAP."""
import http.client
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tap import Tap  # noqa: E402

BATON, TOOL = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
MODELS = pathlib.Path(__file__).resolve().parents[1] / 'cli' / 'models'
ROUNDS = int(os.environ.get('ROUNDS', '50'))
CLIENTS = 4
tap = Tap(BATON)


def client(address, name, given):
    """Asks until nobody answers; appends (id, request, end of the output's bytes)."""
    connection = http.client.HTTPConnection(address, timeout=10)
    for number in range(1 << 30):
        request = f'{name}-{number}'
        x = [random.uniform(-9, 9) for _ in range(3)]
        body = {'id': request, 'inputs': [{'name': 'x', 'shape': [1, 3], 'datatype': 'FP32', 'data': x}]}
        try:
            connection.request('POST', '/v2/models/m/infer', json.dumps(body))
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return
        if answer.status != 200:
            given.append((None, request, f'{answer.status}: {said}'))
            return
        data = json.loads(said)['outputs'][0]['data']
        tail = struct.pack(f'<{len(data)}f', *data)[-8:].hex()
        given.append((answer.headers['Baton-Decision-Id'], request, tail))


def start(store, log):
    process = subprocess.Popen([BATON, 'serve', 'm', '--store', store, '--log', log, '--json',
                                '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, json.loads(line)['listening'].split('//')[1]


def load_and_kill(store, log, round_number):
    process, address = start(store, log)
    given = []
    threads = [threading.Thread(target=client, args=(address, f'{log}-{round_number}-{i}', given))
               for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(0.02, 0.25))
    process.kill()
    process.wait()
    process.stdout.close()
    for thread in threads:
        thread.join()
    return given


def look(store, since):
    """Places from `since` on: (index, kind, the rest)."""
    done = subprocess.run([TOOL, 'look', store, str(since)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(done.stdout[-400:])
    rows = [line.split(' ', 2) for line in done.stdout.splitlines()]
    return [(int(row[0]), row[1], row[2] if len(row) > 2 else '') for row in rows]


def judge(log, given, rows, since):
    """What is wrong, or None. The server that looked after the kill wrote GAP and START."""
    if [row[0] for row in rows] != list(range(since, since + len(rows))):
        return 'places are missing'
    if rows and since and rows[0][1] not in ('start', 'gap'):
        return f'{rows[0]} begins a server'
    gaps = [row[0] for row in rows if row[1] == 'gap']
    if len(gaps) != 1:
        return f'{len(gaps)} gaps'
    there = {row[2] for row in rows if row[1] == 'decision'}
    asked = {text.split(' ')[1]: text for text in there}
    for name, request, tail in given:
        if name is None:
            return f'{request} was refused: {tail}'
        if f'{name} {request} {tail}' in there:
            continue
        if request in asked:
            return f'{name} {request} {tail} is {asked[request]}'
        if log == 'sync':
            return f'{name} ({request}) was acknowledged and is not there'
        if int(name.split('-')[1]) < gaps[0]:
            return f'{name} ({request}) is missing before the gap of {gaps[0]}'
    return None


def run(store, log, rounds, since):
    """Returns where the next one begins."""
    wrong, acknowledged, kept = None, 0, 0
    for i in range(rounds):
        given = load_and_kill(store, log, i)
        process, _ = start(store, log)
        rows = look(store, since)
        wrong = judge(log, given, rows, since)
        process.terminate()
        code = process.wait()
        process.stdout.close()
        if code:
            wrong = wrong or f'the next server ended with {code}'
        acknowledged += len(given)
        kept += sum(row[1] == 'decision' for row in rows)
        if wrong:
            break
        since = rows[-1][0] + 2  # behind the STOP of the server that was asked
    tap.is_so(f'--log {log}: {rounds} kills under load', not wrong, f'round {i}: {wrong}')
    tap.is_so(f'--log {log}: they were under load', acknowledged > 5 * rounds, acknowledged)
    print(f'# --log {log}: {acknowledged} answered, {kept} in the log')
    return since


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        os.environ['BATON_HOME'] = str(work / 'home')
        store = str(work / 'store')
        tap.baton('init', store)
        code, said = tap.baton('pack', MODELS / 'mlp.onnx', '--name', 'm', '--store', store,
                               '--golden', MODELS / 'x.npz')
        assert code == 0, said
        since = run(store, 'sync', (ROUNDS + 1) // 2, 0)
        since = run(store, 'async', ROUNDS // 2, since)
        code, said = tap.baton('replay', '--all', '--store', store)
        tap.is_so('all of it replays', code == 0, said)
    tap.done_testing()


if __name__ == '__main__':
    main()

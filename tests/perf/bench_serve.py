#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests a second of a model of 13 features, wrk asking on 32 connections of loopback, beside
FastAPI with scikit-learn and MLServer in the same run; and a million decisions replayed.

    bench_serve.py BATON PYTHON-WITH-ONNX PYTHON-WITH-PEERS [SECONDS]
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

BATON, ONNX, PEERS = sys.argv[1:4]
SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 5
HERE = pathlib.Path(__file__).resolve().parent / 'serve'
ROW = [round(0.37 * i - 2.1, 3) for i in range(13)]
ASK = json.dumps({'inputs': [{'name': 'x', 'shape': [1, 13], 'datatype': 'FP32', 'data': ROW}]})
TICKS = os.sysconf('SC_CLK_TCK')
DECISIONS = 1000000


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def tree(pid):
    """A process and those below it."""
    found = [pid]
    for task in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def usage(pid):
    """CPU seconds and megabytes, all processes together."""
    ticks = kilobytes = 0
    for one in tree(pid):
        fields = pathlib.Path(f'/proc/{one}/stat').read_text().rsplit(') ', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
        status = pathlib.Path(f'/proc/{one}/status').read_text()
        kilobytes += int(re.search(r'VmHWM:\s+(\d+)', status)[1])
    return ticks / TICKS, kilobytes / 1024


def wait_for(port, process):
    for _ in range(300):
        with socket.socket() as s:
            if s.connect_ex(('127.0.0.1', port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit('the server does not come up')


def load(script, port, seconds):
    said = subprocess.run(['wrk', '-t1', '-c32', f'-d{seconds}s', '--latency', '-s', script,
                           f'http://127.0.0.1:{port}/v2/models/credit/infer'], capture_output=True, text=True,
                          check=True).stdout
    if 'Non-2xx' in said:
        sys.exit('not every request was answered: ' + said)
    return int(re.search(r'(\d+) requests in', said)[1]), float(re.search(r'Requests/sec:\s+([\d.]+)', said)[1]), \
        re.search(r'99%\s+(\S+)', said)[1]


def measure(name, command, port, script, **popen):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **popen)
    try:
        wait_for(port, process)
        load(script, port, 1)
        before = usage(process.pid)[0]
        requests, rate, p99 = load(script, port, SECONDS)
        after, megabytes = usage(process.pid)
        print(f'{name:34} {rate:9.0f} requests/s  p99 {p99:>9}  {(after - before) / requests * 1e6:7.1f} us CPU  '
              f'{megabytes:6.1f} MB', flush=True)
        return rate
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def serve(script, *options):
    port = free_port()
    return measure('baton serve ' + ' '.join(options), [BATON, 'serve', 'credit', '--listen', f'127.0.0.1:{port}',
                                                        *options], port, script)


def replay(script):
    """As many decisions as there are to be, then all of them again."""
    port = free_port()
    process = subprocess.Popen([BATON, 'serve', 'credit', '--listen', f'127.0.0.1:{port}', '--log', 'async',
                                '--instance', 'replayed'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port, process)
    made = 0
    while made < DECISIONS:
        made += load(script, port, 5)[0]
    process.send_signal(signal.SIGINT)
    process.wait(60)
    start = time.monotonic()
    said = json.loads(subprocess.run([BATON, 'replay', '--all', '--instance', 'replayed', '--json'],
                                     capture_output=True, text=True, check=True).stdout)
    took = time.monotonic() - start
    print(f'baton replay --all: {said["identical"]} identical, {said["differ"]} differ, in {took:.1f} s')


def peers(folder, script):
    env = dict(os.environ, MODEL=str(folder / 'weights.npz'), PYTHONPATH=str(HERE))
    port = free_port()
    rates = {'FastAPI': measure('FastAPI + scikit-learn, 1 worker', [
        PEERS, '-m', 'uvicorn', 'peer_fastapi:app', '--port', str(port), '--log-level', 'critical', '--no-access-log'],
        port, script, env=env)}
    port, other, more = free_port(), free_port(), free_port()
    settings = folder / 'mlserver'
    settings.mkdir()
    (settings / 'settings.json').write_text(json.dumps({
        'host': '127.0.0.1', 'http_port': port, 'grpc_port': other, 'metrics_port': more, 'parallel_workers': 0,
        'debug': False}))
    (settings / 'model-settings.json').write_text(json.dumps({
        'name': 'credit', 'implementation': 'peer_mlserver.Credit'}))
    rates['MLServer'] = measure('MLServer + scikit-learn', [str(pathlib.Path(PEERS).with_name('mlserver')), 'start',
                                                           str(settings)], port, script, env=env)
    return rates


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ.update(BATON_HOME=str(folder / 'home'), BATON_STORE=str(folder / 'store'))
        subprocess.run([ONNX, HERE / 'make_model.py', folder], check=True)
        for words in (['init', folder / 'store'], ['pack', folder / 'model.onnx', '--name', 'credit', '--golden',
                                                    folder / 'golden.npz']):
            subprocess.run([BATON, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        script = folder / 'ask.lua'
        script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{ASK}'\n")
        off = serve(script, '--log', 'off')
        logged = serve(script, '--log', 'async')
        serve(script, '--log', 'sync')
        rates = peers(folder, script)
        print(f'the log (async) costs {100 * (1 - logged / off):.0f} % of the requests; ' + ', '.join(
            f'{logged / rate:.0f} times {name}' for name, rate in rates.items()))
        replay(script)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`baton witness ask` with witnesses in a folder, behind a port, and behind none: test_ask.py BATON
MAKE-ATTACKS. What the ledgers are, make_attacks.c says. TAP."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tap import Tap  # noqa: E402

BATON, MAKE_ATTACKS = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
tap = Tap(BATON)
baton = tap.baton
is_so = tap.is_so


def make_witness(work, number, log):
    """Its folder and verifier key."""
    folder = work / f'w{number}'
    code, said = baton('witness', 'init', '--folder', folder, '--name', f'w{number}.example', '--json')
    assert code == 0, said
    code, said_log = baton('witness', 'log', log, '--folder', folder)
    assert code == 0, said_log
    return folder, json.loads(said)['key']


def show(store, work, name):
    """The store's ledger is that one from now on."""
    for part in 'ledger', 'ledger.journal':
        source, target = work / 'ledgers' / name / part, store / part
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def ask(store, policy):
    code, said = baton('witness', 'ask', '--store', store, '--policy', policy, '--json')
    return code, said, json.loads(said) if said.startswith('{') else None


def lines(store):
    return (store / 'ledger/checkpoint').read_text().count('\n— ')


def check(work, store, policy, stranger):
    show(store, work, 'honest')
    code, said, report = ask(store, policy)
    is_so('two of three sign', code == 0 and report['verdict'] == 'identical', said)
    is_so('the checkpoint has their lines', lines(store) == 3, lines(store))
    is_so('who does not answer is named', [w['code'] for w in report['witnesses']] == [200, 200, 0], said)
    is_so('asked again they sign again', ask(store, policy)[0] == 0 and lines(store) == 3)
    show(store, work, 'later')
    code, said, report = ask(store, policy)
    is_so('they follow a log that grows', code == 0 and report['leaves'] == 700, said)
    for name, words in (('rewritten', 'answers 422'), ('honest', 'has seen 700 entries'),
                        ('truncated', 'has seen 700 entries'), ('regrown', 'answers 422')):
        show(store, work, name)
        code, said, report = ask(store, policy)
        is_so(f'they contradict the {name} ledger', code == 1 and words in said, said)
        is_so('and sign nothing of it', lines(store) == 1, lines(store))
    show(store, work, 'later')
    is_so('with one of three away the quorum of all is missed', ask(store, policy.with_name('all'))[0] == 3)
    code, said = baton('witness', 'ask', '--store', store, '--policy', stranger)
    is_so('a policy for another log is refused', code == 1 and 'no log of policy' in said, said)
    code, said = baton('witness', 'ask', '--store', work / 'fresh')
    is_so('a ledger whose policy names no witnesses asks nobody',
          code == 2 and 'names no witnesses' in said, said)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / 'ledgers').mkdir()
        subprocess.run([MAKE_ATTACKS, work / 'ledgers'], check=True)
        log = (work / 'ledgers/log.vkey').read_text().strip()
        store = work / 'store'
        os.environ['BATON_HOME'] = str(work / 'home')
        for made in store, work / 'fresh':
            assert baton('init', made)[0] == 0
        near, near_key = make_witness(work, 1, log)
        far, far_key = make_witness(work, 2, log)
        _, lost_key = make_witness(work, 3, log)
        with subprocess.Popen([BATON, 'witness', 'serve', '--folder', far, '--listen', '127.0.0.1:0'],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            base = server.stdout.readline().split()[-1]
            text = (f'log {log}\nwitness near {near_key} {near}\nwitness far {far_key} {base}/\n'
                    f'witness lost {lost_key} http://127.0.0.1:9\ngroup some %s near far lost\n'
                    'quorum some\n')
            (work / 'some').write_text(text % '2')
            (work / 'all').write_text(text % 'all')
            (work / 'stranger').write_text(text.replace(log, 'example.com/foo+530d903a+AekyeRrm56hA'
                                                        'pGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k') % 'any')
            try:
                check(work, store, work / 'some', work / 'stranger')
            finally:
                server.terminate()
            is_so('the served one ends when it is told to', server.wait() == 0)
    tap.done_testing()


if __name__ == '__main__':
    main()

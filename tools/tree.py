# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the list of the tree's files, C text without comments, functions."""
import concurrent.futures
import json
import os
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(os.environ.get('BATON_LINT_ROOT') or Path(__file__).resolve().parent.parent)
SKIPPED_FOLDERS = ('build', '.git', '.tools-', '.venv', '__pycache__')
BYTES_ONLY = {'.onnx', '.pb', '.npy', '.npz', '.png', '.gz', '.zst', '.tar', '.safetensors'}

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*roots, suffixes=()):
    """Paths relative to the root, sorted, of files under the given folders (all when none)."""
    found = []
    for root in roots or ('.',):
        for folder, folders, names in os.walk(ROOT / root):
            folders[:] = [f for f in folders if not f.startswith(SKIPPED_FOLDERS)]
            found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names
                      if n != '.git' and (not suffixes or n.endswith(tuple(suffixes)))]
    return sorted(found)


def c_files(*roots):
    return files(*(roots or ('include', 'src', 'tests', 'examples')), suffixes=('.c', '.h'))


def read(path):
    return (ROOT / path).read_text(encoding='utf-8', errors='surrogateescape')


def blank(text, strings=True):
    """C text with comments (and the inside of strings) replaced by spaces; lines keep place."""
    def space(match):
        token = match.group(0)
        if token[0] == '/':
            return re.sub(r'[^\n]', ' ', token)
        return token[0] + ' ' * (len(token) - 2) + token[0] if strings else token
    return TOKEN.sub(space, text)


def functions(text):
    """(first line, last line, header text, body text) of each function definition.

    clang-format puts the opening and closing brace of a function alone in column 0, which is all
    that this relies on.
    """
    lines = blank(text).split('\n')
    for number, line in enumerate(lines):
        if line != '{':
            continue
        first = number
        while first and lines[first - 1].strip() and lines[first - 1][0] not in '}#':
            first -= 1
        last = next((i for i in range(number, len(lines)) if lines[i] == '}'), len(lines) - 1)
        header = ' '.join(lines[first:number])
        if '(' in header:
            yield first + 1, last + 1, header, '\n'.join(lines[number:last + 1])


def compile_commands(build):
    """file -> arguments of its compilation, without output and dependency options."""
    commands = {}
    for entry in json.loads((ROOT / build / 'compile_commands.json').read_text()):
        words = shlex.split(entry['command'])
        for option in ('-o', '-MF', '-MQ'):
            if option in words:
                at = words.index(option)
                del words[at:at + 2]
        if entry['file'].endswith('.c'):
            commands.setdefault(entry['file'], [w for w in words if w not in ('-MD', '-c')])
    return commands


def each(function, jobs):
    """The findings of function(job) over all jobs, JOBS at a time, in order, each once."""
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get('JOBS', '2'))) as pool:
        return list(dict.fromkeys(f for found in pool.map(function, jobs) for f in found))


def finish(findings):
    """Print the findings and end with the exit status of a check."""
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)

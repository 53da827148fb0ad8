# SPDX-License-Identifier: Apache-2.0
"""What the tests in Python that run baton share: its answers, and lines of the Test Anything
Protocol."""
import subprocess
import sys


class Tap:
    def __init__(self, baton):
        self.program = baton
        self.count = 0
        self.failed = 0

    def is_so(self, name, good, said=''):
        self.count += 1
        self.failed += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}')
        if not good:
            print('\n'.join('# ' + line for line in str(said).splitlines()))

    def baton(self, *arguments):
        """Exit code, and what it prints on both streams."""
        done = subprocess.run([self.program, *map(str, arguments)], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def done_testing(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)

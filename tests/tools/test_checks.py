# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/ on a small tree: what it must find, and that a good file passes."""
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPDX = '/* SPDX-License-Identifier: Apache-2.0 */\n'
GOOD = SPDX + 'int bt_add_one(int x);\n\nint bt_add_one(int x)\n{\n    return x + 1;\n}\n'
LISTS = ('layers.txt', 'complexity-exceptions', 'symbols.txt')


def function(body, header='int bt_long(void)'):
    return f'{SPDX}{header}\n{{\n{body}    return 0;\n}}\n'


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write('Makefile', 'all:\n')
        self.write('.ci/run', '# SPDX-License-Identifier: Apache-2.0\n')
        for name in LISTS:
            self.write(f'tools/{name}', (ROOT / 'tools' / name).read_text() if name == 'layers.txt'
                       else '')

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding='utf-8')

    def run_check(self, name, *arguments):
        return subprocess.run([ROOT / 'tools' / name, *arguments], text=True, check=False,
                              cwd=self.root, env=dict(os.environ, BATON_LINT_ROOT=str(self.root)),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def assert_passes(self, name, *arguments):
        done = self.run_check(name, *arguments)
        self.assertEqual((done.returncode, done.stdout), (0, ''))

    def assert_finds(self, text, name, *arguments):
        done = self.run_check(name, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(text, done.stdout)


class Attacks(Check):
    def test_a_page_may_name_only_what_is_there(self):
        self.write('docs/attacks.md', '| # | tried by |\n|---|---|\n| 1 | `a_lie`, `tests/x.txt` |\n')
        self.assert_finds('there is no test a_lie', 'check-attacks')
        self.write('tests/a.c', 'static void a_lie(void **state)\n')
        self.assert_finds('there is no test tests/x.txt', 'check-attacks')
        self.write('tests/x.txt', '')
        self.assert_passes('check-attacks')


class Layers(Check):
    def test_a_lower_room_may_not_include_an_upper_one(self):
        self.write('src/base/a.c', SPDX + '#include "base/a.h"\n')
        self.assert_passes('check-layers')
        self.write('src/base/b.c', SPDX + '#include "store/store.h"\n')
        self.assert_finds('base may not include store/store.h', 'check-layers')

    def test_a_room_that_is_not_listed_is_a_finding(self):
        self.write('src/attic/a.c', SPDX)
        self.assert_finds('attic is not in tools/layers.txt', 'check-layers')

    def test_a_cycle_in_the_list_is_a_finding(self):
        self.write('tools/layers.txt', 'base: store\nstore: base\n')
        self.assert_finds('leads back to itself', 'check-layers')


class Sizes(Check):
    def test_a_small_function_passes(self):
        self.write('src/base/a.c', GOOD)
        self.assert_passes('check-sizes')

    def test_long_function(self):
        self.write('src/base/a.c', function('    bt_x();\n' * 70))
        self.assert_finds('function of 74 lines > 70', 'check-sizes')

    def test_complex_function_needs_an_exception_with_a_reason(self):
        self.write('src/base/a.c', function('    if (bt_x())\n        bt_y();\n' * 12))
        self.assert_finds('complexity 13 > 12', 'check-sizes')
        self.write('tools/complexity-exceptions',
                   'src/base/a.c bt_long complexity 13 a table of twelve cases\n')
        self.assert_passes('check-sizes')
        self.write('src/base/a.c', GOOD)
        self.assert_finds('not needed', 'check-sizes')

    def test_many_parameters(self):
        header = 'int bt_long(' + ', '.join(f'int {c}' for c in 'abcdefg') + ')'
        self.write('src/base/a.c', function('', header))
        self.assert_finds('7 parameters > 6', 'check-sizes')

    def test_deep_nesting(self):
        opened = ''.join(f'{"    " * i}if (bt_x()) {{\n' for i in range(1, 6))
        closed = ''.join(f'{"    " * i}}}\n' for i in range(5, 0, -1))
        self.write('src/base/a.c', function(opened + closed))
        self.assert_finds('nesting 5 > 4', 'check-sizes')

    def test_long_header(self):
        self.write('src/base/a.h', '\n' * 251)
        self.assert_finds('251 lines > 250', 'check-sizes')


class Banned(Check):
    CASES = [('    free(x);\n', 'free: memory outside'), ('    printf("x");\n', 'printf: printing'),
             ('    strcpy(a, b);\n', 'strcpy: a call with'), ('    goto out;\n', 'goto'),
             ('    rand();\n', 'rand: hidden state'), ('    getenv("X");\n', 'the environment'),
             ('    // why\n', 'comments are /* */'), ('\tx();\n', 'tab'), ('    x();  \n', 'trailing'),
             ('    /* ' + 'TO' + 'DO: later */\n', 'as an issue'),
             ('    x("\u200b");\n', 'invisible'), ('    x("/' + 'work/a");\n', 'path of one machine')]

    def test_a_good_file_passes(self):
        self.write('src/base/a.c', GOOD.replace('return', '/* free(x) in words */ return'))
        self.assert_passes('check-banned')

    def test_each_banned_thing_is_found(self):
        for body, finding in self.CASES:
            with self.subTest(finding):
                self.write('src/base/a.c', function(body))
                self.assert_finds(finding, 'check-banned')

    def test_names_and_licence_lines(self):
        self.write('src/base/utils.c', GOOD)
        self.assert_finds('a name that says', 'check-banned')
        self.write('src/base/utils.c', 'int x;\n')
        self.assert_finds('SPDX', 'check-banned')


class Compiled(Check):
    """Checks of compiled things, on an archive made here."""

    def build(self, folder, source, *flags):
        self.write('src/a.c', SPDX + source)
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        subprocess.run(['gcc', '-O2', *flags, '-c', 'src/a.c', '-o', f'{folder}/a.o'],
                       cwd=self.root, check=True)
        archive = self.root / 'build' / 'libbaton.a'
        archive.unlink(missing_ok=True)
        subprocess.run(['ar', 'rcs', archive, f'{folder}/a.o'], cwd=self.root, check=True)

    def test_symbols(self):
        hidden = '__attribute__((visibility("hidden"))) '
        self.build('build', hidden + 'int bt_one(void) { return 1; }')
        self.assert_passes('check-symbols')
        self.build('build', hidden + 'int one(void) { return 1; }')
        self.assert_finds('exported names start', 'check-symbols')
        self.build('build', 'static int n; ' + hidden + 'int bt_one(void) { return ++n; }')
        self.assert_finds('writable global state', 'check-symbols')
        self.build('build', 'int bt_one(void) { return 1; }')
        self.assert_finds('no header of include/baton declares it', 'check-symbols')

    def test_kernels_have_no_libm_and_no_fma(self):
        source = '__attribute__((visibility("hidden"))) float bt_k(float a, float b, float c) '
        self.build('build/libkernel_x.a.p',
                   'float expf(float); ' + source + '{ return expf(a) + b + c; }')
        self.assert_finds('expf: kernels need no libm', 'check-symbols')
        if os.uname().machine == 'x86_64':
            self.build('build/libkernel_x.a.p', source + '{ return a * b + c; }', '-mfma',
                       '-ffp-contract=fast')
            self.assert_finds('vfmadd', 'check-symbols')

    def test_headers(self):
        self.write('src/base/a.h', SPDX + '#ifndef A\n#define A\nint bt_a(int x);\n#endif\n')
        self.assert_passes('check-headers')
        self.write('src/base/b.h', SPDX + '#ifndef B\n#define B\nsize_t bt_b(void);\n#endif\n')
        self.assert_finds('src/base/b.h: not alone', 'check-headers')

    def test_a_public_header_is_installed(self):
        header = SPDX + '#ifndef X\n#define X\nint bt_x(void);\n#endif\n'
        self.write('include/baton/x.h', header)
        self.write('include/baton/meson.build', "install_headers('y.h')\n")
        self.assert_finds('include/baton/x.h: is not in', 'check-headers')
        self.write('include/baton/meson.build', "install_headers('x.h')\n")
        self.assert_passes('check-headers')

    def test_duplicates(self):
        draw = random.Random(1)  # operators in an order that does not repeat
        block = ''.join(f'    x = y {draw.choice("+-*/%&|^")} z {draw.choice("+-*/%&|^")} x;\n'
                        for i in range(30))
        self.write('src/base/a.c', function(block))
        self.assert_passes('check-duplicates')
        self.write('src/base/b.c', function(block))
        self.assert_finds('tokens alike', 'check-duplicates')


class Commits(Check):
    def commit(self, message):
        subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b.example', 'commit', '-q',
                        '--allow-empty', '-m', message], cwd=self.root, check=True)

    def test_shape_of_messages(self):
        subprocess.run(['git', 'init', '-q'], cwd=self.root, check=True)
        self.commit('The root may say anything')
        self.commit('base: keep errors short\n\nLong ones were cut by terminals.')
        done = self.run_check('check-commits')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('skipped: this clone does not reach back', done.stdout)
        self.commit('Fixed things.\n\nBody.')
        self.assert_finds('expected `area: imperative`', 'check-commits')


if __name__ == '__main__':
    unittest.main()

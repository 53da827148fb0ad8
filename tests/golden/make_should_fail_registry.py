#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the policies that a registry refuses (standard library only, same bytes every time).

Usage: make_should_fail_registry.py [FOLDER]   The expected first lines (<case>.expected) are not
written here: BATON_BLESS=1 build/tests/golden/test_should_fail_registry does that, and a person
reads the difference.
"""
import copy
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / 'should-fail' / 'policy'
WITNESS = 'witness w example.com/witness+00361d1a+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n'
GOOD = {
    'aliases': [{'alias': 'production', 'authorMayApprove': False, 'maxAgeDays': 90,
                 'model': 'credit', 'movedBy': 'operator',
                 'needs': [{'count': 2, 'role': 'validator', 'says': 'acceptance'}]}],
    'format': 'baton/policy/1',
    'root': {'keys': ['00' * 32, 'ff' * 32], 'threshold': 2},
    'witnesses': {'maxAgeHours': 24, 'quorum': WITNESS + 'quorum w\n'},
}
GONE = object()
RULE, NEED = ('aliases', 0), ('aliases', 0, 'needs', 0)
ROOT, SEEN = ('root',), ('witnesses',)

# Where in the good one something else stands, and what.
CASES = {
    'format-2': (('format',), 'baton/policy/2'), 'format-gone': (('format',), GONE),
    'more': (('expires',), 1), 'rules-object': (('aliases',), {}), 'rules-gone': (('aliases',), GONE),
    'rules-257': (('aliases',), [dict(GOOD['aliases'][0], alias=f'a{i}') for i in range(257)]),
    'rule-number': (RULE, 1), 'rule-twice': (('aliases',), GOOD['aliases'] * 2),
    'rule-more': ((*RULE, 'note'), ''), 'rule-without-model': ((*RULE, 'model'), GONE),
    'model-capital': ((*RULE, 'model'), 'Credit'), 'model-star-in': ((*RULE, 'model'), 'cre*'),
    'model-empty': ((*RULE, 'model'), ''), 'model-nul': ((*RULE, 'model'), 'a\0b'),
    'alias-path': ((*RULE, 'alias'), '../x'), 'author-text': ((*RULE, 'authorMayApprove'), 'false'),
    'days-negative': ((*RULE, 'maxAgeDays'), -1), 'days-half': ((*RULE, 'maxAgeDays'), 1.5),
    'days-many': ((*RULE, 'maxAgeDays'), 36501), 'mover-root': ((*RULE, 'movedBy'), 'root'),
    'mover-two': ((*RULE, 'movedBy'), 'author,operator'), 'needs-gone': ((*RULE, 'needs'), GONE),
    'needs-17': ((*RULE, 'needs'), GOOD['aliases'][0]['needs'] * 17), 'need-true': (NEED, True),
    'need-none': ((*NEED, 'count'), 0), 'need-33': ((*NEED, 'count'), 33),
    'need-refusal': ((*NEED, 'says'), 'refusal'), 'need-role': ((*NEED, 'role'), 'everybody'),
    'root-gone': (ROOT, GONE), 'root-empty': ((*ROOT, 'keys'), []),
    'root-twice': ((*ROOT, 'keys'), ['00' * 32] * 2), 'root-short': ((*ROOT, 'keys', 0), '00' * 31),
    'root-threshold-0': ((*ROOT, 'threshold'), 0), 'root-threshold-3': ((*ROOT, 'threshold'), 3),
    'root-33': ((*ROOT, 'keys'), [f'{i:064x}' for i in range(33)]),
    'witnesses-gone': (SEEN, GONE), 'witnesses-null': (SEEN, None), 'witnesses-text': (SEEN, WITNESS),
    'witnesses-more': ((*SEEN, 'count'), 1), 'witnesses-without-text': ((*SEEN, 'quorum'), GONE),
    'witnesses-without-age': ((*SEEN, 'maxAgeHours'), GONE),
    'age-of-nobody': ((*SEEN, 'quorum'), ''), 'age-negative': ((*SEEN, 'maxAgeHours'), -1),
    'age-century': ((*SEEN, 'maxAgeHours'), 876001), 'age-text': ((*SEEN, 'maxAgeHours'), '24'),
    'age-huge': ((*SEEN, 'maxAgeHours'), 2**64), 'quorum-list': ((*SEEN, 'quorum'), [WITNESS]),
    'quorum-missing': ((*SEEN, 'quorum'), WITNESS), 'quorum-of-none': ((*SEEN, 'quorum'), WITNESS + 'quorum none\n'),
    'quorum-of-none-alone': ((*SEEN, 'quorum'), 'quorum none\n'),
    'quorum-unknown': ((*SEEN, 'quorum'), WITNESS + 'quorum v\n'),
    'quorum-twice': ((*SEEN, 'quorum'), WITNESS + 'quorum w\nquorum w\n'),
    'quorum-no-end': ((*SEEN, 'quorum'), WITNESS + 'quorum w'),
    'quorum-nul': ((*SEEN, 'quorum'), WITNESS + 'quorum w\n\0'),
    'quorum-carriage-return': ((*SEEN, 'quorum'), WITNESS + 'quorum w\r\n'),
    'quorum-blank': ((*SEEN, 'quorum'), ' '), 'quorum-newline': ((*SEEN, 'quorum'), '\n'),
    'quorum-key-twice': ((*SEEN, 'quorum'), WITNESS + WITNESS.replace(' w ', ' v ') + 'quorum w\n'),
    'quorum-key-of-log': ((*SEEN, 'quorum'), WITNESS.replace('witness w', 'log') + 'quorum w\n'),
    'quorum-key-wrong': ((*SEEN, 'quorum'), WITNESS.replace('00361d1a', '00361d1b') + 'quorum w\n'),
    'quorum-2-of-1': ((*SEEN, 'quorum'), WITNESS + 'group g 2 w\nquorum g\n'),
    'quorum-long': ((*SEEN, 'quorum'), WITNESS + '#\n' * 32768 + 'quorum w\n'),
}


def edited(path, value):
    policy = copy.deepcopy(GOOD)
    *way, last = path
    at = policy
    for step in way:
        at = at[step]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return json.dumps(policy, separators=(',', ':'), sort_keys=True)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        (OUT / f'{name}.json').write_text(edited(*case))
    twice = edited(('format',), 'baton/policy/1').replace('"maxAgeHours":24', '"maxAgeHours":24,' * 2, 1)
    (OUT / 'age-twice.json').write_text(twice.replace(',,', ','))


main()

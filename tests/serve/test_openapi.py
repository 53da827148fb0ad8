#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of `baton serve`: test_openapi.py BATON. It hangs together, says what the
server does, and openapi-spec-validator accepts it where that is installed. TAP."""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from serving import Server, new_store, pack_mlp  # noqa: E402
from tap import Tap  # noqa: E402

BATON = str(pathlib.Path(sys.argv[1]).resolve())
tap = Tap(BATON)
is_so = tap.is_so


def check_references(document):
    text = json.dumps(document)
    missing = []
    for target in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        at = document
        for step in target.split('/'):
            at = at.get(step) if isinstance(at, dict) else None
        if at is None:
            missing.append(target)
    is_so('every reference leads somewhere', not missing, missing)
    unused = [name for name in document['components']['schemas'] if f'schemas/{name}"' not in text]
    is_so('no schema is for nothing', not unused, unused)


def check_operations(document):
    operations = [(path, method, operation) for path, item in document['paths'].items()
                  for method, operation in item.items() if method != 'parameters']
    names = [operation['operationId'] for _, _, operation in operations]
    is_so('every operation has a name of its own', len(set(names)) == len(names) > 10, names)
    wrong = [path for path, item in document['paths'].items()
             if [p['name'] for p in item['parameters']] != re.findall('{(.*?)}', path)]
    is_so('what stands for something in a path is a parameter', not wrong, wrong)
    schemes = set(document['components']['securitySchemes'])
    is_so('who may ask is told', all(set(way) <= schemes for _, _, operation in operations
                                     for way in operation['security']), operations)


def check_server(server, document):
    """What can be asked without a body is there."""
    for path, item in document['paths'].items():
        if 'get' in item:
            where = path.replace('{model}', 'mlp').replace('{version}', '1')
            connection = server.ask_raw('GET', where)
            kind = next(iter(item['get']['responses']['200']['content']))
            is_so(f'{path} is there', connection[0] == 200 and connection[1].startswith(kind), connection[:2])


def main():
    with new_store(tap):
        pack_mlp(tap)
        server = Server(BATON, 'mlp')
        try:
            status, document, headers = server.ask('GET', '/v2/docs/openapi.json')
            is_so('the document is served', status == 200 and headers['Content-Type'] == 'application/json')
            is_so('it is of OpenAPI 3.1', document['openapi'] == '3.1.0')
            check_references(document)
            check_operations(document)
            check_server(server, document)
        finally:
            server.stop()
    try:
        from openapi_spec_validator import validate
    except ImportError:
        print('# skipped: openapi-spec-validator is not installed')
    else:
        validate(document)
        is_so('openapi-spec-validator accepts it', True)
    tap.done_testing()


if __name__ == '__main__':
    main()

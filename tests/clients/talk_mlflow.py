# SPDX-License-Identifier: Apache-2.0
"""mlflow's ScoringServerClient. It has one model to ask, which is "columns" here, at the second
address."""
import json
import sys

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

X = np.array(json.loads(sys.argv[2]), dtype=np.float32)


def client_of(address):
    return ScoringServerClient(*address.split(':'))


client, columns = client_of(sys.argv[3]), client_of(sys.argv[4])
client.wait_server_ready()
client.ping()
said = {'ready': True, 'server': 'baton' if client.get_version() else '', 'answers': {}}


def bits(predictions):
    return np.array(predictions.get_predictions(), dtype=np.float32).tobytes().hex()


said['answers']['array'] = bits(client.invoke(X))
said['answers']['named array'] = bits(client.invoke({'x': X}))
said['answers']['table'] = bits(client.invoke(pd.DataFrame(X, columns=['a', 'b', 'c'])))
table = pd.DataFrame({'city': ['größe', 'b'], 'age': [1.5, float('nan')], 'visits': [2**53 + 1, -1]})
rows = columns.invoke(table).predictions
assert [row['y_visits'] for row in rows] == [[2**53 + 1], [-1]], rows
assert [row['y_age'] for row in rows] == [[1.5], ['NaN']], rows
try:
    columns.invoke(table, params={'a': 1})
except MlflowException as refusal:
    said['refused'] = 'params' in str(refusal)
print(json.dumps(said))

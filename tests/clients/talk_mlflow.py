# SPDX-License-Identifier: Apache-2.0
"""mlflow's ScoringServerClient, which asks the only model of a server: "mlp" at the second address,
"columns" at the third. (A dict of arrays it offers, too, and fails on before anything is sent.)"""
import json
import sys

import numpy as np
import pandas as pd
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
said['answers']['table'] = bits(client.invoke(pd.DataFrame(X, columns=['a', 'b', 'c'])))
table = pd.DataFrame({'city': ['größe', 'b'], 'age': [1.5, float('nan')], 'visits': [2**53 + 1, -1]})
rows = json.loads(columns.invoke(table).to_json())['predictions']
assert [row['y_visits'] for row in rows] == [[2**53 + 1], [-1]], rows
assert [row['y_age'] for row in rows] == [[1.5], ['NaN']], rows
try:
    columns.invoke(table, params={'a': 1})
except Exception as refusal:  # it raises no other
    said['refused'] = 'params' in str(refusal)
print(json.dumps(said))

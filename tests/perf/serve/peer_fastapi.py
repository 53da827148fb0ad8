# SPDX-License-Identifier: Apache-2.0
"""The same model behind FastAPI and scikit-learn, as people put it into service:
uvicorn --app-dir FOLDER peer_fastapi:app, with MODEL in the environment."""
import os

import numpy as np
from fastapi import FastAPI, Request
from sklearn.linear_model import LogisticRegression

weights = np.load(os.environ['MODEL'])
model = LogisticRegression()
model.classes_ = np.array([0, 1])
model.coef_, model.intercept_ = weights['w'].T.astype(float), weights['b'].astype(float)
app = FastAPI()


@app.post('/v2/models/credit/infer')
async def infer(request: Request):
    body = await request.json()
    given = body['inputs'][0]
    x = np.array(given['data'], dtype=np.float32).reshape(given['shape'])
    y = model.predict_proba(x)[:, 1]
    return {'model_name': 'credit', 'outputs': [{'name': 'probability', 'shape': [len(y), 1], 'datatype': 'FP64',
                                                 'data': y.tolist()}]}

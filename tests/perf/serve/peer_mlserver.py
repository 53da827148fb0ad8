# SPDX-License-Identifier: Apache-2.0
"""The same model as a runtime of MLServer; it reads $MODEL."""
import os

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from sklearn.linear_model import LogisticRegression


class Credit(MLModel):
    async def load(self) -> bool:
        weights = np.load(os.environ['MODEL'])
        self.model = LogisticRegression()
        self.model.classes_ = np.array([0, 1])
        self.model.coef_, self.model.intercept_ = weights['w'].T.astype(float), weights['b'].astype(float)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        x = NumpyCodec.decode_input(payload.inputs[0])
        y = self.model.predict_proba(x)[:, 1:]
        return InferenceResponse(model_name='credit', outputs=[NumpyCodec.encode_output('probability', y)])

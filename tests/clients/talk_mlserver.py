# SPDX-License-Identifier: Apache-2.0
"""What MLServer's codecs write and read; it has no client of its own, so the transport is urllib."""
import json
import sys
import urllib.error
import urllib.request

import numpy as np
import pandas as pd
from mlserver.codecs import NumpyCodec, PandasCodec, StringCodec
from mlserver.types import (InferenceRequest, InferenceResponse, MetadataModelResponse,
                            MetadataServerResponse)

X = np.array(json.loads(sys.argv[2]), dtype=np.float32)
URL = 'http://' + sys.argv[1]


def ask(path, request=None):
    text = request.model_dump_json().encode() if request else None
    sent = urllib.request.Request(URL + path, text, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(sent) as answer:
        return answer.read()


def infer(model, request):
    return InferenceResponse.model_validate_json(ask(f'/v2/models/{model}/infer', request))


named = InferenceRequest(id='7', inputs=[NumpyCodec.encode_input('x', X)])
said = {'live': json.loads(ask('/v2/health/live'))['live'], 'ready': json.loads(ask('/v2/health/ready'))['ready'],
        'model ready': json.loads(ask('/v2/models/mlp/ready'))['ready'],
        'server': MetadataServerResponse.model_validate_json(ask('/v2')).name,
        'inputs': [t.model_dump(include={'name', 'datatype', 'shape'}) for t in
                   MetadataModelResponse.model_validate_json(ask('/v2/models/mlp')).inputs],
        'answers': {}}
result = infer('mlp', named)
assert result.id == '7'
said['answers']['np'] = NumpyCodec.decode_output(result.outputs[0]).tobytes().hex()
table = PandasCodec.encode_request(pd.DataFrame({'age': np.array([1.5, 2.5], np.float32), 'visits': [2**53 + 1, -1]}))
table.inputs.append(StringCodec.encode_input('city', ['größe', 'b']))
result = infer('columns', table)
back = {o.name: o for o in result.outputs}
assert NumpyCodec.decode_output(back['y_visits']).ravel().tolist() == [2**53 + 1, -1]
assert StringCodec.decode_output(back['y_city']) == ['größe', 'b']
try:
    infer('mlp', InferenceRequest(inputs=[NumpyCodec.encode_input('z', X)]))
except urllib.error.HTTPError as refusal:
    said['refused'] = refusal.code == 400 and '"z"' in json.load(refusal)['error']
print(json.dumps(said))

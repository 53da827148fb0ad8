# SPDX-License-Identifier: Apache-2.0
"""tritonclient.http, with each form of request and of answer that it has."""
import itertools
import json
import sys

import numpy as np
import tritonclient.http as http

X = np.array(json.loads(sys.argv[2]), dtype=np.float32)
client = http.InferenceServerClient(sys.argv[1])
metadata = client.get_model_metadata('mlp')
said = {'live': client.is_server_live(), 'ready': client.is_server_ready(),
        'model ready': client.is_model_ready('mlp') and not client.is_model_ready('nobody'),
        'server': client.get_server_metadata()['name'], 'inputs': metadata['inputs'], 'answers': {}}
for binary_in, binary_out, sent, taken in itertools.product(
        (False, True), (False, True, None), (None, 'gzip', 'deflate'), (None, 'gzip', 'deflate')):
    x = http.InferInput('x', X.shape, 'FP32')
    x.set_data_from_numpy(X, binary_data=binary_in)
    outputs = None if binary_out is None else [http.InferRequestedOutput('y', binary_data=binary_out)]
    result = client.infer('mlp', [x], outputs=outputs, request_id='7', request_compression_algorithm=sent,
                          response_compression_algorithm=taken)
    assert result.get_response()['id'] == '7'
    said['answers'][f'{binary_in} {binary_out} {sent} {taken}'] = result.as_numpy('y').tobytes().hex()
texts = np.array([['größe', 'b']], dtype=object)
for binary in False, True:
    inputs = [http.InferInput('city', [2], 'BYTES'), http.InferInput('age', [2, 1], 'FP32'),
              http.InferInput('visits', [2, 1], 'INT64')]
    inputs[0].set_data_from_numpy(texts.reshape(2), binary_data=binary)
    inputs[1].set_data_from_numpy(np.ones((2, 1), np.float32), binary_data=binary)
    inputs[2].set_data_from_numpy(np.array([[2**63 - 1], [-2**63]]), binary_data=binary)
    result = client.infer('columns', inputs, outputs=[http.InferRequestedOutput('y_city', binary_data=binary),
                                                      http.InferRequestedOutput('y_visits', binary_data=binary)])
    assert [t if isinstance(t, str) else t.decode() for t in result.as_numpy('y_city')] == ['größe', 'b']
    assert result.as_numpy('y_visits').ravel().tolist() == [2**63 - 1, -2**63]
try:
    x = http.InferInput('z', X.shape, 'FP32')
    x.set_data_from_numpy(X)
    client.infer('mlp', [x])
except http.InferenceServerException as refusal:
    said['refused'] = '"z"' in refusal.message()
print(json.dumps(said))

# SPDX-License-Identifier: Apache-2.0
"""kserve's InferenceRESTClient, in JSON and in binary."""
import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

X = np.array(json.loads(sys.argv[2]), dtype=np.float32)
URL = 'http://' + sys.argv[1]


async def infer(client, name, binary_in, binary_out):
    x = InferInput(name, list(X.shape), 'FP32')
    x.set_data_from_numpy(X, binary_data=binary_in)
    outputs = [RequestedOutput('y', parameters={'binary_data': binary_out})]
    request = InferRequest('mlp', [x], request_id='7', request_outputs=outputs)
    result = await client.infer(URL, request, model_name='mlp')
    assert result.id == '7'
    return result.outputs[0].as_numpy().astype(np.float32).tobytes().hex()


async def talk():
    async with InferenceRESTClient(RESTConfig(protocol='v2')) as client:
        said = {'live': await client.is_server_live(URL), 'ready': await client.is_server_ready(URL),
                'model ready': await client.is_model_ready(URL, 'mlp'), 'answers': {}}
        for i in range(4):
            said['answers'][f'{i}'] = await infer(client, 'x', i % 2 == 1, i > 1)
        try:
            await infer(client, 'z', False, False)
        except httpx.HTTPStatusError as refusal:
            said['refused'] = '"z"' in str(refusal)
        return said


print(json.dumps(asyncio.run(talk())))

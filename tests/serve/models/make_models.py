#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write echo.onnx: an input of each type of the protocol, "x_FP32" and so on, and an output "y_FP32"
that is the same; and columns.onnx, which does so with the columns of a table. Needs the packages of
tests/requirements.txt."""
import pathlib

import onnx
from onnx import TensorProto, helper

TYPES = {'BOOL': TensorProto.BOOL, 'UINT8': TensorProto.UINT8, 'UINT16': TensorProto.UINT16,
         'UINT32': TensorProto.UINT32, 'UINT64': TensorProto.UINT64, 'INT8': TensorProto.INT8,
         'INT16': TensorProto.INT16, 'INT32': TensorProto.INT32, 'INT64': TensorProto.INT64,
         'FP16': TensorProto.FLOAT16, 'FP32': TensorProto.FLOAT, 'FP64': TensorProto.DOUBLE,
         'BYTES': TensorProto.STRING}


COLUMNS = {'age': (TensorProto.FLOAT, ['rows', 1]), 'visits': (TensorProto.INT64, ['rows', 1]),
           'city': (TensorProto.STRING, ['rows'])}


def write(name, ports):
    """Each port is copied, under its name with y_ for x_ or in front."""
    outputs = {port: 'y_' + port.removeprefix('x_') for port in ports}
    graph = helper.make_graph(
        [helper.make_node('Identity', [port], [outputs[port]]) for port in ports], name,
        [helper.make_tensor_value_info(port, *kind) for port, kind in ports.items()],
        [helper.make_tensor_value_info(outputs[port], *kind) for port, kind in ports.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, pathlib.Path(__file__).resolve().parent / f'{name}.onnx')


write('echo', {'x_' + name: (kind, ['rows', 2]) for name, kind in TYPES.items()})
write('columns', COLUMNS)

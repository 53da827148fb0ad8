/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same in every document, as JSON that the preprocessor puts into quotes. */
#include "serve/openapi.h"

#define JSON(...) #__VA_ARGS__

/* clang-format off */
const struct bt_openapi_schema bt_openapi_schemas[] = {
    {"Error", JSON({"type": "object", "required": ["error"],
        "properties": {"error": {"type": "string"}}})},
    {"Live", JSON({"type": "object", "required": ["live"],
        "properties": {"live": {"type": "boolean"}}})},
    {"Ready", JSON({"type": "object", "required": ["ready"],
        "properties": {"live": {"type": "boolean"}, "ready": {"type": "boolean"}}})},
    {"ModelReady", JSON({"type": "object", "required": ["name", "ready"],
        "properties": {"name": {"type": "string"}, "ready": {"type": "boolean"}}})},
    {"Server", JSON({"type": "object", "required": ["name", "version", "extensions"],
        "properties": {"name": {"type": "string"}, "version": {"type": "string"},
            "extensions": {"type": "array", "items": {"type": "string"}}}})},
    {"Models", JSON({"type": "object", "required": ["models"],
        "properties": {"models": {"type": "array", "items": {"type": "string"}}}})},
    {"Datatype", JSON({"type": "string", "enum": ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64",
        "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"]})},
    {"Port", JSON({"type": "object", "required": ["name", "datatype", "shape"],
        "properties": {"name": {"type": "string"}, "datatype": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": -1}}}})},
    {"Model", JSON({"type": "object", "required": ["name", "platform", "inputs", "outputs"],
        "properties": {"name": {"type": "string"}, "platform": {"type": "string"},
            "versions": {"type": "array", "items": {"type": "string"}},
            "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/Port"}},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Port"}},
            "properties": {"type": "object", "additionalProperties": {"type": "string"}}}})},
    {"Parameters", JSON({"type": "object"})},
    {"Tensor", JSON({"type": "object", "required": ["name", "shape", "datatype"],
        "properties": {"name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "datatype": {"$ref": "#/components/schemas/Datatype"},
            "parameters": {"$ref": "#/components/schemas/Parameters"},
            "data": {"type": "array", "description":
                "Flat or nested, in row-major order; left out where the bytes follow."}}})},
    {"Output", JSON({"type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"},
            "parameters": {"$ref": "#/components/schemas/Parameters"}}})},
    {"InferRequest", JSON({"type": "object", "required": ["inputs"],
        "properties": {"id": {"type": "string", "maxLength": 1024},
            "parameters": {"$ref": "#/components/schemas/Parameters"},
            "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Output"}}}})},
    {"InferResponse", JSON({"type": "object",
        "required": ["model_name", "model_version", "outputs"],
        "properties": {"id": {"type": "string"}, "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "parameters": {"$ref": "#/components/schemas/Parameters"},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}}})},
    {"Any", JSON({"description": "A JSON document."})},
    {0, 0},
};

const char bt_openapi_responses[] = JSON({
    "Error": {"description": "It was refused, or failed; in words.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}});

const char bt_openapi_security[] = JSON({
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "mutualTLS": {"type": "mutualTLS"}});
/* clang-format on */

/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

enum {
    FIELD_NAME = 1,
    FIELD_F = 2,
    FIELD_I = 3,
    FIELD_S = 4,
    FIELD_T = 5,
    FIELD_G = 6,
    FIELD_FLOATS = 7,
    FIELD_INTS = 8,
    FIELD_STRINGS = 9,
    FIELD_TENSORS = 10,
    FIELD_GRAPHS = 11,
    FIELD_TP = 14,
    FIELD_TYPE_PROTOS = 15,
    FIELD_TYPE = 20,
    FIELD_REF = 21,
    FIELD_SPARSE = 22,
    FIELD_SPARSES = 23
};

/* The field that carries the value of each AttributeProto.AttributeType, by its number. */
static const uint8_t payload_of_type[] = {0,
                                          FIELD_F,
                                          FIELD_I,
                                          FIELD_S,
                                          FIELD_T,
                                          FIELD_G,
                                          FIELD_FLOATS,
                                          FIELD_INTS,
                                          FIELD_STRINGS,
                                          FIELD_TENSORS,
                                          FIELD_GRAPHS,
                                          FIELD_SPARSE,
                                          FIELD_SPARSES,
                                          FIELD_TP,
                                          FIELD_TYPE_PROTOS};
#define TYPE_COUNT (sizeof payload_of_type)

struct attr_source {
    struct bt_onnx_message message; /* unread */
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    struct bt_bytes name;
    uint64_t type;
};

static baton_status scan(const struct bt_pb_field *field, struct attr_source *ret,
                         struct baton_error *err)
{
    struct attr_source s = {.message = bt_onnx_enter(&bt_onnx_attr_proto, field)};
    BT_TRY(bt_onnx_count(s.message, s.counts, err));
    struct bt_onnx_message m = s.message;
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == FIELD_NAME)
            s.name = part.bytes;
        else if (part.number == FIELD_TYPE)
            s.type = part.scalar;
    }
    *ret = s;
    return BATON_OK;
}

/* Old files leave the type out: then the one value that is there tells it. */
static baton_status settle_type(struct attr_source *s, struct baton_error *err)
{
    unsigned present = 0;
    uint64_t only = 0;
    for (uint64_t type = 1; type < TYPE_COUNT; type++) {
        if (!s->counts[payload_of_type[type]])
            continue;
        present++;
        only = type;
    }
    if (s->counts[FIELD_REF])
        return bt_fail(err, BATON_ERR_INVALID,
                       "refers to an attribute of a function, but is not in one");
    if (s->type >= TYPE_COUNT)
        return bt_fail(err, BATON_ERR_INVALID, "type %" PRIu64 " is not known", s->type);
    if (present > 1 || (present == 1 && s->type && s->type != only))
        return bt_fail(err, BATON_ERR_INVALID, "has type %" PRIu64 " and a value of type %" PRIu64,
                       s->type, only);
    if (s->type == 0)
        s->type = only;
    if (s->type == 0)
        return bt_fail(err, BATON_ERR_INVALID, "has neither a type nor a value");
    return BATON_OK;
}

static baton_status read_ints(struct bt_load *load, const struct attr_source *s,
                              struct bt_attr *attr, struct baton_error *err)
{
    struct bt_onnx_numbers numbers = bt_onnx_numbers(s->message, FIELD_INTS);
    BT_TRY(bt_onnx_numbers_count(numbers, &attr->count, err));
    int64_t *ints = bt_load_keep(load, attr->count, sizeof *ints);
    if (!ints)
        return bt_load_no_room(load, err);
    for (size_t i = 0; i < attr->count; i++) {
        uint64_t scalar = 0;
        bool more = false;
        BT_TRY(bt_onnx_numbers_next(&numbers, &scalar, &more, err));
        ints[i] = (int64_t)scalar;
    }
    attr->ints = ints;
    return BATON_OK;
}

static baton_status read_floats(struct bt_load *load, const struct attr_source *s,
                                struct bt_attr *attr, struct baton_error *err)
{
    struct bt_onnx_numbers numbers = bt_onnx_numbers(s->message, FIELD_FLOATS);
    BT_TRY(bt_onnx_numbers_count(numbers, &attr->count, err));
    float *floats = bt_load_keep(load, attr->count, sizeof *floats);
    if (!floats)
        return bt_load_no_room(load, err);
    for (size_t i = 0; i < attr->count; i++) {
        uint64_t scalar = 0;
        bool more = false;
        BT_TRY(bt_onnx_numbers_next(&numbers, &scalar, &more, err));
        floats[i] = bt_pb_f32(scalar);
    }
    attr->floats = floats;
    return BATON_OK;
}

static baton_status read_tensor(struct bt_load *load, const struct bt_pb_field *field,
                                struct bt_tensor *ret, struct baton_error *err)
{
    struct bt_bytes name = {NULL, 0};
    BT_TRY(bt_load_tensor(load, field, ret, &name, err));
    if (!bt_load_tensor_is_held(ret))
        return bt_load_tensor_unsupported(ret, name, err);
    return BATON_OK;
}

/* Where the parts of a plural (or the one part of a singular) message-valued attribute go. */
struct parts {
    struct bt_tensor *tensors;
    const struct bt_graph **graphs;
    struct bt_bytes *strings;
};

static baton_status make_parts(struct bt_load *load, struct bt_attr *attr, struct parts *parts,
                               struct baton_error *err)
{
    void *made = NULL;
    if (attr->kind == BT_ATTR_TENSOR || attr->kind == BT_ATTR_TENSORS)
        attr->tensors = made = parts->tensors =
            bt_load_keep(load, attr->count, sizeof *parts->tensors);
    else if (attr->kind == BT_ATTR_GRAPH || attr->kind == BT_ATTR_GRAPHS)
        attr->graphs = made = parts->graphs =
            bt_load_keep(load, attr->count, sizeof(const struct bt_graph *));
    else
        attr->strings = made = parts->strings =
            bt_load_keep(load, attr->count, sizeof *parts->strings);
    return made ? BATON_OK : bt_load_no_room(load, err);
}

struct owner {
    struct bt_load *load;
    struct bt_draft_graph *graph;
    struct bt_draft_node *node;
};

static baton_status read_part(const struct owner *owner, const struct bt_pb_field *field, size_t i,
                              struct parts *parts, struct baton_error *err)
{
    if (parts->tensors)
        return read_tensor(owner->load, field, &parts->tensors[i], err);
    if (parts->graphs)
        return bt_load_add_graph(owner->load, owner->graph, owner->node, field, &parts->graphs[i],
                                 err);
    if (parts->strings)
        parts->strings[i] = field->bytes;
    return BATON_OK;
}

static baton_status read_parts(const struct owner *owner, const struct attr_source *s,
                               struct bt_attr *attr, struct baton_error *err)
{
    struct parts parts = {NULL, NULL, NULL};
    uint32_t number = payload_of_type[s->type];
    bool is_single = attr->kind == BT_ATTR_TENSOR || attr->kind == BT_ATTR_GRAPH;
    attr->count = s->counts[number];
    if (is_single && attr->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "has no value");
    BT_TRY(make_parts(owner->load, attr, &parts, err));
    struct bt_onnx_message m = s->message;
    struct bt_pb_field part;
    bool more = true;
    for (size_t i = 0; i < attr->count && more;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (more && part.number == number)
            BT_TRY(read_part(owner, &part, i++, &parts, err));
    }
    return BATON_OK;
}

/* F, I and S: absent means the zero of the type, as writers that drop default values have it. */
static baton_status read_scalar(const struct attr_source *s, struct bt_attr *attr,
                                struct baton_error *err)
{
    struct bt_onnx_message m = s->message;
    struct bt_pb_field part;
    bool more = false;
    attr->s = bt_bytes_of("");
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            return BATON_OK;
        if (part.number == FIELD_F)
            attr->f = bt_pb_f32(part.scalar);
        else if (part.number == FIELD_I)
            attr->i = (int64_t)part.scalar;
        else if (part.number == FIELD_S)
            attr->s = part.bytes;
    }
}

static baton_status read_value(const struct owner *owner, const struct attr_source *s,
                               struct bt_attr *attr, struct baton_error *err)
{
    switch (attr->kind) {
    case BT_ATTR_FLOAT:
    case BT_ATTR_INT:
    case BT_ATTR_STRING:
        return read_scalar(s, attr, err);
    case BT_ATTR_FLOATS:
        return read_floats(owner->load, s, attr, err);
    case BT_ATTR_INTS:
        return read_ints(owner->load, s, attr, err);
    case BT_ATTR_TENSOR:
    case BT_ATTR_GRAPH:
    case BT_ATTR_STRINGS:
    case BT_ATTR_TENSORS:
    case BT_ATTR_GRAPHS:
        return read_parts(owner, s, attr, err);
    case BT_ATTR_OTHER:
        return BATON_OK;
    }
    return BATON_OK;
}

baton_status bt_load_attr(struct bt_load *load, struct bt_draft_graph *graph,
                          struct bt_draft_node *node, const struct bt_pb_field *field,
                          struct bt_attr *ret, struct baton_error *err)
{
    struct owner owner = {load, graph, node};
    struct attr_source s;
    BT_TRY(scan(field, &s, err));
    if (s.name.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "an attribute has no name");
    ret->name = bt_load_str(load, s.name);
    if (!ret->name)
        return bt_load_no_room(load, err);
    baton_status status = settle_type(&s, err);
    ret->kind = (enum bt_attr_kind)bt_min(s.type, BT_ATTR_OTHER);
    if (status == BATON_OK)
        status = read_value(&owner, &s, ret, err);
    if (status != BATON_OK)
        return bt_error_prepend(err, "attribute " BT_NAME_FMT, BT_NAME_ARGS(s.name));
    return BATON_OK;
}

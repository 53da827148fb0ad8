/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_METRICS_H
#define BT_BUNDLE_METRICS_H
/*
 * The metrics of a version: the labelled rows it was measured on (an NPZ part: "input/NAME" and
 * "label"), and the values (a JSON part, numbers as hexadecimal floats).
 *
 *     {"format":"baton/metrics/1","rows":178,"values":{"accuracy":"0x1.f…p-1", …}}
 */
#include "bundle/verify_int.h"

struct bt_labelled {
    struct bt_values inputs; /* bound to the model's signature */
    struct bt_tensor labels;
};

#define BT_LABELLED_INIT                                                                           \
    {                                                                                              \
        .inputs = BT_VALUES_INIT, .labels = BT_TENSOR_INIT                                         \
    }
#define BT_AUTO_LABELLED BT_CLEANUP(bt_labelled_release) struct bt_labelled

void bt_labelled_release(struct bt_labelled *labelled);
BT_CHECK baton_status bt_labelled_format(const struct bt_labelled *labelled, struct bt_buf *out,
                                         struct baton_error *err);
BT_CHECK baton_status bt_labelled_parse(struct bt_bytes npz, struct bt_ports inputs,
                                        struct bt_labelled *ret, struct baton_error *err);

/* Runs the labelled rows and computes. */
BT_CHECK baton_status bt_metrics_measure(const struct bt_loaded *loaded, struct bt_session *session,
                                         const struct bt_labelled *labelled, struct bt_metrics *ret,
                                         struct baton_error *err);

/* For a report: decimal numbers. */
void bt_metrics_put(const struct bt_metrics *metrics, struct bt_json_writer *w);
/* The stored form. */
BT_CHECK baton_status bt_metrics_format(const struct bt_metrics *metrics, struct bt_buf *out,
                                        struct baton_error *err);
BT_CHECK baton_status bt_metrics_parse(struct bt_bytes json, const char *what,
                                       struct bt_metrics *ret, struct baton_error *err);

/* The stored metrics of a bundle; all unknown when it has none. */
BT_CHECK baton_status bt_metrics_read(const struct bt_bundle *bundle, struct bt_metrics *ret,
                                      struct baton_error *err);

/* The rows of a verification that are about metrics; none when the bundle has none. */
BT_CHECK baton_status bt_verify_metrics(struct bt_verifier *v, struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/metrics.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/counter.h"
#include "kernel/kernel.h"
#include "serve/routes.h"

/* What OpenTelemetry wants of a server's histogram, and finer steps below: many models take some
 * tens of microseconds. */
static const uint32_t bounds_us[] = {
    10,    25,    50,     100,    250,    500,    1000,    2500,    5000,    10000,   25000,
    50000, 75000, 100000, 250000, 500000, 750000, 1000000, 2500000, 5000000, 7500000, 10000000};
#define BOUNDS (sizeof bounds_us / sizeof *bounds_us)
#define CLASSES 5 /* 1xx to 5xx */

struct series {
    bt_counter sum_us;
    bt_counter counts[BOUNDS + 1]; /* of each bound's own, not of those below */
};

struct bt_tally {
    unsigned loops;
    size_t routes; /* and one for what has none */
    uint64_t started_us;
    struct series *series; /* [loop][route][class] */
};

static struct series *series_at(const struct bt_tally *m, unsigned loop, size_t route, size_t class)
{
    return &m->series[(loop * m->routes + route) * CLASSES + class];
}

baton_status bt_tally_new(unsigned loops, struct bt_tally **ret, struct baton_error *err)
{
    struct bt_tally *m = bt_calloc(1, sizeof *m);
    if (!m)
        return bt_fail_no_memory(err, "metrics");
    m->loops = loops;
    m->routes = bt_route_count() + 1;
    m->started_us = bt_clock_now_us();
    m->series = bt_calloc_aligned(loops * m->routes * CLASSES, sizeof *m->series);
    if (!m->series) {
        bt_free(m);
        return bt_fail_no_memory(err, "metrics");
    }
    *ret = m;
    return BATON_OK;
}

void bt_tally_free(struct bt_tally *metrics)
{
    if (metrics)
        bt_free(metrics->series);
    bt_free(metrics);
}

void bt_tally_answered(struct bt_tally *metrics, unsigned loop, unsigned route, unsigned status,
                       uint64_t took_us)
{
    struct series *series = series_at(metrics, loop, route, status / 100 - 1);
    size_t bound = 0;
    while (bound < BOUNDS && took_us > bounds_us[bound])
        bound++;
    bt_counter_add(&series->counts[bound], 1);
    bt_counter_add(&series->sum_us, took_us);
}

/* ---- text ---- */

static void put_family(struct bt_buf *out, const char *name, const char *type, const char *help)
{
    bt_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(struct bt_buf *out, const char *name, uint64_t value)
{
    bt_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_single(struct bt_buf *out, const char *name, const char *type, const char *help,
                       uint64_t value)
{
    put_family(out, name, type, help);
    put_number(out, name, value);
}

static void put_seconds(struct bt_buf *out, uint64_t us)
{
    bt_buf_printf(out, "%llu.%06u\n", (unsigned long long)(us / 1000000), (unsigned)(us % 1000000));
}

/* ---- requests ---- */

#define DURATION "http_server_request_duration_seconds"

static struct series sum_of(const struct bt_tally *m, size_t route, size_t class)
{
    struct series sum = {.sum_us = 0};
    for (unsigned loop = 0; loop < m->loops; loop++) {
        const struct series *one = series_at(m, loop, route, class);
        bt_counter_add(&sum.sum_us, bt_counter_get(&one->sum_us));
        for (size_t i = 0; i <= BOUNDS; i++)
            bt_counter_add(&sum.counts[i], bt_counter_get(&one->counts[i]));
    }
    return sum;
}

static void put_labels(struct bt_buf *out, size_t route, size_t class)
{
    const struct bt_route *found = route ? bt_route_at(route - 1) : NULL;
    bt_buf_printf(
        out, "http_request_method=\"%s\",http_route=\"%s\",http_response_status_class=\"%uxx\"",
        found ? found->method : "_OTHER", found ? found->pattern : "", (unsigned)class + 1);
}

static void put_series(struct bt_buf *out, const struct series *sum, size_t route, size_t class)
{
    uint64_t below = 0;
    for (size_t i = 0; i <= BOUNDS; i++) {
        below += bt_counter_get(&sum->counts[i]);
        bt_buf_put_str(out, DURATION "_bucket{");
        put_labels(out, route, class);
        if (i < BOUNDS)
            bt_buf_printf(out, ",le=\"%g\"} ", bounds_us[i] / 1e6);
        else
            bt_buf_put_str(out, ",le=\"+Inf\"} ");
        bt_buf_printf(out, "%llu\n", (unsigned long long)below);
    }
    bt_buf_put_str(out, DURATION "_sum{");
    put_labels(out, route, class);
    bt_buf_put_str(out, "} ");
    put_seconds(out, bt_counter_get(&sum->sum_us));
    bt_buf_put_str(out, DURATION "_count{");
    put_labels(out, route, class);
    bt_buf_printf(out, "} %llu\n", (unsigned long long)below);
}

static void put_requests(const struct bt_tally *m, struct bt_buf *out)
{
    put_family(out, DURATION, "histogram", "From the last byte of a request to its answer.");
    for (size_t route = 0; route < m->routes; route++)
        for (size_t class = 0; class < CLASSES; class ++) {
            const struct series sum = sum_of(m, route, class);
            bool any = false;
            for (size_t i = 0; i <= BOUNDS; i++)
                any |= bt_counter_get(&sum.counts[i]) > 0;
            if (any)
                put_series(out, &sum, route, class);
        }
}

/* ---- models ---- */

static void put_label_text(struct bt_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            bt_buf_put_byte(out, '\\');
        bt_buf_put_byte(out, (uint8_t)*text);
    }
}

static void put_model(struct bt_buf *out, const char *family, const struct bt_served *model)
{
    bt_buf_printf(out, "%s{model=\"", family);
    put_label_text(out, bt_served_model(model));
    bt_buf_printf(out, "\",version=\"%s\"", bt_served_version(model));
}

static void put_inferences(const struct bt_tally_sources *s, struct bt_buf *out)
{
    static const char *const outcomes[] = {"answered", "refused", "failed"};
    put_family(out, "baton_inference_requests_total", "counter",
               "Requests for an answer by a model.");
    for (size_t i = 0; i < s->model_count; i++)
        for (unsigned outcome = 0; outcome < BT_OUTCOMES; outcome++) {
            put_model(out, "baton_inference_requests_total", s->models[i]);
            bt_buf_printf(out, ",outcome=\"%s\"} %llu\n", outcomes[outcome],
                          (unsigned long long)bt_served_counted(s->models[i], outcome));
        }
}

/* What does not prove itself is not served at all. */
static void put_golden(const struct bt_tally_sources *s, struct bt_buf *out)
{
    put_family(out, "baton_golden_check", "gauge",
               "Whether the golden cases of a bundle passed on this machine.");
    for (size_t i = 0; i < s->model_count; i++) {
        put_model(out, "baton_golden_check", s->models[i]);
        bt_buf_printf(out, ",bundle=\"%s\"} 1\n", bt_served_digest(s->models[i]));
    }
}

/* ---- others ---- */

static void put_server(const struct bt_server *server, struct bt_buf *out)
{
    struct bt_server_counts c = bt_server_counts(server);
    put_single(out, "baton_connections", "gauge", "Connections that are open.", c.open);
    put_single(out, "baton_connections_total", "counter", "Connections that were taken.", c.taken);
    put_single(out, "baton_connections_turned_away_total", "counter",
               "Connections over what an address may have.", c.turned_away);
    put_single(out, "baton_malformed_requests_total", "counter",
               "What was no plain request, or too slow.", c.malformed);
    put_single(out, "baton_received_bytes_total", "counter", "Bytes from clients.", c.bytes_in);
    put_single(out, "baton_sent_bytes_total", "counter", "Bytes to clients.", c.bytes_out);
}

static void put_decisions(struct bt_decisions *decisions, struct bt_buf *out)
{
    if (!decisions)
        return;
    struct bt_decisions_state state = bt_decisions_state(decisions);
    put_single(out, "baton_decision_log_records_total", "counter",
               "Records of the log that are durable, of servers before, too.", state.written);
    put_single(out, "baton_decision_log_waiting_records", "gauge",
               "Records that are not durable yet.", state.waiting);
    put_single(out, "baton_decision_log_dropped_total", "counter",
               "Decisions that were answered and could not be logged.", state.lost);
    put_single(out, "baton_decision_log_failing", "gauge", "Whether the last write failed.",
               state.is_failing);
}

void bt_tally_put(const struct bt_tally *metrics, const struct bt_tally_sources *sources,
                  struct bt_buf *out)
{
    put_requests(metrics, out);
    put_inferences(sources, out);
    put_golden(sources, out);
    put_server(sources->server, out);
    put_decisions(sources->decisions, out);
    put_family(out, "baton_build_info", "gauge", "Which baton this is.");
    bt_buf_printf(out, "baton_build_info{version=\"%s\",isa=\"%s\"} 1\n", BATON_VERSION,
                  bt_isa_name(bt_isa_best()));
    put_family(out, "process_start_time_seconds", "gauge", "When it began, since 1970.");
    bt_buf_put_str(out, "process_start_time_seconds ");
    put_seconds(out, metrics->started_us);
}

baton_status bt_tally_answer(struct bt_call *call, struct baton_error *err)
{
    const struct bt_serve_self *self = call->self;
    const struct bt_tally_sources sources = {
        .server = self->server,
        .models = call->models,
        .model_count = call->model_count,
        .decisions = self->decisions,
    };
    (void)err;
    call->answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    bt_tally_put(self->metrics, &sources, &call->answer->body);
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/checks.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

const char *baton_verdict_name(baton_verdict verdict)
{
    static const char *const names[] = {"identical", "within-contract", "cannot-tell", "differs"};
    return (size_t)verdict < sizeof names / sizeof *names ? names[verdict] : "unknown";
}

void baton_report_release(struct baton_report *report)
{
    bt_free(report->json);
    *report = (struct baton_report)BATON_REPORT_INIT;
}

baton_verdict bt_verdict_worse(baton_verdict a, baton_verdict b)
{
    return a > b ? a : b;
}

static baton_status make_room(struct bt_checks *checks, struct baton_error *err)
{
    if (checks->count < checks->capacity)
        return BATON_OK;
    size_t capacity = bt_max(16, 2 * checks->capacity);
    struct bt_check *rows = bt_arena_calloc(checks->arena, capacity, sizeof *rows);
    if (!rows)
        return bt_fail_no_memory(err, "the list of checks");
    if (checks->count)
        memcpy(rows, checks->rows, checks->count * sizeof *rows);
    checks->rows = rows;
    checks->capacity = capacity;
    return BATON_OK;
}

baton_status bt_checks_add(struct bt_checks *checks, const char *what, baton_verdict verdict,
                           struct baton_error *err, const char *detail_fmt, ...)
{
    char detail[BATON_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, detail_fmt);
    (void)vsnprintf(detail, sizeof detail, detail_fmt, args);
    va_end(args);
    bt_error_scrub(detail);
    BT_TRY(make_room(checks, err));
    char *name = bt_arena_strndup(checks->arena, what, strlen(what));
    char *text = bt_arena_strndup(checks->arena, detail, strlen(detail));
    if (!name || !text)
        return bt_fail_no_memory(err, "the list of checks");
    /* Names in both come from bundles, and what is shown to people is signed, too. */
    bt_error_scrub(name);
    bt_error_scrub(text);
    checks->rows[checks->count++] = (struct bt_check){name, verdict, text};
    return BATON_OK;
}

baton_verdict bt_checks_verdict(const struct bt_checks *checks)
{
    baton_verdict verdict = checks->count ? BATON_IDENTICAL : BATON_CANNOT_TELL;
    for (size_t i = 0; i < checks->count; i++)
        verdict = bt_verdict_worse(verdict, checks->rows[i].verdict);
    return verdict;
}

void bt_checks_put(const struct bt_checks *checks, struct bt_json_writer *w)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < checks->count; i++) {
        bt_json_begin_object(w);
        bt_json_member_str(w, "check", checks->rows[i].what);
        bt_json_member_str(w, "detail", checks->rows[i].detail);
        bt_json_member_str(w, "verdict", baton_verdict_name(checks->rows[i].verdict));
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

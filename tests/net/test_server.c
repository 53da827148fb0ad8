/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets: what it answers, what it refuses, and that nobody can keep it. */
#include "net/server_fixture.h"

#include <dirent.h>

#include "base/fs.h"

static const struct bt_server_limits defaults = {.request_ms = 20000};
static const struct bt_server_limits small = {.connections = 4,
                                              .head_bytes = 512,
                                              .body_bytes = 64,
                                              .request_ms = 400,
                                              .idle_ms = 400,
                                              .answer_ms = 400};

#define CLOSE "Host: h\r\nConnection: close\r\n"

static void expect_answer(const struct server_fixture *f, const char *request, const char *body)
{
    char answer[4096];
    client_exchange(f, request, strlen(request), answer, sizeof answer);
    const char *found = strstr(answer, "\r\n\r\n");
    assert_int_equal(status_of(answer), 200);
    assert_non_null(found);
    assert_string_equal(found + 4, body);
}

static void requests_arrive_as_they_were_sent(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    expect_answer(f, "GET /a/b?c=d%20e HTTP/1.1\r\n" CLOSE "\r\n", "GET /a/b?c=d%20e ");
    expect_answer(f, "GET / HTTP/1.0\r\n\r\n", "GET /? ");
    expect_answer(f, "POST /p HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nhello",
                  "POST /p? hello");
    expect_answer(f,
                  "POST /p HTTP/1.1\r\n" CLOSE
                  "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                  "POST /p? hello");
    expect_answer(f, "GET /h HTTP/1.1\r\n" CLOSE "x-a:  one two \r\nx-b:\r\nx-c:3\r\n\r\n",
                  "GET /h?  [x-a=one two] [x-b=] [x-c=3]");
    expect_answer(
        f, "GET /u HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "GET /u? ");
}

static void the_head_of_an_answer_is_complete(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    char answer[4096];
    static const char request[] = "HEAD /x HTTP/1.1\r\n" CLOSE "\r\n";
    client_exchange(f, request, strlen(request), answer, sizeof answer);
    assert_int_equal(status_of(answer), 200);
    assert_non_null(strstr(answer, "\r\nContent-Length: 9\r\n"));
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n\r\n"));
    assert_non_null(strstr(answer, " GMT\r\n"));
    assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
}

static void our_trouble_is_not_told(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    char answer[4096];
    static const char request[] = "GET /fail HTTP/1.1\r\n" CLOSE "\r\n";
    client_exchange(f, request, strlen(request), answer, sizeof answer);
    assert_int_equal(status_of(answer), 500);
    assert_null(strstr(answer, "secret"));
}

static void requests_may_follow_and_come_in_pieces(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    static const char three[] = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                                "GET /3 HTTP/1.1\r\n" CLOSE "\r\n";
    static const char *const expected[] = {"GET /1? HTTP/1.1", "POST /2? abcHTTP/1.1", "GET /3? "};
    for (size_t step = 1; step < sizeof three; step += 7) {
        char answer[4096];
        int fd = client_connect(f);
        for (size_t at = 0; at + 1 < sizeof three; at += step) {
            size_t left = sizeof three - 1 - at;
            client_send(fd, three + at, left < step ? left : step);
        }
        assert_true(client_read(fd, answer, sizeof answer, 10000) > 0);
        (void)close(fd);
        const char *from = answer;
        for (size_t i = 0; i < 3; i++) {
            from = strstr(from, expected[i]);
            assert_non_null(from);
        }
    }
}

/* More at once than a turn answers, and more bytes than are read at once. */
static void many_requests_at_once_are_all_answered(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    static const char request[] = "GET /m HTTP/1.1\r\nHost: h\r\n\r\n";
    BT_AUTO_BUF all = BT_BUF_INIT((size_t)1 << 20);
    for (size_t i = 0; i < 999; i++)
        bt_buf_put_str(&all, request);
    bt_buf_put_str(&all, "GET /m HTTP/1.1\r\n" CLOSE "\r\n");
    char *answers = bt_calloc((size_t)1 << 20, 1);
    assert_non_null(answers);
    client_exchange(f, (const char *)all.data, all.len, answers, (size_t)1 << 20);
    size_t count = 0;
    for (const char *at = strstr(answers, "GET /m?"); at; at = strstr(at + 1, "GET /m?"))
        count++;
    assert_int_equal(count, 1000);
    bt_free(answers);
}

static void the_client_is_told_to_continue(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    char answer[4096];
    static const char head[] =
        "POST /c HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int fd = client_connect(f);
    client_send(fd, head, sizeof head - 1);
    assert_int_equal(client_read(fd, answer, sizeof go_on, 10000), sizeof go_on - 1);
    assert_string_equal(answer, go_on);
    client_send(fd, "ok", 2);
    assert_true(client_read(fd, answer, sizeof answer, 10000) > 0);
    assert_non_null(strstr(answer, "POST /c? ok"));
    (void)close(fd);
}

/* ---- what is refused ---- */

/* The file's request is answered with the number in its .expected file ("invalid: 400 ..."). */
static void expect_refusal(const struct server_fixture *f, const char *folder, const char *name)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_MAP request = BT_MAP_INIT;
    BT_AUTO_MAP expected = BT_MAP_INIT;
    char answer[4096] = {0};
    int stem = (int)(strrchr(name, '.') - name);
    const char *path = bt_arena_printf(&arena, "%s/%s", folder, name);
    const char *expected_path = bt_arena_printf(&arena, "%s/%.*s.expected", folder, stem, name);
    assert_true(path && expected_path);
    assert_ok(bt_map_user_file(path, 1 << 20, &request, &err), err);
    assert_ok(bt_map_user_file(expected_path, 4096, &expected, &err), err);
    assert_true(expected.len > sizeof "invalid: 400");
    client_exchange(f, (const char *)request.ptr, request.len, answer, sizeof answer);
    unsigned status =
        (unsigned)strtoul((const char *)expected.ptr + sizeof "invalid: " - 1, NULL, 10);
    if (status_of(answer) != status || !strstr(answer, "Connection: close"))
        fail_msg("%s: %s", name, answer);
}

static void what_is_no_plain_request_is_refused_and_the_connection_closed(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    size_t count = 0;
    const char *folder =
        bt_arena_printf(&arena, "%s/tests/golden/should-fail/request", getenv("BATON_TEST_SOURCE"));
    assert_non_null(folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item = readdir(dir); item; item = readdir(dir)) {
        const char *dot = strrchr(item->d_name, '.');
        if (!dot || strcmp(dot, ".http") != 0)
            continue;
        expect_refusal(f, folder, item->d_name);
        count++;
    }
    (void)closedir(dir);
    assert_in_range(count, 150, 1000);
}

static void repeat(struct bt_buf *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bt_buf_put_str(out, text);
}

static void expect_status(const struct server_fixture *f, const struct bt_buf *request,
                          unsigned status)
{
    char answer[4096] = {0};
    client_exchange(f, (const char *)request->data, request->len, answer, sizeof answer);
    if (status_of(answer) != status)
        fail_msg("%.60s -> %s, expected %u", bt_buf_str(request), answer, status);
}

static void what_is_over_a_limit_is_refused(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&small);
    static const struct {
        unsigned status;
        const char *before;
        const char *repeated;
        size_t count;
    } cases[] = {
        {431, "GET /", "a", 600},
        {431, "GET / HTTP/1.1\r\nHost: h\r\nx-a: ", "a", 600},
        {431, "GET / HTTP/1.1\r\nHost: h\r\n", "x-a: b\r\n", 100},
        {400, "", "\r\n", 1000000},
        {413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n", "a", 65},
        {413, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n", "a", 80},
        {413, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "0", 1000000},
        {200, "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 64\r\n\r\n", "a", 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_BUF request = BT_BUF_INIT((size_t)4 << 20);
        bt_buf_put_str(&request, cases[i].before);
        repeat(&request, cases[i].repeated, cases[i].count);
        expect_status(f, &request, cases[i].status);
    }
}

static void repeated_lines_and_chunks_have_limits(void **state)
{
    (void)state;
    static const struct bt_server_limits large = {.head_bytes = (size_t)32 << 10};
    AUTO_SERVER f = server_start(&large);
    static const char chunked[] = "POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n";
    static const struct {
        unsigned status;
        const char *before, *repeated;
        size_t count;
        const char *after;
    } cases[] = {
        {200, "GET /", "a", 8000, " HTTP/1.1\r\n" CLOSE "\r\n"},
        {414, "GET /", "a", 8192, " HTTP/1.1\r\n" CLOSE "\r\n"},
        {200, "GET / HTTP/1.1\r\n" CLOSE, "x-a: b\r\n", 98, "\r\n"},
        {431, "GET / HTTP/1.1\r\n" CLOSE, "x-a: b\r\n", 99, "\r\n"},
        {200, chunked, "1\r\na\r\n", 65535, "0\r\n\r\n"},
        {413, chunked, "1\r\na\r\n", 65536, "0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_BUF request = BT_BUF_INIT((size_t)4 << 20);
        bt_buf_put_str(&request, cases[i].before);
        repeat(&request, cases[i].repeated, cases[i].count);
        bt_buf_put_str(&request, cases[i].after);
        expect_status(f, &request, cases[i].status);
    }
}

/* ---- time and places ---- */

static uint64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* A byte now and then does not buy more time. */
static void who_is_slow_to_ask_is_sent_away(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&small);
    char answer[4096];
    int fd = client_connect(f);
    uint64_t start = clock_ms();
    for (const char *at = "GET /slow HTTP/1.1\r\n"; *at && clock_ms() - start < 600; at++) {
        client_send(fd, at, 1);
        pause_ms(50);
    }
    assert_true(client_read(fd, answer, sizeof answer, 10000) > 0);
    assert_int_equal(status_of(answer), 408);
    (void)close(fd);
}

/* Bytes of a body buy a millisecond each, and no more. */
static void a_slow_body_has_time_by_its_bytes(void **state)
{
    (void)state;
    static const struct bt_server_limits fast = {.request_ms = 300};
    AUTO_SERVER f = server_start(&fast);
    char answer[4096];
    char part[400] = {0};
    static const char head[] = "POST /s HTTP/1.1\r\n" CLOSE "Content-Length: 2000\r\n\r\n";
    int fd = client_connect(f);
    client_send(fd, head, sizeof head - 1);
    for (size_t i = 0; i < 5; i++) {
        pause_ms(200);
        client_send(fd, part, sizeof part);
    }
    assert_true(client_read(fd, answer, sizeof answer, 10000) > 0);
    assert_int_equal(status_of(answer), 200);
    (void)close(fd);
    fd = client_connect(f);
    client_send(fd, head, sizeof head - 1);
    uint64_t start = clock_ms();
    for (size_t i = 0; i < 10; i++) {
        pause_ms(100);
        client_send(fd, part, 4);
    }
    assert_true(client_read(fd, answer, sizeof answer, 10000) > 0);
    assert_int_equal(status_of(answer), 408);
    assert_in_range(clock_ms() - start, 0, 5000);
    (void)close(fd);
}

/* Loopback is free by default; a number counts there, too. Who goes makes room. */
static void an_address_has_so_many_connections(void **state)
{
    (void)state;
    static const struct bt_server_limits few = {.per_address = 3};
    AUTO_SERVER f = server_start(&few);
    char answer[4096];
    int held[3];
    for (size_t i = 0; i < 3; i++)
        held[i] = client_connect(f);
    pause_ms(100);
    int fourth = client_connect(f);
    assert_int_equal(client_read(fourth, answer, sizeof answer, 5000), 0);
    (void)close(fourth);
    (void)close(held[0]);
    pause_ms(100);
    expect_answer(f, "GET /room HTTP/1.1\r\n" CLOSE "\r\n", "GET /room? ");
    (void)close(held[1]);
    (void)close(held[2]);
}

static void who_says_nothing_is_dropped(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&small);
    char answer[4096];
    int silent = client_connect(f);
    int idle = client_connect(f);
    assert_int_equal(client_read(silent, answer, sizeof answer, 10000), 0);
    (void)close(silent);
    (void)close(idle);
    idle = client_connect(f);
    client_send(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
    assert_true(client_read(idle, answer, sizeof answer, 10000) > 0);
    assert_non_null(strstr(answer, "Connection: keep-alive"));
    (void)close(idle);
}

static void who_does_not_take_the_answer_is_dropped(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&small);
    int fd = client_connect(f);
    static const char request[] = "GET /big HTTP/1.1\r\n" CLOSE "\r\n";
    char *answer = bt_calloc((size_t)8 << 20, 1);
    assert_non_null(answer);
    client_send(fd, request, sizeof request - 1);
    pause_ms(1500);
    assert_in_range(client_read(fd, answer, (size_t)8 << 20, 10000), 0, ((size_t)4 << 20) - 1);
    (void)close(fd);
    fd = client_connect(f);
    client_send(fd, request, sizeof request - 1);
    assert_in_range(client_read(fd, answer, (size_t)8 << 20, 10000), (size_t)4 << 20,
                    (size_t)5 << 20);
    (void)close(fd);
    bt_free(answer);
}

/* Four places, all taken by sleepers: the fifth waits until one is free, and is served. */
static void more_than_there_are_places_for_wait(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&small);
    int sleepers[4];
    for (size_t i = 0; i < 4; i++)
        sleepers[i] = client_connect(f);
    pause_ms(100);
    uint64_t start = clock_ms();
    expect_answer(f, "GET /fifth HTTP/1.1\r\n" CLOSE "\r\n", "GET /fifth? ");
    assert_in_range(clock_ms() - start, 100, 5000);
    for (size_t i = 0; i < 4; i++)
        (void)close(sleepers[i]);
}

static void many_clients_at_once_are_all_served(void **state)
{
    (void)state;
    AUTO_SERVER f = server_start(&defaults);
    int clients[150];
    static const char request[] = "POST /many HTTP/1.1\r\n" CLOSE "Content-Length: 2\r\n\r\n";
    for (size_t i = 0; i < 150; i++) {
        clients[i] = client_connect(f);
        client_send(clients[i], request, sizeof request - 1);
    }
    for (size_t i = 150; i-- > 0;)
        client_send(clients[i], "ok", 2);
    for (size_t i = 0; i < 150; i++) {
        char answer[4096];
        assert_true(client_read(clients[i], answer, sizeof answer, 15000) > 0);
        assert_non_null(strstr(answer, "POST /many? ok"));
        (void)close(clients[i]);
    }
}

/* ---- stopping and starting ---- */

static void stopping_finishes_what_has_begun(void **state)
{
    (void)state;
    struct server_fixture *f = server_start(&defaults);
    char answer[4096];
    int idle = client_connect(f);
    int begun = client_connect(f);
    client_send(begun, "POST /begun HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\no", 53);
    pause_ms(300);
    f->stop = 1;
    pause_ms(300);
    assert_int_equal(client_read(idle, answer, sizeof answer, 10000), 0);
    client_send(begun, "k", 1);
    assert_true(client_read(begun, answer, sizeof answer, 10000) > 0);
    assert_non_null(strstr(answer, "POST /begun? ok"));
    assert_non_null(strstr(answer, "Connection: close"));
    uint64_t start = clock_ms();
    server_stop(&f);
    assert_in_range(clock_ms() - start, 0, 5000);
    (void)close(idle);
    (void)close(begun);
}

static void addresses_are_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      ":80",   "localhost:80",  "127.0.0.1", "127.0.0.1:http",
        "[::1]", "[]:80", "1.2.3.4:99999", "::1:80x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bt_server *server = NULL;
        const struct bt_server_options options = {.listen = bad[i], .handle = server_echo};
        if (bt_server_open(&options, &server, NULL) != BATON_ERR_USAGE)
            fail_msg("\"%s\" was listened on", bad[i]);
    }
    AUTO_SERVER f = server_start(&defaults);
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_server *second = NULL;
    const struct bt_server_options taken = {.listen = bt_server_address(f->server),
                                            .handle = server_echo};
    assert_int_equal(bt_server_open(&taken, &second, &err), BATON_ERR_IO);
    assert_int_equal(err.os_errno, EADDRINUSE);
}

/* With an argument: as many loops, whose handlers leave every answer open. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_arrive_as_they_were_sent),
        cmocka_unit_test(the_head_of_an_answer_is_complete),
        cmocka_unit_test(our_trouble_is_not_told),
        cmocka_unit_test(requests_may_follow_and_come_in_pieces),
        cmocka_unit_test(many_requests_at_once_are_all_answered),
        cmocka_unit_test(the_client_is_told_to_continue),
        cmocka_unit_test(what_is_no_plain_request_is_refused_and_the_connection_closed),
        cmocka_unit_test(what_is_over_a_limit_is_refused),
        cmocka_unit_test(repeated_lines_and_chunks_have_limits),
        cmocka_unit_test(who_is_slow_to_ask_is_sent_away),
        cmocka_unit_test(a_slow_body_has_time_by_its_bytes),
        cmocka_unit_test(an_address_has_so_many_connections),
        cmocka_unit_test(who_says_nothing_is_dropped),
        cmocka_unit_test(who_does_not_take_the_answer_is_dropped),
        cmocka_unit_test(more_than_there_are_places_for_wait),
        cmocka_unit_test(many_clients_at_once_are_all_served),
        cmocka_unit_test(stopping_finishes_what_has_begun),
        cmocka_unit_test(addresses_are_numbers),
    };
    if (argc > 1)
        server_loops = (unsigned)strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

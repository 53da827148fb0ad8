/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>

#include "cli/print.h"
#include "cli/verb/notify.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"listen", "ADDRESS", "where (127.0.0.1:8080); port 0: any that is free", false},
    {"log", "[MODEL=]HOW", "how decisions are logged: sync, async, off, or a share (sync)", true},
    {"tls-cert", "FILE", "serve over TLS: a certificate and its issuers', in PEM", false},
    {"tls-key", "FILE", "the key of the certificate", false},
    {"client-ca", "FILE", "take certificates by this CA for credentials", false},
    {"host", "NAME", "a name that clients ask for this server by, beside localhost", true},
    {"auth", NULL, "who asks must have access (see `baton token`)", false},
    {"answer-when-full", NULL, "when they cannot be logged, answer and count them", false},
    {"instance", "NAME", "the name that the log and its decisions have (serve)", false},
    {"threads", "N", "how many requests are worked on at once (one for each CPU)", false},
    {"drain", "SECONDS", "when told to end: not ready any more, but serving for so long (0)",
     false},
    {"no-sandbox", NULL, "keep what serving does not need: other files, all system calls", false},
    {NULL, NULL, NULL, false},
};

static void tell(void *user, const char *text)
{
    fprintf(stderr, "baton serve: %s\n", text);
}

/* A connection is a descriptor, and the customary limit of 1024 is there for select(2). */
static void want_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void listening(void *args, const char *address)
{
    const char *scheme = args_str(args, "tls-cert") ? "https" : "http";
    print_listening_by(args, scheme, address);
    notify_send("READY=1");
}

static void draining(void *args)
{
    (void)args;
    notify_send("STOPPING=1");
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_serve_options o = BATON_SERVE_OPTIONS_INIT;
    AUTO_STORE store = NULL;
    uint64_t threads = 0;
    uint64_t drain_s = 0;
    int code = args_u64(args, "threads", 0, 256, &threads);
    if (code == EXIT_YES)
        code = args_u64(args, "drain", 0, 3600, &drain_s);
    if (code == EXIT_YES)
        code = open_store(args, &store);
    if (code)
        return code;
    o.listen = args_str(args, "listen");
    o.threads = (unsigned)threads;
    o.instance = args_str(args, "instance");
    o.log = args_list(args, "log");
    o.answer_when_full = args_flag(args, "answer-when-full");
    o.confine = !args_flag(args, "no-sandbox");
    o.drain_s = (unsigned)drain_s;
    o.draining = draining;
    o.listening = listening;
    o.tls_certificate = args_str(args, "tls-cert");
    o.tls_key = args_str(args, "tls-key");
    o.client_ca = args_str(args, "client-ca");
    o.hosts = args_list(args, "host");
    o.authenticate = args_flag(args, "auth");
    o.told = tell;
    o.user = args;
    want_descriptors();
    notify_open();
    if (baton_serve(store, args->operands, &o, progress_start(), &err) != BATON_OK)
        return fail(args, &err);
    return EXIT_YES;
}

const struct command cmd_serve = {
    .name = "serve",
    .operands = "REF...",
    .summary = "Answer requests with a model, by the Open Inference Protocol",
    .details =
        "Each version is proved on this machine first, as by `baton verify`. Then whoever asks\n"
        "POST /v2/models/MODEL/infer gets the bits that `baton predict` gives; MLflow's clients\n"
        "ask POST /invocations. An alias is followed when it moves. Every decision is logged\n"
        "before it is answered, if --log says nothing else; its name is in the answer's header\n"
        "Baton-Decision-Id, and `baton replay` makes it again.\n"
        "\n"
        "An address that others can reach takes --tls-cert, --tls-key and --auth. Before it "
        "listens,\n"
        "the process gives up all files but the store's and all system calls that serving does "
        "not\n"
        "need (Landlock, seccomp). Ctrl-C finishes what has begun and ends; a second one ends at\n"
        "once.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 64,
    .run = run,
    .examples = "  baton serve credit@production\n"
                "  baton serve credit:3 faces --listen 127.0.0.1:9000 --log async --log faces=off\n"
                "  baton serve credit@production --listen 0.0.0.0:8443 --tls-cert chain.pem \\\n"
                "      --tls-key key.pem --auth\n",
};

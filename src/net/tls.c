/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/checked.h"

#define RECORD_BYTES ((size_t)16 << 10)
#define NAMES_BYTES_MAX ((size_t)4 << 10)
#define NAMES_SEEN_MAX 64

struct bt_tls {
    SSL_CTX *context;
    BIO_METHOD *socket;
};

struct bt_tls_session {
    SSL *ssl;
    bool wants_write;
    bool is_known; /* the handshake is done, and `names` are what they are */
    struct bt_buf names;
};

/* ---- the socket ---- */

/* As the library's own, but that a client who is gone raises no signal. */
static int put(BIO *bio, const char *bytes, int len)
{
    int fd = (int)(intptr_t)BIO_get_data(bio);
    ssize_t done = send(fd, bytes, (size_t)len, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (done < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)done;
}

static int take(BIO *bio, char *bytes, int len)
{
    int fd = (int)(intptr_t)BIO_get_data(bio);
    ssize_t done = recv(fd, bytes, (size_t)len, 0);
    BIO_clear_retry_flags(bio);
    if (done < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)done;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_socket(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket");
    if (method && BIO_meth_set_write(method, put) && BIO_meth_set_read(method, take) &&
        BIO_meth_set_ctrl(method, control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

static BIO *open_socket(const struct bt_tls *tls, int fd)
{
    BIO *bio = BIO_new(tls->socket);
    if (!bio)
        return NULL;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- what all sessions have in common ---- */

/* What the library has to say is on a queue of the thread, and stays out of the next call's. */
static baton_status fail_tls(const char *what, const char *path, struct baton_error *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return bt_fail(err, BATON_ERR_INVALID, "%s %s: %s", what, path,
                   reason ? reason : "the library gives no reason");
}

/* A client that offers protocols, but not this one, is refused. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *user)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)ssl, (void)user;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Tickets of another context are not ours: so a session is only resumed under the same CA. */
static void set_options(SSL_CTX *context)
{
    static const unsigned char id[] = "baton";
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
}

static baton_status set_client_ca(SSL_CTX *context, const struct bt_tls_files *files,
                                  struct baton_error *err)
{
    int mode = SSL_VERIFY_PEER;
    if (!files->client_ca)
        return BATON_OK;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(files->client_ca);
    if (!names || SSL_CTX_load_verify_file(context, files->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail_tls("the certificates of the clients' CA", files->client_ca, err);
    }
    SSL_CTX_set_client_CA_list(context, names);
    if (files->needs_client)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    return BATON_OK;
}

void bt_tls_close(struct bt_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->socket);
    bt_free(tls);
}

static void close_tls(struct bt_tls **tls)
{
    bt_tls_close(*tls);
}

baton_status bt_tls_open(const struct bt_tls_files *files, struct bt_tls **ret,
                         struct baton_error *err)
{
    BT_CLEANUP(close_tls) struct bt_tls *tls = bt_calloc(1, sizeof *tls);
    if (!tls)
        return bt_fail_no_memory(err, "TLS");
    tls->context = SSL_CTX_new(TLS_server_method());
    tls->socket = make_socket();
    if (!tls->context || !tls->socket)
        return bt_fail_no_memory(err, "TLS");
    set_options(tls->context);
    if (SSL_CTX_use_certificate_chain_file(tls->context, files->certificate) != 1)
        return fail_tls("the certificate", files->certificate, err);
    if (SSL_CTX_use_PrivateKey_file(tls->context, files->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->context) != 1)
        return fail_tls("the certificate's key", files->key, err);
    BT_TRY(set_client_ca(tls->context, files, err));
    *ret = tls;
    tls = NULL;
    return BATON_OK;
}

/* ---- names ---- */

/* A name with a NUL or a blank in it would be read as another one. */
static void put_name(struct bt_buf *names, const char *kind, const ASN1_STRING *name)
{
    const uint8_t *bytes = ASN1_STRING_get0_data(name);
    size_t len = (size_t)ASN1_STRING_length(name);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
            return;
    if (len == 0 || names->len + strlen(kind) + len + 2 > NAMES_BYTES_MAX)
        return;
    bt_buf_put_str(names, kind);
    bt_buf_put(names, bytes, len);
    bt_buf_put_byte(names, '\0');
}

static void put_alternatives(struct bt_buf *names, const X509 *certificate)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = sk_GENERAL_NAME_num(all);
    for (int i = 0; i < count && i < NAMES_SEEN_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_URI)
            put_name(names, "uri:", name->d.uniformResourceIdentifier);
        else if (name->type == GEN_DNS)
            put_name(names, "dns:", name->d.dNSName);
    }
    GENERAL_NAMES_free(all);
}

/* The last of several common names is the one that counts, as with everybody. */
static void put_common(struct bt_buf *names, X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        last = at;
    if (last >= 0)
        put_name(names, "cn:", X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

/* What was not verified names nobody, and the handshake has not let it in anyway. */
static void know(struct bt_tls_session *session)
{
    X509 *certificate = SSL_get0_peer_certificate(session->ssl);
    session->is_known = true;
    if (certificate && SSL_get_verify_result(session->ssl) == X509_V_OK) {
        put_alternatives(&session->names, certificate);
        put_common(&session->names, certificate);
    }
    bt_buf_put_byte(&session->names, '\0');
}

const char *bt_tls_names(const struct bt_tls_session *session)
{
    bool is_good = session->names.len && session->names.state == BT_BUF_GOOD;
    return is_good ? (const char *)session->names.data : "";
}

/* ---- one connection ---- */

struct bt_tls_session *bt_tls_session_new(struct bt_tls *tls, int fd)
{
    struct bt_tls_session *session = bt_calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->names = (struct bt_buf)BT_BUF_INIT(NAMES_BYTES_MAX);
    session->ssl = SSL_new(tls->context);
    BIO *bio = session->ssl ? open_socket(tls, fd) : NULL;
    if (!bio) {
        bt_tls_session_free(session);
        return NULL;
    }
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_accept_state(session->ssl);
    return session;
}

void bt_tls_session_free(struct bt_tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    bt_buf_release(&session->names);
    bt_free(session);
}

/* From the library's answer to a system call's. */
static ssize_t result_of(struct bt_tls_session *session, int result)
{
    int error = result > 0 ? SSL_ERROR_NONE : SSL_get_error(session->ssl, result);
    session->wants_write = error == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    if (error == SSL_ERROR_NONE)
        return result;
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

ssize_t bt_tls_read(struct bt_tls_session *session, void *bytes, size_t len)
{
    ssize_t got = result_of(session, SSL_read(session->ssl, bytes, (int)bt_min(len, RECORD_BYTES)));
    if (!session->is_known && SSL_is_init_finished(session->ssl))
        know(session);
    return got;
}

/* Head and body go in one record where they fit: two would be two packets. After EAGAIN the same
 * bytes come again, which is what the library needs. */
ssize_t bt_tls_write(struct bt_tls_session *session, const struct iovec parts[2])
{
    uint8_t record[RECORD_BYTES];
    size_t of_first = bt_min(parts[0].iov_len, sizeof record);
    size_t of_second = bt_min(parts[1].iov_len, sizeof record - of_first);
    if (of_first)
        memcpy(record, parts[0].iov_base, of_first);
    if (of_second)
        memcpy(record + of_first, parts[1].iov_base, of_second);
    return result_of(session, SSL_write(session->ssl, record, (int)(of_first + of_second)));
}

bool bt_tls_wants_write(const struct bt_tls_session *session)
{
    return session->wants_write;
}

bool bt_tls_has_more(const struct bt_tls_session *session)
{
    return SSL_pending(session->ssl) > 0;
}

void bt_tls_end(struct bt_tls_session *session)
{
    if (SSL_is_init_finished(session->ssl))
        (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}

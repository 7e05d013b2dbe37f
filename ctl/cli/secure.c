/* SPDX-License-Identifier: BSD-3-Clause */
/* See secure.h. */

#include "ctl/cli/secure.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "crypto/words.h"

enum { HOST_SIZE = 256 };

struct secure {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

/** Cuts HOST:PORT in two. @return the port; NULL: there is none */
static const char *
split(const char *where, char host[HOST_SIZE])
{
	const char *colon = strrchr(where, ':'), *end = colon;

	if (colon == NULL || colon[1] == '\0')
		return NULL;
	if (*where == '[' && end > where && end[-1] == ']') { /* an IPv6 address */
		where++;
		end--;
	}
	snprintf(host, HOST_SIZE, "%.*s", (int)(end - where), where);
	return colon + 1;
}

/** @return a connected socket, or -1 with @p message filled */
static int
connect_to(const char *where, char *message, size_t message_size)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char host[HOST_SIZE];
	const char *port = split(where, host);
	int err = port == NULL ? EAI_NONAME : getaddrinfo(host, port, &hints, &list), fd = -1;

	if (err != 0) {
		snprintf(message, message_size, "%s: %s", where,
			 port == NULL ? "is not HOST:PORT" : gai_strerror(err));
		return -1;
	}
	for (const struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
		if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
			snprintf(message, message_size, "%s: %s", where, strerror(errno));
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static SSL_CTX *
make_context(const struct secure_options *options, const char **what)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	*what = "TLS";
	if (context == NULL)
		return NULL;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	*what = options->certificate;
	if (SSL_CTX_use_certificate_chain_file(context, options->certificate) == 1) {
		*what = options->key;
		if (SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) == 1) {
			*what = options->authority;
			if (SSL_CTX_load_verify_locations(context, options->authority, NULL) == 1)
				return context;
		}
	}
	SSL_CTX_free(context);
	return NULL;
}

static const char *
last_words(const SSL *ssl)
{
	long verified = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);

	return verified != X509_V_OK ? X509_verify_cert_error_string(verified)
				     : wp_openssl_words("the connection has ended");
}

struct secure *
secure_open(const struct secure_options *options, char *message, size_t message_size)
{
	struct secure *secure = calloc(1, sizeof(*secure));
	const char *what;

	if (secure == NULL)
		return NULL;
	secure->fd = -1;
	secure->context = make_context(options, &what);
	if (secure->context == NULL) {
		snprintf(message, message_size, "%s: %s", what, last_words(NULL));
		secure_close(secure);
		return NULL;
	}
	secure->fd = connect_to(options->where, message, message_size);
	if (secure->fd >= 0)
		secure->ssl = SSL_new(secure->context);
	if (secure->ssl != NULL && SSL_set_fd(secure->ssl, secure->fd) == 1 &&
	    SSL_connect(secure->ssl) == 1)
		return secure;
	if (secure->fd >= 0)
		snprintf(message, message_size, "%s: %s", options->where, last_words(secure->ssl));
	secure_close(secure);
	return NULL;
}

static ssize_t
read_some(void *arg, char *bytes, size_t size)
{
	struct secure *secure = arg;
	int n = SSL_read(secure->ssl, bytes, size > INT32_MAX ? INT32_MAX : (int)size);

	return n > 0 ? n : 0;
}

static ssize_t
write_some(void *arg, const char *bytes, size_t size)
{
	struct secure *secure = arg;
	int n = SSL_write(secure->ssl, bytes, size > INT32_MAX ? INT32_MAX : (int)size);

	return n > 0 ? n : 0;
}

FILE *
secure_stream(struct secure *secure, const char *mode)
{
	return fopencookie(secure, mode,
			   (cookie_io_functions_t){.read = read_some, .write = write_some});
}

void
secure_close(struct secure *secure)
{
	if (secure == NULL)
		return;
	SSL_free(secure->ssl);
	SSL_CTX_free(secure->context);
	if (secure->fd >= 0)
		close(secure->fd);
	free(secure);
}

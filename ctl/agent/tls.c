/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls.h. */

#include "ctl/agent/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "crypto/words.h"

enum { BACKLOG = 64, FILES = 4, NAME_SIZE = 256 };

/** A connection that has not shown its certificate yet. */
struct greeting {
	LIST_ENTRY(greeting) others;
	struct tls *tls;
	struct bufferevent *bev;
	struct event *late; /* whatever it says meanwhile */
};

struct tls {
	struct event_base *base;
	struct conns *conns;
	struct document_control conf; /* its texts are ours; documents come and go */
	struct evconnlistener *listener;
	SSL_CTX *context;
	struct timespec read_at[FILES]; /* when the files had changed that the context is of */
	LIST_HEAD(, greeting) greetings;
	unsigned int n_greetings;
	struct tls_stats stats;
};

/* Certificates. */

/** Has certificates looked up in a revocation list. @return whether it could be read */
static bool
add_revoked(SSL_CTX *context, const char *file)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	return lookup != NULL && X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) > 0 &&
	       X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1;
}

/** @return a context, or NULL with @p message filled */
static SSL_CTX *
make_context(const struct document_control *conf, char *message, size_t message_size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	const char *what = NULL;

	if (context == NULL)
		what = "certificate";
	else if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
		 SSL_CTX_use_certificate_chain_file(context, conf->certificate) != 1)
		what = conf->certificate;
	else if (SSL_CTX_use_PrivateKey_file(context, conf->private_key, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(context) != 1)
		what = conf->private_key;
	else if (SSL_CTX_load_verify_locations(context, conf->authority, NULL) != 1)
		what = conf->authority;
	else if (conf->revoked[0] != '\0' && !add_revoked(context, conf->revoked))
		what = conf->revoked;
	if (what != NULL) {
		snprintf(message, message_size, "%s: %s", what,
			 wp_openssl_words("no reason given"));
		SSL_CTX_free(context);
		return NULL;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT); /* there may be keys in it */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(context, 0); /* each connection shows its certificate */
	return context;
}

/** Says when the files of a configuration have changed. */
static void
times_of(const struct document_control *conf, struct timespec times[FILES])
{
	const char *files[FILES] = {conf->certificate, conf->private_key, conf->authority,
				    conf->revoked};
	struct stat is;

	for (unsigned int i = 0; i < FILES; i++)
		times[i] = files[i][0] != '\0' && stat(files[i], &is) == 0 ? is.st_mtim
									   : (struct timespec){0};
}

/** Reads certificates again, if their files have changed. What cannot be read leaves the old ones.
 */
static void
renew(struct tls *tls)
{
	struct timespec now[FILES];
	char message[256];
	SSL_CTX *context;

	times_of(&tls->conf, now);
	if (memcmp(now, tls->read_at, sizeof(now)) == 0)
		return;
	context = make_context(&tls->conf, message, sizeof(message));
	if (context == NULL) {
		fprintf(stderr, "waypointd: control: %s; the certificates before go on\n", message);
		return;
	}
	SSL_CTX_free(tls->context);
	tls->context = context;
	memcpy(tls->read_at, now, sizeof(now));
}

/* Names. */

/** Copies a name of a certificate, which has to be text without surprises. */
static bool
copy_name(const ASN1_STRING *name, char out[NAME_SIZE])
{
	const unsigned char *bytes = ASN1_STRING_get0_data(name);
	int n = ASN1_STRING_length(name);

	if (n <= 0 || n >= NAME_SIZE)
		return false;
	for (int i = 0; i < n; i++)
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return false;
	memcpy(out, bytes, (size_t)n);
	out[n] = '\0';
	return true;
}

/** Finds an alternative name of a kind. */
static bool
find_alternative(const GENERAL_NAMES *names, int kind, char out[NAME_SIZE])
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == kind)
			return copy_name(name->d.ia5, out); /* the first, or none */
	}
	return false;
}

/** @return whether a certificate has a name: a URI (SPIFFE), else a DNS name, else its common name.
 */
static bool
name_of(X509 *certificate, char out[NAME_SIZE])
{
	int critical; /* -1: there is no such extension */
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	bool found = names != NULL && (find_alternative(names, GEN_URI, out) ||
				       find_alternative(names, GEN_DNS, out));

	GENERAL_NAMES_free(names);
	if (found || critical != -1)
		return found;
	return at >= 0 &&
	       copy_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), out);
}

/* Connections. */

/** @return the connection of a greeting that is over. */
static struct bufferevent *
end_greeting(struct greeting *greeting)
{
	struct bufferevent *bev = greeting->bev;

	event_free(greeting->late);
	LIST_REMOVE(greeting, others);
	greeting->tls->n_greetings--;
	free(greeting);
	return bev;
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct greeting *greeting = arg;

	greeting->tls->stats.too_slow++;
	bufferevent_free(end_greeting(greeting));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct greeting *greeting = arg;
	struct tls *tls = greeting->tls;
	char name[NAME_SIZE];
	X509 *certificate;

	end_greeting(greeting);
	if ((what & BEV_EVENT_CONNECTED) == 0) {
		tls->stats.refused++;
		bufferevent_free(bev);
		return;
	}
	certificate = SSL_get1_peer_certificate(bufferevent_openssl_get_ssl(bev));
	if (certificate != NULL && name_of(certificate, name)) {
		conn_begin(tls->conns, bev, name, false);
	} else {
		tls->stats.refused++;
		bufferevent_free(bev);
	}
	X509_free(certificate);
}

static void
on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	      int length, void *arg)
{
	const struct timeval wait = {.tv_sec = TLS_GREETING_S};
	struct tls *tls = arg;
	struct greeting *greeting = NULL;
	SSL *ssl = NULL;

	renew(tls);
	if (tls->n_greetings == TLS_GREETINGS_MAX)
		tls->stats.too_many++;
	else
		greeting = calloc(1, sizeof(*greeting));
	if (greeting != NULL)
		greeting->late = evtimer_new(tls->base, on_late, greeting);
	if (greeting != NULL && greeting->late != NULL)
		ssl = SSL_new(tls->context);
	if (ssl != NULL) /* that it frees */
		greeting->bev = bufferevent_openssl_socket_new(
			tls->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (greeting == NULL || greeting->bev == NULL) {
		if (greeting != NULL && greeting->late != NULL)
			event_free(greeting->late);
		free(greeting);
		close(fd);
		return;
	}
	greeting->tls = tls;
	LIST_INSERT_HEAD(&tls->greetings, greeting, others);
	tls->n_greetings++;
	bufferevent_setcb(greeting->bev, NULL, NULL, on_event, greeting);
	event_add(greeting->late, &wait);
	bufferevent_enable(greeting->bev, EV_READ | EV_WRITE);
}

/** Copies the texts that are needed. */
static bool
copy_conf(const struct document_control *from, struct document_control *to)
{
	to->certificate = strdup(from->certificate);
	to->private_key = strdup(from->private_key);
	to->authority = strdup(from->authority);
	to->revoked = strdup(from->revoked);
	return to->certificate != NULL && to->private_key != NULL && to->authority != NULL &&
	       to->revoked != NULL;
}

static void
free_conf(struct document_control *conf)
{
	free((char *)(uintptr_t)conf->certificate);
	free((char *)(uintptr_t)conf->private_key);
	free((char *)(uintptr_t)conf->authority);
	free((char *)(uintptr_t)conf->revoked);
}

int
tls_listen(struct event_base *base, struct conns *conns, const struct document_control *conf,
	   struct tls **tls, char *message, size_t message_size)
{
	struct sockaddr_storage address;
	int size = sizeof(address);
	struct tls *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	snprintf(message, message_size, "no memory");
	if (new == NULL)
		return err;
	if (conf->certificate[0] == '\0' || conf->private_key[0] == '\0' ||
	    conf->authority[0] == '\0') {
		free(new);
		snprintf(message, message_size,
			 "it needs certificate, private_key and authority: nobody talks in clear");
		return -EINVAL;
	}
	new->base = base;
	new->conns = conns;
	if (!copy_conf(conf, &new->conf)) {
		tls_end(new);
		return err;
	}
	times_of(conf, new->read_at);
	new->context = make_context(conf, message, message_size);
	if (new->context == NULL) {
		err = -EINVAL;
	} else if (evutil_parse_sockaddr_port(conf->listen, (struct sockaddr *)&address, &size) !=
		   0) {
		snprintf(message, message_size,
			 "%s: is no address and port, such as 192.0.2.1:6640", conf->listen);
		err = -EINVAL;
	} else {
		new->listener = evconnlistener_new_bind(
			base, on_connection, new,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
			(struct sockaddr *)&address, size);
		err = new->listener != NULL ? 0 : -errno;
		if (err != 0)
			snprintf(message, message_size, "%s: %s", conf->listen, strerror(-err));
	}
	if (err == 0)
		*tls = new;
	else
		tls_end(new);
	return err;
}

void
tls_end(struct tls *tls)
{
	if (tls == NULL)
		return;
	for (struct greeting *greeting = LIST_FIRST(&tls->greetings), *next; greeting != NULL;
	     greeting = next) {
		next = LIST_NEXT(greeting, others);
		bufferevent_free(end_greeting(greeting));
	}
	if (tls->listener != NULL)
		evconnlistener_free(tls->listener);
	SSL_CTX_free(tls->context);
	free_conf(&tls->conf);
	free(tls);
}

const struct tls_stats *
tls_stats(const struct tls *tls)
{
	return &tls->stats;
}

/* The line to the clinic's server: HTTPS by libcurl. The only file that includes it.
 *
 * There is no switch that turns verification off. The certificate must chain to the system's authorities or
 * to the clinic's own, name the host, be in date, and carry the pinned key where pins are given; TLS 1.2 or
 * later. Nothing follows a redirect or a link to another origin, and the token goes to the server alone.
 * Every answer is capped in size and time. Neither token nor name is ever written to a log: there is none
 * here.
 */
#ifndef LASERTWIN_SYNC_HTTP_H
#define LASERTWIN_SYNC_HTTP_H

#include <stdatomic.h>

#include "planner/sync/engine.h"
#include "planner/sync/token.h"

/* NULL and 0: the default in brackets. Texts are copied. */
struct http_options {
	const char *base;    /* "https://fhir.clinic.example/R4" */
	const char *ca_file; /* PEM of the clinic's own authority [the system's authorities] */
	const char *pins;    /* "sha256//BASE64;sha256//BASE64" of public keys, in addition */
	const char *client_cert, *client_key; /* PEM, for servers that ask for one */
	const char *token_url;                /* [no token: a server that knows its clients by certificate] */
	const char *client_id, *key_id, *scope;
	const char *key_file;      /* the station key */
	int connect_ms;            /* [10 000] */
	int stall_s;               /* slower than 500 bytes/s for so long: broken [60] */
	int whole_ms;              /* one request, however it drips [60 000] */
	size_t body_max;           /* [64 MB] */
	const atomic_bool *cancel; /* borrowed; raised: the request ends within a second */
};

struct http;

/* Checks the options; connects to nothing. */
enum status http_new(const struct http_options *options, struct http **out, struct fail *why) MUST_CHECK;
void http_free(struct http **http);

/* For struct sync_wire: state is the struct http. With token when one is wanted; renewed at 80 % of its life
 * and once on 401. ST_DENIED: the server is not the one trusted, or gives no token. */
enum status http_exchange(void *http, const struct sync_request *request, struct sync_reply *reply,
                          struct fail *why);

/* A token now, whatever is at hand. For the connection check; warning (may be NULL) gets what is odd but not
 * wrong. */
enum status http_token(struct http *http, char *warning, size_t size, struct fail *why) MUST_CHECK;
/* GET without token, for discovery: any https address on the base's host. */
enum status http_get_open(struct http *http, const char *url, struct sync_reply *reply,
                          struct fail *why) MUST_CHECK;

const char *http_library_version(void); /* at run time */

#endif

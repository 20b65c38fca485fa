#include "planner/sync/http.h"

#include <pthread.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "devices/json.h"
#include "planner/store/uuid.h"
#include "planner/sync/instant.h"

#define CONNECT_MS 10000
#define STALL_S 60 /* a server may think that long over a large bundle */
#define STALL_BYTES_PER_S 500L
#define WHOLE_MS 60000
#define BODY_MAX ((size_t)64 << 20)
#define URL_MAX_BYTES 2048
#define TOKEN_MAX 8192
#define RENEW_FRAC 0.8
#define SKEW_WORTH_MS 60000 /* a clock this far off may be why an assertion was refused */
#define MS_PER_S 1000

struct http {
	char *base, *ca_file, *pins, *client_cert, *client_key, *token_url, *client_id, *key_id, *scope;
	struct token_key *key;
	struct http_options options; /* numbers and cancel; its texts are not used */
	CURL *curl;                  /* kept for its connection */
	char token[TOKEN_MAX];
	int64_t renew_at_ms; /* monotonic; 0: no token */
	int64_t skew_ms;     /* server's clock minus ours */
};

/* ---- life --------------------------------------------------------------------------------------------- */

static void start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static enum status copy(const char *from, char **to, struct fail *why)
{
	*to = from && from[0] ? strdup(from) : NULL;
	return *to || !from || !from[0] ? ST_OK : fail_set(why, ST_FULL, "sync", "out of memory");
}

static bool is_https(const char *url)
{
	return url && strncmp(url, "https://", 8) == 0 && url[8] != '\0' && url[8] != '/' &&
	       !strpbrk(url, " \t\r\n@\\\"<>");
}

static enum status check_options(const struct http_options *o, struct fail *why)
{
	if (!is_https(o->base))
		return fail_set(why, ST_INPUT, "base",
		                "must be the https:// address of the server's FHIR R4 base, without name or "
		                "password in it");
	if (strlen(o->base) >= URL_MAX_BYTES / 2)
		return fail_set(why, ST_INPUT, "base", "is too long");
	if (o->token_url && o->token_url[0] && !is_https(o->token_url))
		return fail_set(why, ST_INPUT, "token_url", "must be an https:// address");
	if (o->token_url && o->token_url[0] && (!o->client_id || !o->key_file || !o->key_id || !o->scope))
		return fail_set(why, ST_INPUT, "token_url",
		                "needs client_id, key_file, key_id and scope beside it");
	if ((o->client_cert && o->client_cert[0]) != (o->client_key && o->client_key[0]))
		return fail_set(why, ST_INPUT, "client_cert",
		                "needs client_key beside it, and the other way round");
	if (o->pins && o->pins[0] && strncmp(o->pins, "sha256//", 8) != 0)
		return fail_set(why, ST_INPUT, "pins", "must read sha256//BASE64, several with ; between");
	return ST_OK;
}

static enum status copy_texts(struct http *http, const struct http_options *o, struct fail *why)
{
	const struct {
		const char *from;
		char **to;
	} texts[] = {{o->base, &http->base},
	             {o->ca_file, &http->ca_file},
	             {o->pins, &http->pins},
	             {o->client_cert, &http->client_cert},
	             {o->client_key, &http->client_key},
	             {o->token_url, &http->token_url},
	             {o->client_id, &http->client_id},
	             {o->key_id, &http->key_id},
	             {o->scope, &http->scope}};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof texts / sizeof *texts; i++)
		st = copy(texts[i].from, texts[i].to, why);
	if (!st && http->base[strlen(http->base) - 1] == '/')
		http->base[strlen(http->base) - 1] = '\0';
	return st;
}

enum status http_new(const struct http_options *options, struct http **out, struct fail *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	enum status st = check_options(options, why);
	if (st)
		return st;
	(void)pthread_once(&once, start_curl);
	struct http *http = calloc(1, sizeof *http);
	if (!http)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	http->options = *options;
	http->options.connect_ms = options->connect_ms ? options->connect_ms : CONNECT_MS;
	http->options.stall_s = options->stall_s ? options->stall_s : STALL_S;
	http->options.whole_ms = options->whole_ms ? options->whole_ms : WHOLE_MS;
	http->options.body_max = options->body_max ? options->body_max : BODY_MAX;
	st = copy_texts(http, options, why);
	if (!st && http->token_url)
		st = token_key_load(options->key_file, &http->key, why);
	if (!st && !(http->curl = curl_easy_init()))
		st = fail_set(why, ST_FULL, "sync", "out of memory");
	if (st)
		http_free(&http);
	*out = http;
	return st;
}

void http_free(struct http **http)
{
	struct http *h = *http;
	if (!h)
		return;
	char *texts[] = {h->base,      h->ca_file,   h->pins,   h->client_cert, h->client_key,
	                 h->token_url, h->client_id, h->key_id, h->scope};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	if (h->curl)
		curl_easy_cleanup(h->curl);
	token_key_free(&h->key);
	explicit_bzero(h->token, sizeof h->token);
	free(h);
	*http = NULL;
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / 1000000;
}

/* ---- one request -------------------------------------------------------------------------------------- */

struct body {
	char *bytes;
	size_t len, room, max;
	bool too_large;
};

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct body *body = context;
	size_t n = size * count;
	if (n > body->max || body->len > body->max - n) {
		body->too_large = true;
		return 0;
	}
	if (body->len + n + 1 > body->room) {
		size_t room = (body->len + n + 1) * 2;
		char *more = realloc(body->bytes, room);
		if (!more)
			return 0;
		body->bytes = more;
		body->room = room;
	}
	memcpy(body->bytes + body->len, bytes, n);
	body->len += n;
	body->bytes[body->len] = '\0';
	return n;
}

static int may_go_on(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct http *http = context;
	(void)a, (void)b, (void)c, (void)d;
	return http->options.cancel && atomic_load(http->options.cancel);
}

/* Everything that makes the line trustworthy, for every request alike. */
static void set_trust(const struct http *http, CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (http->ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH,
		                 NULL); /* the clinic's authority alone, not the world's beside it */
	}
	if (http->pins)
		curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, http->pins);
	if (http->client_cert) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, http->client_cert);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, http->client_key);
	}
}

static void set_limits(struct http *http, CURL *curl, struct body *body)
{
	const struct http_options *o = &http->options;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)o->stall_s);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)o->whole_ms);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)o->body_max);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 131072L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, may_go_on);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
}

static void header(CURL *curl, const char *name, char *out, size_t size)
{
	struct curl_header *found = NULL;
	out[0] = '\0';
	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
		(void)snprintf(out, size, "%s", found->value);
}

/* RateLimit: "requests";r=0;t=60 (draft-ietf-httpapi-ratelimit-headers): t is seconds until there is room. */
static int64_t ratelimit_ms(const char *value)
{
	const char *t = strstr(value, ";t=");
	long seconds = t ? strtol(t + 3, NULL, 10) : 0;
	return seconds > 0 && seconds < 86400 ? seconds * MS_PER_S : 0;
}

static void read_headers(CURL *curl, struct sync_reply *reply)
{
	char text[SYNC_HEADER_MAX];
	curl_off_t seconds = 0;
	header(curl, "ETag", reply->etag, sizeof reply->etag);
	header(curl, "Location", reply->location, sizeof reply->location);
	header(curl, "Date", text, sizeof text);
	if (!instant_read_http(text, &reply->date_ms))
		reply->date_ms = 0;
	header(curl, "RateLimit", text, sizeof text);
	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
		reply->retry_after_ms = (seconds < 86400 ? seconds : 86400) * MS_PER_S;
	else
		reply->retry_after_ms = ratelimit_ms(text);
}

/* What a failure of the line means, in the words of the one who has to do something about it. */
static const struct meaning {
	CURLcode code;
	enum status status;
	const char *text;
} meanings[] = {
        {CURLE_COULDNT_RESOLVE_HOST, ST_IO,
         "the host's name is not known here: network down, or a slip in the address"},
        {CURLE_COULDNT_CONNECT, ST_IO, "nothing answers at that address"},
        {CURLE_OPERATION_TIMEDOUT, ST_IO, "no whole answer in time"},
        {CURLE_PEER_FAILED_VERIFICATION, ST_DENIED,
         "the server's certificate is not to be trusted (authority, name or date)"},
        {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ST_DENIED, "the server's key is not the pinned one"},
        {CURLE_SSL_CACERT_BADFILE, ST_DENIED, "the file of the clinic's authority cannot be read"},
        {CURLE_SSL_CERTPROBLEM, ST_DENIED, "the station's own certificate or its key cannot be used"},
        {CURLE_SSL_CONNECT_ERROR, ST_IO, "no TLS connection comes about"},
        {CURLE_SSL_ISSUER_ERROR, ST_DENIED, "the server's certificate has another issuer"},
        {CURLE_SSL_CRL_BADFILE, ST_DENIED, "the list of revoked certificates cannot be read"},
        {CURLE_FILESIZE_EXCEEDED, ST_FULL, "the answer is larger than allowed"},
        {CURLE_PARTIAL_FILE, ST_IO, "the answer broke off"},
        {CURLE_RECV_ERROR, ST_IO,
         "the connection broke (a server that asks for a client certificate ends so too)"},
        {CURLE_SEND_ERROR, ST_IO, "the connection broke while sending"},
        {CURLE_GOT_NOTHING, ST_IO, "the server closed without an answer"},
        {CURLE_ABORTED_BY_CALLBACK, ST_CANCELLED, "stopped"},
        {CURLE_UNSUPPORTED_PROTOCOL, ST_DENIED, "only https is spoken"},
        {CURLE_URL_MALFORMAT, ST_INPUT, "is no address"},
        {CURLE_OUT_OF_MEMORY, ST_FULL, "out of memory"},
};

static enum status explain(CURLcode code, const struct body *body, const char *detail, struct fail *why)
{
	if (body->too_large)
		return fail_set(why, ST_FULL, "server", "the answer is larger than %zu bytes: not taken",
		                body->max);
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == code)
			return fail_set(why, meanings[i].status, "server", "%s%s%.160s%s", meanings[i].text,
			                detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
	return fail_set(why, ST_IO, "server", "the request failed: %.160s (%d)",
	                detail[0] ? detail : curl_easy_strerror(code), (int)code);
}

static bool is_json(CURL *curl)
{
	const char *type = NULL;
	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && (strncasecmp(type, "application/json", 16) == 0 ||
	                strncasecmp(type, "application/fhir+json", 21) == 0 ||
	                strncasecmp(type, "application/json+fhir", 21) == 0);
}

/* Redirects are not followed; a success that is no JSON is no success (a captive portal says 200 too). */
static enum status judge_answer(CURL *curl, struct sync_reply *reply, struct fail *why)
{
	if (reply->http >= 300 && reply->http <= 399 && reply->http != 304)
		return fail_set(why, ST_IO, "server",
		                "sends us elsewhere (%d to %.120s): not followed; if that is right, enter "
		                "that address",
		                reply->http, reply->location);
	if (reply->http >= 200 && reply->http <= 299 && reply->len > 0 && !is_json(curl))
		return fail_set(why, ST_IO, "server",
		                "the answer is no JSON: a captive portal, or not the FHIR address");
	return ST_OK;
}

struct sending {
	const char *url, *method, *body, *content_type, *bearer;
	size_t len;
	const char *if_match, *if_none_exist, *if_none_match;
};

static enum status add_header(struct curl_slist **list, const char *name, const char *value, struct fail *why)
{
	char line[URL_MAX_BYTES];
	if (!value)
		return ST_OK;
	int n = snprintf(line, sizeof line, "%s: %s", name, value);
	if (n < 0 || (size_t)n >= sizeof line || strpbrk(line, "\r\n"))
		return fail_set(why, ST_INPUT, name, "cannot be sent");
	struct curl_slist *more = curl_slist_append(*list, line);
	if (!more)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	*list = more;
	return ST_OK;
}

static enum status headers_for(const struct sending *s, struct curl_slist **list, struct fail *why)
{
	enum status st = add_header(list, "Accept", "application/fhir+json, application/json", why);
	if (!st)
		st = add_header(list, "Content-Type", s->body ? s->content_type : NULL, why);
	if (!st)
		st = add_header(list, "If-Match", s->if_match, why);
	if (!st)
		st = add_header(list, "If-None-Exist", s->if_none_exist, why);
	if (!st)
		st = add_header(list, "If-None-Match", s->if_none_match, why);
	if (st)
		return st;
	struct curl_slist *more = curl_slist_append(*list, "Expect:");
	*list = more ? more : *list;
	return ST_OK;
}

static enum status perform(struct http *http, const struct sending *s, struct sync_reply *reply,
                           struct fail *why)
{
	CURL *curl = http->curl;
	struct body body = {.max = http->options.body_max};
	struct curl_slist *list = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	long code = 0;
	*reply = (struct sync_reply){0};
	enum status st = headers_for(s, &list, why);
	if (st) {
		curl_slist_free_all(list);
		return st;
	}
	curl_easy_reset(curl); /* keeps connections, drops options */
	set_trust(http, curl);
	set_limits(http, curl, &body);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(curl, CURLOPT_URL, s->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	if (s->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, s->body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, s->method);
	if (s->bearer) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, s->bearer);
	}
	CURLcode result = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	reply->http = (int)code;
	reply->body = body.bytes;
	reply->len = body.len;
	if (result == CURLE_OK) {
		read_headers(curl, reply);
		st = judge_answer(curl, reply, why);
	} else {
		st = explain(result, &body, detail, why);
	}
	curl_slist_free_all(list);
	if (st)
		sync_reply_clear(reply);
	return st;
}

/* ---- token -------------------------------------------------------------------------------------------- */

static enum status form_of(struct http *http, int64_t skew_ms, char **form, struct fail *why)
{
	char name[UUID_TEXT_SIZE], *jwt = NULL, *scope = NULL;
	enum status st = uuid_new(name, why);
	const struct token_claims claims = {.client_id = http->client_id,
	                                    .audience = http->token_url,
	                                    .key_id = http->key_id,
	                                    .name = name,
	                                    .now_s = (clock_ms(CLOCK_REALTIME) + skew_ms) / MS_PER_S};
	if (!st)
		st = token_assertion(http->key, &claims, &jwt, why);
	if (st)
		return st;
	scope = curl_easy_escape(http->curl, http->scope, 0);
	size_t size = strlen(jwt) + (scope ? strlen(scope) : 0) + 256;
	*form = scope ? malloc(size) : NULL;
	if (*form)
		(void)snprintf(*form, size,
		               "grant_type=client_credentials&scope=%s&client_assertion_type="
		               "urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer&client_"
		               "assertion=%s",
		               scope, jwt);
	curl_free(scope);
	free(jwt);
	return *form ? ST_OK : fail_set(why, ST_FULL, "sync", "out of memory");
}

/* Whether every wanted scope is among the granted ones, both lists with spaces between. */
static bool granted(const char *wanted, const char *given)
{
	while (*wanted) {
		size_t n = strcspn(wanted, " ");
		bool found = false;
		for (const char *p = given; *p && !found; p += strcspn(p, " "), p += *p == ' ')
			found = strcspn(p, " ") == n && strncmp(p, wanted, n) == 0;
		if (n > 0 && !found)
			return false;
		wanted += n + (wanted[n] == ' ');
	}
	return true;
}

static enum status read_token(struct http *http, const struct sync_reply *reply, char *warning, size_t size,
                              struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at root, value;
	struct fail reason = {0};
	char scope[1024] = "";
	int life_s = 0;
	bool present = false;
	if (json_parse("token", reply->body ? reply->body : "", reply->len, &doc, &reason))
		return fail_set(why, ST_DENIED, "token_url",
		                "the token endpoint's answer cannot be read: %.200s", reason.text);
	root = json_root(doc);
	const char *token = json_find(&root, "access_token", &value) ? json_text(&value) : NULL;
	enum status st = token && token[0] && strlen(token) < sizeof http->token && !strpbrk(token, " \r\n")
	                         ? ST_OK
	                         : fail_set(why, ST_DENIED, "token_url", "the token endpoint gives no token");
	if (!st)
		st = json_integer_in(&root, "expires_in", 1, 86400 * 366, "s", &life_s, &present, why);
	if (!st && json_find(&root, "scope", &value) && json_text(&value))
		(void)snprintf(scope, sizeof scope, "%s", json_text(&value));
	if (!st && scope[0] == '\0' && warning)
		(void)snprintf(warning, size, "the token endpoint does not say which scope it granted");
	if (!st && scope[0] != '\0' && !granted(http->scope, scope))
		st = fail_set(why, ST_DENIED, "scope",
		              "granted is only \"%.100s\" of \"%.100s\": ask the server's administrator",
		              scope, http->scope);
	if (!st) {
		(void)snprintf(http->token, sizeof http->token, "%s", token);
		http->renew_at_ms = clock_ms(CLOCK_MONOTONIC) +
		                    (int64_t)((present ? life_s : 60) * RENEW_FRAC * MS_PER_S) + 1;
	}
	json_free(&doc);
	return st;
}

static enum status refused_token(const struct sync_reply *reply, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at root, value;
	struct fail none;
	const char *error = NULL, *more = NULL;
	if (reply->body && json_parse("token", reply->body, reply->len, &doc, &none) == ST_OK) {
		root = json_root(doc);
		error = json_find(&root, "error", &value) ? json_text(&value) : NULL;
		more = json_find(&root, "error_description", &value) ? json_text(&value) : NULL;
	}
	(void)fail_set(why, ST_DENIED, "token_url",
	               "the token endpoint refuses (%d%s%.60s%s%.160s): is the station's key registered for "
	               "this client?",
	               reply->http, error ? " " : "", error ? error : "", more ? ": " : "", more ? more : "");
	json_free(&doc);
	return ST_DENIED;
}

static enum status ask_token(struct http *http, int64_t skew_ms, struct sync_reply *reply, struct fail *why)
{
	char *form = NULL;
	enum status st = form_of(http, skew_ms, &form, why);
	if (st)
		return st;
	const struct sending s = {.url = http->token_url,
	                          .method = "POST",
	                          .body = form,
	                          .len = strlen(form),
	                          .content_type = "application/x-www-form-urlencoded"};
	st = perform(http, &s, reply, why);
	explicit_bzero(form, strlen(form));
	free(form);
	return st;
}

enum status http_token(struct http *http, char *warning, size_t size, struct fail *why)
{
	struct sync_reply reply = {0};
	http->renew_at_ms = 0;
	if (!http->token_url)
		return ST_OK;
	enum status st = ask_token(http, http->skew_ms, &reply, why);
	/* our clock first; the server's when ours is far off and was refused: a wrong Date can break nothing
	 * that works */
	int64_t skew_ms = !st && reply.date_ms > 0 ? reply.date_ms - clock_ms(CLOCK_REALTIME) : 0;
	int64_t change_ms = skew_ms - http->skew_ms;
	if (!st && (reply.http == 400 || reply.http == 401) && reply.date_ms > 0 &&
	    (change_ms > SKEW_WORTH_MS || change_ms < -SKEW_WORTH_MS)) {
		sync_reply_clear(&reply);
		st = ask_token(http, skew_ms, &reply, why);
		if (!st && reply.http == 200) {
			http->skew_ms = skew_ms;
			if (warning)
				(void)snprintf(warning, size,
				               "this station's clock is %lld s off the server's",
				               (long long)(-skew_ms / MS_PER_S));
		}
	}
	if (!st && (reply.http == 429 || reply.http >= 500))
		st = fail_set(why, ST_IO, "token_url", "the token endpoint answers %d: again later",
		              reply.http);
	else if (!st && reply.http != 200)
		st = refused_token(&reply, why);
	if (!st)
		st = read_token(http, &reply, warning, size, why);
	if (reply.body)
		explicit_bzero(reply.body, reply.len);
	sync_reply_clear(&reply);
	return st;
}

/* ---- the wire ----------------------------------------------------------------------------------------- */

static enum status url_of(const struct http *http, const char *path, char *url, size_t size, struct fail *why)
{
	size_t n = strlen(http->base);
	if (strstr(path, "://")) {
		if (strncmp(path, http->base, n) != 0 ||
		    (path[n] != '/' && path[n] != '?' && path[n] != '\0'))
			return fail_set(why, ST_INPUT, "link", "%.100s is not below %.100s", path,
			                http->base);
		int used = snprintf(url, size, "%s", path);
		return used < (int)size ? ST_OK : fail_set(why, ST_INPUT, "link", "is too long");
	}
	int used = snprintf(url, size, "%s%s%s", http->base, path[0] && path[0] != '?' ? "/" : "", path);
	return used < (int)size ? ST_OK : fail_set(why, ST_INPUT, "path", "is too long");
}

static enum status need_token(struct http *http, struct fail *why)
{
	if (!http->token_url || (http->renew_at_ms > 0 && clock_ms(CLOCK_MONOTONIC) < http->renew_at_ms))
		return ST_OK;
	return http_token(http, NULL, 0, why);
}

enum status http_exchange(void *state, const struct sync_request *request, struct sync_reply *reply,
                          struct fail *why)
{
	struct http *http = state;
	char url[URL_MAX_BYTES];
	*reply = (struct sync_reply){0};
	enum status st = url_of(http, request->path, url, sizeof url, why);
	for (int attempt = 0; !st && attempt < 2; attempt++) {
		st = need_token(http, why);
		if (st)
			return st;
		const struct sending s = {.url = url,
		                          .method = request->method,
		                          .body = request->body,
		                          .len = request->len,
		                          .content_type = "application/fhir+json",
		                          .if_match = request->if_match,
		                          .if_none_exist = request->if_none_exist,
		                          .if_none_match = request->if_none_match,
		                          .bearer = http->token_url ? http->token : NULL};
		st = perform(http, &s, reply, why);
		if (st || reply->http != 401 || !http->token_url || attempt == 1)
			return st;
		sync_reply_clear(reply);
		http->renew_at_ms = 0; /* once: a token may be withdrawn before its time */
	}
	return st;
}

enum status http_get_open(struct http *http, const char *url, struct sync_reply *reply, struct fail *why)
{
	const char *host = http->base + strlen("https://");
	size_t n = strcspn(host, "/");
	*reply = (struct sync_reply){0};
	if (!is_https(url) || strncmp(url + 8, host, n) != 0 || (url[8 + n] != '/' && url[8 + n] != '\0'))
		return fail_set(why, ST_INPUT, "address", "is not on the server's own host");
	const struct sending s = {.url = url, .method = "GET"};
	return perform(http, &s, reply, why);
}

const char *http_library_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

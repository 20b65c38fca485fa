/* OpenSSL's headers name a parameter `rand`: they come before the list of banned calls (the Makefile leaves
 * its forced include out for this file alone). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "physics/base/banned.h"
#include "planner/sync/token.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/sync/base64.h"
#include "planner/sync/json_out.h"

#define P384_BYTES 48
#define RSA_BITS_MIN 2048
#define SIGNATURE_MAX 1024 /* RSA of 8192 bits */
#define NUMBER_MAX 1024
#define TEXT_MAX ((size_t)1 << 14)

struct token_key {
	EVP_PKEY *pair;
	bool is_ec;
};

static const char *token_key_algorithm(const struct token_key *key)
{
	return key->is_ec ? "ES384" : "RS384";
}

void token_key_free(struct token_key **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->pair);
	free(*key);
	*key = NULL;
}

/* ---- files -------------------------------------------------------------------------------------------- */

static enum status open_private(const char *path, FILE **out, struct fail *why)
{
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_IO, path,
		                "the station key cannot be read: %s", strerror(errno));
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || (about.st_mode & 077) != 0 ||
	    about.st_uid != geteuid()) {
		(void)close(fd);
		return fail_set(
		        why, ST_DENIED, path,
		        "the station key must be a file of yours that nobody else may read: chmod 600");
	}
	*out = fdopen(fd, "r");
	if (*out)
		return ST_OK;
	(void)close(fd);
	return fail_set(why, ST_IO, path, "cannot be read");
}

static bool is_p384(const EVP_PKEY *pair)
{
	char group[32] = "";
	return EVP_PKEY_get_group_name(pair, group, sizeof group, NULL) == 1 &&
	       strcmp(group, "secp384r1") == 0;
}

static int no_password(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

enum status token_key_load(const char *path, struct token_key **out, struct fail *why)
{
	FILE *file = NULL;
	enum status st = open_private(path, &file, why);
	if (st)
		return st;
	struct token_key *key = calloc(1, sizeof *key);
	EVP_PKEY *pair = PEM_read_PrivateKey(file, NULL, no_password, NULL);
	(void)fclose(file);
	bool ec = pair && EVP_PKEY_is_a(pair, "EC") && is_p384(pair);
	bool rsa = pair && EVP_PKEY_is_a(pair, "RSA") && EVP_PKEY_get_bits(pair) >= RSA_BITS_MIN;
	if (!key || (!ec && !rsa)) {
		EVP_PKEY_free(pair);
		free(key);
		return key ? fail_set(why, ST_INPUT, path,
		                      "is no unencrypted PEM key on P-384 or RSA of 2048 bits or more")
		           : fail_set(why, ST_FULL, path, "out of memory");
	}
	*key = (struct token_key){pair, ec};
	*out = key;
	return ST_OK;
}

enum status token_key_make(const char *path, struct fail *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail_set(why, errno == EEXIST ? ST_CONFLICT : ST_IO, path,
		                "the station key cannot be written: %s", strerror(errno));
	EVP_PKEY *pair = EVP_EC_gen("P-384");
	FILE *file = fdopen(fd, "w");
	bool written = pair && file && PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL) == 1;
	written = written && fflush(file) == 0 && fsync(fd) == 0;
	EVP_PKEY_free(pair);
	if (file)
		written = fclose(file) == 0 && written;
	else
		(void)close(fd);
	if (!written)
		(void)unlink(path);
	return written ? ST_OK
	               : fail_set(why, ST_IO, path, "the station key could not be written: %s",
	                          strerror(errno));
}

/* ---- signatures --------------------------------------------------------------------------------------- */

/* DER to r || s of fixed length (RFC 7518, section 3.4). */
static bool raw_signature(const unsigned char *der, size_t n, unsigned char out[2 * P384_BYTES])
{
	const unsigned char *p = der;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)n);
	bool fits = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, P384_BYTES) == P384_BYTES &&
	            BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + P384_BYTES, P384_BYTES) == P384_BYTES;
	ECDSA_SIG_free(pair);
	return fits;
}

static enum status sign(const struct token_key *key, const char *text, size_t len, unsigned char *out,
                        size_t *n, struct fail *why)
{
	unsigned char der[SIGNATURE_MAX];
	size_t der_n = sizeof der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key->pair) == 1 &&
	            EVP_DigestSign(context, der, &der_n, (const unsigned char *)text, len) == 1;
	EVP_MD_CTX_free(context);
	if (done && key->is_ec) {
		done = raw_signature(der, der_n, out);
		*n = (size_t)2 * P384_BYTES;
	} else if (done) {
		memcpy(out, der, der_n);
		*n = der_n;
	}
	return done ? ST_OK : fail_set(why, ST_NUMERIC, "station key", "does not sign");
}

/* base64url of the text, appended at *to. */
static char *append_part(char *to, const void *bytes, size_t n)
{
	base64_write(bytes, n, BASE64_URL, to);
	return to + strlen(to);
}

static enum status write_parts(const struct token_key *key, const struct token_claims *c, char **header,
                               size_t *header_n, char **claims, size_t *claims_n, struct fail *why)
{
	struct json_out out;
	json_out_begin(&out, TEXT_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "alg", token_key_algorithm(key));
	json_out_text(&out, "kid", c->key_id);
	json_out_text(&out, "typ", "JWT");
	json_out_end_object(&out);
	enum status st = json_out_take(&out, header, header_n, why);
	if (st)
		return st;
	json_out_object(&out, NULL);
	json_out_text(&out, "iss", c->client_id);
	json_out_text(&out, "sub", c->client_id);
	json_out_text(&out, "aud", c->audience);
	json_out_text(&out, "jti", c->name);
	json_out_int(&out, "iat", c->now_s - TOKEN_BACKDATE_S);
	json_out_int(&out, "exp", c->now_s + TOKEN_LIFETIME_S);
	json_out_end_object(&out);
	st = json_out_take(&out, claims, claims_n, why);
	if (st)
		free(*header);
	return st;
}

enum status token_assertion(const struct token_key *key, const struct token_claims *c, char **jwt,
                            struct fail *why)
{
	char *header = NULL, *claims = NULL;
	unsigned char signature[SIGNATURE_MAX];
	size_t header_n, claims_n, n = 0;
	enum status st = write_parts(key, c, &header, &header_n, &claims, &claims_n, why);
	if (st)
		return st;
	char *text =
	        malloc(BASE64_SIZE(header_n) + BASE64_SIZE(claims_n) + BASE64_SIZE(sizeof signature) + 2);
	if (!text)
		st = fail_set(why, ST_FULL, "token", "out of memory");
	if (!st) {
		char *to = append_part(text, header, header_n);
		*to++ = '.';
		to = append_part(to, claims, claims_n);
		st = sign(key, text, (size_t)(to - text), signature, &n, why);
		*to++ = '.';
		if (!st)
			(void)append_part(to, signature, n);
	}
	free(header);
	free(claims);
	if (st)
		free(text);
	else
		*jwt = text;
	return st;
}

/* ---- the public half ---------------------------------------------------------------------------------- */

/* A number of the key, padded to width where that is not 0. */
static bool put_number(struct json_out *out, const char *name, const EVP_PKEY *pair, const char *parameter,
                       int width)
{
	unsigned char bytes[NUMBER_MAX];
	char text[BASE64_SIZE(NUMBER_MAX)];
	BIGNUM *number = NULL;
	if (EVP_PKEY_get_bn_param(pair, parameter, &number) != 1 || BN_num_bytes(number) > NUMBER_MAX) {
		BN_free(number);
		return false;
	}
	int n = width ? BN_bn2binpad(number, bytes, width) : BN_bn2bin(number, bytes);
	BN_free(number);
	if (n <= 0)
		return false;
	base64_write(bytes, (size_t)n, BASE64_URL, text);
	json_out_text(out, name, text);
	return true;
}

enum status token_key_set(const struct token_key *key, const char *key_id, char **json, struct fail *why)
{
	struct json_out out;
	size_t len;
	bool whole;
	json_out_begin(&out, TEXT_MAX);
	json_out_object(&out, NULL);
	json_out_array(&out, "keys");
	json_out_object(&out, NULL);
	json_out_text(&out, "kty", key->is_ec ? "EC" : "RSA");
	if (key->is_ec) {
		json_out_text(&out, "crv", "P-384");
		whole = put_number(&out, "x", key->pair, OSSL_PKEY_PARAM_EC_PUB_X, P384_BYTES) &&
		        put_number(&out, "y", key->pair, OSSL_PKEY_PARAM_EC_PUB_Y, P384_BYTES);
	} else {
		whole = put_number(&out, "n", key->pair, OSSL_PKEY_PARAM_RSA_N, 0) &&
		        put_number(&out, "e", key->pair, OSSL_PKEY_PARAM_RSA_E, 0);
	}
	json_out_text(&out, "alg", token_key_algorithm(key));
	json_out_text(&out, "kid", key_id);
	json_out_text(&out, "use", "sig");
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_end_object(&out);
	if (!whole) {
		json_out_drop(&out);
		return fail_set(why, ST_INPUT, "station key", "gives no public half");
	}
	return json_out_take(&out, json, &len, why);
}

const char *token_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

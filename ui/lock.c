#include "ui/lock.h"

#include "planner/store/vault.h"
#include "ui/view.h"

enum status lock_form_new(const char *place, const char *login, const char *hint, struct lock_form **out,
                          struct fail *why)
{
	struct lock_form *form = calloc(1, sizeof *form);
	*out = form;
	if (form != NULL)
		form->secret = vault_alloc(STORE_SECRET_MAX + 1);
	if (form == NULL || form->secret == NULL) {
		lock_form_free(out);
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	}
	(void)snprintf(form->place, sizeof form->place, "%s", place);
	(void)snprintf(form->login, sizeof form->login, "%s", login);
	(void)snprintf(form->hint, sizeof form->hint, "%s", hint);
	form->on_secret = form->login[0] != '\0';
	return ST_OK;
}

void lock_form_free(struct lock_form **form)
{
	if (*form != NULL)
		vault_free((*form)->secret);
	free(*form);
	*form = NULL;
}

static void clear_secret(struct lock_form *form)
{
	secret_wipe(form->secret, STORE_SECRET_MAX + 1);
	form->length = 0;
}

static void type_login(struct lock_form *form, int key)
{
	size_t n = strlen(form->login);
	if (key == UI_KEY_BACKSPACE && n > 0)
		form->login[n - 1] = '\0';
	else if (key > ' ' && key <= '~' && n < STORE_LOGIN_MAX) {
		form->login[n] = (char)key;
		form->login[n + 1] = '\0';
	}
}

/* UTF-8, RFC 3629. */
static size_t encode(int point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const int lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n; i-- > 1; point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3F));
	out[0] = (char)(lead[n] | point);
	return n;
}

static void type_secret(struct lock_form *form, int key)
{
	char bytes[4];
	if (key == UI_KEY_BACKSPACE) {
		while (form->length > 0 && (form->secret[--form->length] & 0xC0) == 0x80)
			;
		return;
	}
	size_t n = key >= ' ' && key < UI_KEY_NONE ? encode(key, bytes) : 0;
	if (form->length + n <= STORE_SECRET_MAX)
		memcpy(form->secret + form->length, bytes, n);
	form->length += form->length + n <= STORE_SECRET_MAX ? n : 0;
}

enum lock_wish lock_key(struct lock_form *form, struct key_event event)
{
	int key = event.key;
	if (key == UI_KEY_ESCAPE && form->length == 0)
		return LOCK_LEAVE;
	if (key == UI_KEY_ESCAPE)
		clear_secret(form);
	else if (key == UI_KEY_UP || key == UI_KEY_DOWN || key == UI_KEY_TAB || key == UI_KEY_BACKTAB ||
	         (key == UI_KEY_ENTER && !form->on_secret))
		form->on_secret = !form->on_secret;
	else if (key == UI_KEY_ENTER)
		return form->length > 0 ? LOCK_TRY : LOCK_STAY;
	else if (form->on_secret)
		type_secret(form, key);
	else
		type_login(form, key);
	return LOCK_STAY;
}

void lock_form_refused(struct lock_form *form, const struct fail *why)
{
	clear_secret(form);
	(void)snprintf(form->said, sizeof form->said, "%s", why->text);
}

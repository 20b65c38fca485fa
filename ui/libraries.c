#include "ui/libraries.h"

#include "devices/json.h"
#include "physics/gsl.h"
#include "planner/report/sheet.h"
#include "planner/store/store.h"
#include "planner/sync/http.h"
#include "planner/sync/token.h"
#include "ui/term.h"
#include "ui/text.h"

/* Each library is asked at its own door. Licences by their SPDX names, from what each library ships. */
static const struct {
	const char *name, *licence, *use;
	const char *(*version)(void);
} linked[] = {
        {"GSL", "GPL-3.0-or-later", "numerics", gsl_library_version},
        {"ncurses", "X11-distribute-modifications-variant", "full screen", term_library_version},
        {"SQLite", "public domain (blessing)", "records", store_library_version},
        {"cJSON", "MIT", "reading JSON", json_library_version},
        {"libcurl", "curl", "clinic server", http_library_version},
        {"OpenSSL", "Apache-2.0", "TLS, signed requests for tokens", token_library_version},
        {"libsodium", "ISC", "sealing, signatures, digests", store_sealing_version},
        {"utf8proc", "MIT", "text and its width", text_library_version},
        {"cairo", "LGPL-2.1-only OR MPL-1.1", "PDF sheets", sheet_drawing_version},
        {"pango", "LGPL-2.1-or-later", "text on PDF sheets", sheet_text_version},
};

size_t libraries(struct list_library out[LIBRARIES_MAX])
{
	const size_t count = sizeof linked / sizeof *linked;
	for (size_t i = 0; i < count; i++)
		out[i] = (struct list_library){linked[i].name, linked[i].version(), linked[i].licence, linked[i].use};
	return count;
}

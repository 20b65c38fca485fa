/* Corpora of hostile text, made by rule so that they are complete in their kind: SQL, what a terminal obeys, what a
 * spreadsheet computes. Each payload is UTF-8, NUL-terminated and fits STORE_RECORD_NUMBER_MAX. */
#ifndef LASERTWIN_TESTS_PAYLOADS_H
#define LASERTWIN_TESTS_PAYLOADS_H

#include <stdbool.h>
#include <stddef.h>

#define PAYLOAD_SIZE 65

enum corpus { CORPUS_SQL, CORPUS_TERMINAL, CORPUS_FORMULA, CORPORA };

/* False past the end. */
bool payload(enum corpus corpus, size_t index, char out[PAYLOAD_SIZE]);
size_t payload_count(enum corpus corpus);

/* The first byte of text that a terminal would obey or that disguises (controls, direction marks, zero width, tags;
 * malformed UTF-8, too); NULL: none. Line feeds are allowed. Written apart from the program's own tables. */
const char *payload_unsafe(const char *text);

#endif

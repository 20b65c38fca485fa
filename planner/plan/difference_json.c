/* Differences as JSON. */
#include <cjson/cJSON.h>

#include "planner/plan/difference.h"

enum status difference_json(const struct difference *difference, char **out, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-difference/1");
	cJSON_AddNumberToObject(root, "same", (double)difference->same);
	cJSON *array = cJSON_AddArrayToObject(root, "different");
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_line *l = &difference->line[i];
		cJSON *o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "section", difference_section_name(l->section));
		cJSON_AddStringToObject(o, "key", l->key);
		cJSON_AddStringToObject(o, "before", l->before);
		cJSON_AddStringToObject(o, "after", l->after);
		cJSON_AddItemToArray(array, o);
	}
	*out = cJSON_Print(root);
	cJSON_Delete(root);
	return *out ? ST_OK : fail_set(why, ST_FULL, "compare", "out of memory");
}

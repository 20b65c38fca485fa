/* Radiofrequency files: one electrode on layered tissue, described in JSON (schema lasertwin-rf/1), to be
 * computed by anybody who wants to repeat a published geometry.
 *
 * Electrodes: a disc (semi-analytic field, coupled heat in r and z), flat patches (field only) or needles
 * (cell in three dimensions with heat; the rim of the array by moments). Layers are given by thickness,
 * conductivity and permittivity, by a measured tissue, or follow from a twin. README, "For researchers",
 * lists the keys.
 */
#ifndef LASERTWIN_RF_FILE_H
#define LASERTWIN_RF_FILE_H

#include "physics/rf_array.h"
#include "physics/rf_control.h"
#include "physics/rf_patch.h"

#define RF_FILE_SCHEMA "lasertwin-rf/1"
#define RF_FILE_TEXT_MAX 96
#define RF_FILE_POINTS_MAX 16
#define RF_FILE_DEPTHS_MAX 64
#define RF_FILE_GRID_MAX 32 /* radii, and depths */
#define RF_FILE_SETS_MAX RF_CELL_SETS_MAX
#define RF_FILE_TIMES_MAX 120

enum rf_file_kind { RF_FILE_DISC, RF_FILE_PATCHES, RF_FILE_NEEDLES, RF_FILE_KINDS };
const char *rf_file_kind_name(enum rf_file_kind kind);

struct rf_file_drive {
	bool given;
	enum rf_control_mode mode;
	double value, power_W;
	double start_s, on_s, off_s, after_s;
	int pulses;
	double impedance_min_ohm, impedance_max_ohm; /* 0: no limit */
};

struct rf_file {
	char name[RF_FILE_TEXT_MAX], title[RF_FILE_TEXT_MAX];
	double frequency_Hz;
	size_t layers;
	struct rf_layer layer[RF_LAYERS_MAX];
	char layer_name[RF_LAYERS_MAX][40];
	enum rf_return back;
	enum rf_file_kind kind;
	double radius_um; /* disc */
	struct rf_contact contact;
	size_t patches;
	struct rf_patch_electrode patch[RF_PATCH_ELECTRODES_MAX];
	struct rf_array array; /* needles */
	double refine;
	struct rf_file_drive drive;
	struct rf_cell_cooling cooling;
	size_t points, depths, radii, grid_depths, sets;
	struct rf_cell_place point[RF_FILE_POINTS_MAX]; /* a disc looks at x and y as a radius */
	double depth_um[RF_FILE_DEPTHS_MAX];            /* down the axis; needles: at axis_x_um from it */
	double axis_x_um;
	double radius_at_um[RF_FILE_GRID_MAX], grid_depth_um[RF_FILE_GRID_MAX];
	enum damage_set_id set[RF_FILE_SETS_MAX];
};

/* name is what errors call the file. ST_INPUT, ST_RANGE, ST_FULL by field. */
enum status rf_file_read(const char *name, const char *bytes, size_t length, struct rf_file *out,
                         struct fail *why) MUST_CHECK;

struct rf_file_heat {
	const char *stop;
	double energy_J, on_s, peak_C, peak_depth_um, surface_peak_C;
	double layer_peak_C[RF_LAYERS_MAX], layer_cem43_min[RF_LAYERS_MAX];
	double impedance_start_ohm, impedance_end_ohm, boiled_frac, balance_frac;
	struct {
		double top_um, bottom_um, width_um;
	} zone[RF_FILE_SETS_MAX]; /* Omega >= 1; NAN, NAN, 0 where nowhere */
	size_t times;
	double time_s[RF_FILE_TIMES_MAX], power_W[RF_FILE_TIMES_MAX],
	        point_C[RF_FILE_TIMES_MAX][RF_FILE_POINTS_MAX];
	unsigned flags;
};

struct rf_file_result {
	const char *field_model, *heat_model; /* heat NULL: none */
	struct rf_result field;               /* at 1 V */
	bool has_array;
	struct rf_array_result array;
	struct rf_field axis[RF_FILE_DEPTHS_MAX];
	struct rf_field grid[RF_FILE_GRID_MAX * RF_FILE_GRID_MAX]; /* [depth * radii + radius] */
	struct rf_file_heat heat;
};

/* ST_MODEL for what no engine here computes; ST_NUMERIC with the residual; ST_CANCELLED. */
enum status rf_file_compute(const struct rf_file *file, bool (*cancelled)(void *context), void *context,
                            struct rf_file_result *out, struct fail *why) MUST_CHECK;

/* *text is malloc'ed, the caller frees it. */
enum status rf_file_text(const struct rf_file *file, const struct rf_file_result *r, char **text,
                         struct fail *why) MUST_CHECK;
enum status rf_file_json(const struct rf_file *file, const struct rf_file_result *r, char **text,
                         struct fail *why) MUST_CHECK;

#endif

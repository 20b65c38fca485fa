/* What the commands do: one function each, called through the table of ui/command.c. Each gives the exit code; errors
 * are on stderr. */
#ifndef LASERTWIN_UI_COMMANDS_H
#define LASERTWIN_UI_COMMANDS_H

#include "ui/cli.h"

/* --- records: planner.c */
int command_planner(const struct cli_options *options);
int command_demo(const struct cli_options *options);
int command_worklist(const struct cli_options *options);
int command_course(const struct cli_options *options);
int command_devices(const struct cli_options *options);
int command_about(const struct cli_options *options);
int command_add(const struct cli_options *options);

/* --- people.c: who may use the records */
int command_login(const struct cli_options *options);
int command_user_add(const struct cli_options *options);
int command_user_list(const struct cli_options *options);
int command_user_disable(const struct cli_options *options);
int command_user_roles(const struct cli_options *options);
int command_user_secret(const struct cli_options *options);
int command_recover(const struct cli_options *options);
/* The clinic's recovery key, hexadecimal digits in a file that nobody else may read. */
enum status recovery_key_read(const char *path, unsigned char key[32], struct fail *why) MUST_CHECK;

/* --- plans.c, deliver.c, verify.c: plans on their way, delivery, approvals as files */
int command_plan_list(const struct cli_options *options);
int command_plan_new(const struct cli_options *options);
int command_plan_show(const struct cli_options *options);
int command_plan_diff(const struct cli_options *options);
int command_plan_move(const struct cli_options *options); /* propose, override, approve, reject, revoke, close */
int command_plan_overrides(const struct cli_options *options);
int command_deliver(const struct cli_options *options);
int command_device_calibrations(const struct cli_options *options);
int command_device_calibrate(const struct cli_options *options);
int command_device_fault(const struct cli_options *options);
int command_adverse(const struct cli_options *options);
int command_follow_up(const struct cli_options *options);
int command_verify(const struct cli_options *options);
int command_export_approval(const struct cli_options *options);
int command_export_key(const struct cli_options *options);
/* --- keep.c: audit, backup, restore, erasing a patient */
int command_audit(const struct cli_options *options);
int command_audit_verify(const struct cli_options *options);
int command_audit_accept(const struct cli_options *options);
int command_backup(const struct cli_options *options);
int command_restore(const struct cli_options *options);
int command_erase(const struct cli_options *options);

/* --- emergency.c: access in an emergency, reviewed */
int command_emergency_begin(const struct cli_options *options);
int command_emergency_end(const struct cli_options *options);
int command_emergency_list(const struct cli_options *options);
int command_emergency_show(const struct cli_options *options);
int command_emergency_review(const struct cli_options *options);

/* --- patient.c: who a patient is, corrected */
int command_patient_show(const struct cli_options *options);
int command_patient_correct(const struct cli_options *options);

/* --- unfinished.c: work that was begun and not saved */
int command_answers(const struct cli_options *options);
int command_answers_settle(const struct cli_options *options);
int command_unfinished(const struct cli_options *options);
int command_unfinished_discard(const struct cli_options *options);

/* --- sync.c: the clinic's server */
int command_sync(const struct cli_options *options);
int command_sync_setup(const struct cli_options *options);
int command_sync_test(const struct cli_options *options);
int command_sync_list(const struct cli_options *options);
int command_sync_show(const struct cli_options *options);
int command_sync_mine(const struct cli_options *options);
int command_sync_theirs(const struct cli_options *options);
int command_sync_trust(const struct cli_options *options);

/* --- before.c: a case goes on from an earlier twin, where --before names one */
struct case_file;
struct twin;
enum status cli_follow_twin(const struct cli_options *options, struct case_file *file, struct fail *why) MUST_CHECK;
enum status cli_read_twin(const char *path, struct twin *out, struct fail *why) MUST_CHECK;
/* *out stays where the option is not given. */
enum status cli_number(const struct cli_options *options, const char *name, double low, double high, double *out,
                       struct fail *why) MUST_CHECK;
const char *cli_last_part(const char *path); /* of a path: its file's name */

/* --- source.c: as file_read, with "-" for standard input */
enum status cli_read_source(const char *path, size_t max_bytes, char **bytes, size_t *length,
                            struct fail *why) MUST_CHECK;
const char *cli_source_name(const char *path); /* as errors call it */

/* --- case.c: evaluates a case file; also for the demo's text */
int command_case(const struct cli_options *options);
int cli_case(const struct cli_options *options, const char *path, bool is_virtual);

/* --- transport.c: layers of an MCML input file, by Monte Carlo and by discrete ordinates */
int command_mc(const struct cli_options *options);
int command_layers(const struct cli_options *options);

/* --- radiofrequency.c: one electrode on layered tissue */
int command_rf(const struct cli_options *options);

/* --- simulate.c: a simulation file's answers */
int command_simulate(const struct cli_options *options);
int command_threshold(const struct cli_options *options);

/* --- fit.c: requests of a case fitted anew, judged as they stand, set side by side */
int command_fit(const struct cli_options *options);
int command_check(const struct cli_options *options);
int command_compare(const struct cli_options *options);

/* --- mpe.c: exposure limits of eye and skin, eyewear */
int command_mpe(const struct cli_options *options);

/* --- import.c: readings from elsewhere */
int command_import(const struct cli_options *options);

/* --- twin.c: the skin twin of a case, in time; the spectrum it shows */
int command_twin_fit(const struct cli_options *options);
int command_twin_show(const struct cli_options *options);
int command_twin_history(const struct cli_options *options);
int command_twin_learn(const struct cli_options *options);
int command_twin_forecast(const struct cli_options *options);
int command_reflectance(const struct cli_options *options);
/* --- sheet.c: printed sheets and exports */
int command_sheet_treatment(const struct cli_options *options);
int command_sheet_approval(const struct cli_options *options);
int command_sheet_session(const struct cli_options *options);
int command_sheet_record(const struct cli_options *options);
int command_sheet_statistics(const struct cli_options *options);

/* --- train.c: lessons */
int command_train(const struct cli_options *options);

/* --- about.c: the program about itself */
int command_print_config(const struct cli_options *options);
int command_print_manual(const struct cli_options *options);
int command_print_completion(const struct cli_options *options);
int command_print_help(const struct cli_options *options);
int command_print_version(const struct cli_options *options);

#endif

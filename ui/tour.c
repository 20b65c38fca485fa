/* The tour: what to press, in order, from the worklist to a closed plan. Keys are those that are bound. */
#include "ui/app.h"

static const struct tour_step steps[] = {
        {SCREEN_WORKLIST, ACTION_ENTER, "opens a patient; those of the demo are virtual, and every screen says so."},
        {SCREEN_PATIENT, ACTION_ENTER, "changes a reading: unit and plausible range stand beside it."},
        {SCREEN_PATIENT, ACTION_QUESTIONS, "asks the safety questions; unanswered is never taken for no."},
        {SCREEN_PATIENT, ACTION_UNDO, "takes the last reading or answer back."},
        {SCREEN_PATIENT, ACTION_TWIN, "shows the skin that fits the readings, and which of them disagrees."},
        {SCREEN_TWIN, ACTION_DEVICE, "shows what can treat this, with the protocol behind it."},
        {SCREEN_DEVICE, ACTION_PARAMETERS, "turns the console's own knobs; prediction and checks follow."},
        {SCREEN_PARAMETERS, ACTION_FIT, "finds the lowest dose that is enough within every limit."},
        {SCREEN_PARAMETERS, ACTION_EXPLORE, "maps two settings and shows the safe window."},
        {SCREEN_PARAMETERS, ACTION_CHECKS, "tells every rule that was raised: value, limit, source, next step."},
        {SCREEN_CHECKS, ACTION_SAVE, "keeps the plan as a draft."},
        {SCREEN_CHECKS, ACTION_PLANS, "lists plans; Enter opens one."},
        {SCREEN_APPROVE, ACTION_PROPOSE, "puts the draft before a dermatologist."},
        {SCREEN_APPROVE, ACTION_APPROVE,
         "signs: two identifiers of the patient, login and secret. In the demo: the name in the header, the record "
         "number, demo-dermatologist, virtual."},
        {SCREEN_APPROVE, ACTION_TREAT, "goes through checklist, start and passes; what is not as approved is refused."},
        {SCREEN_APPROVE, ACTION_CLOSE_PLAN, "ends the plan after its follow-up."},
        {SCREEN_WORKLIST, ACTION_KEYS, "shows the keys of the screen one is on."},
};

size_t app_tour_steps(void)
{
	return sizeof steps / sizeof *steps;
}

const struct tour_step *app_tour_step(size_t index)
{
	return &steps[index < app_tour_steps() ? index : 0];
}

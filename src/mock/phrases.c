#include "mock/phrases.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const subjects[] = {"The customer", "Our support team", "The warehouse",
	"The second invoice", "The courier", "A returning buyer", "The billing department",
	"The new tenant", "The reviewer", "The subscription", "The field engineer", "Our partner"};
static const char *const verbs[] = {"confirmed", "asked about", "disputed", "delayed", "approved",
	"mentioned", "returned", "cancelled", "praised", "questioned", "documented", "postponed"};
static const char *const objects[] = {"the refund", "a late delivery", "the annual plan",
	"the damaged parcel", "the warranty claim", "an incorrect charge", "the onboarding call",
	"a missing attachment", "the upgrade to the larger tier", "the signed contract",
	"three of the five items", "the revised estimate"};
static const char *const endings[] = {"within two days", "before the end of the month",
	"without giving a reason", "after the second reminder", "because of the holiday",
	"and expects a short reply", "in a friendly tone", "for the third time this year",
	"while the account was on hold", "as agreed on the phone", "despite the earlier promise",
	"and attached two photographs"};

const char *phrase_pick(struct rng *r, const char *const *words, size_t n)
{
	return words[(size_t)(rng_uniform(r) * (double)n)];
}

void phrase_sentence(struct rng *r, struct buf *out)
{
	buf_adds(out, phrase_pick(r, subjects, COUNT(subjects)));
	buf_addc(out, ' ');
	buf_adds(out, phrase_pick(r, verbs, COUNT(verbs)));
	buf_addc(out, ' ');
	buf_adds(out, phrase_pick(r, objects, COUNT(objects)));
	buf_addc(out, ' ');
	buf_adds(out, phrase_pick(r, endings, COUNT(endings)));
	buf_addc(out, '.');
}

void phrase_text(struct rng *r, size_t bytes, struct buf *out)
{
	size_t start = out->len;

	phrase_sentence(r, out);
	while (out->len - start < bytes) {
		buf_addc(out, ' ');
		phrase_sentence(r, out);
	}
}

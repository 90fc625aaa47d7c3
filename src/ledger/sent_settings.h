/* The settings of a session that change what is sent, as its start record has them, and those of
 * all sessions of a run. A result names the session that made it, unless it was made with the
 * settings of the first one; so it is known which results other settings made. Pure. */
#ifndef SLUICE_LEDGER_SENT_SETTINGS_H
#define SLUICE_LEDGER_SENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sent_setting { SENT_TEMPLATE, SENT_PIPELINE, SENT_PROVIDER, SENT_HEADERS, SENT_SETTINGS };

/* Of one session. */
struct sent_settings {
	uint32_t mark[SENT_SETTINGS];
	unsigned known; /* a bit each; records of earlier releases and of pipes lack some */
};

enum { SENT_MOST = 127 /* that differ; of later ones nothing is known */ };

/* Of all sessions of a run, by their number from 1. */
struct sent_table {
	struct sent_settings at[SENT_MOST];
	uint8_t n;
	uint8_t *of_session; /* 1 + an index of at[]; 0: not known */
	uint32_t sessions, cap;
	bool mixed; /* an earlier release changed them, and its results do not name their session */
};

/* Reads the members of a start record. */
void sent_settings_read(const char *record, size_t len, struct sent_settings *out);
/* Which of them differ, a bit each; what is not known does not. */
unsigned sent_settings_differ(const struct sent_settings *a, const struct sent_settings *b);
/* Are all that b knows known to be the same? */
bool sent_settings_same(const struct sent_settings *a, const struct sent_settings *b);
/* "--template and a header (-H)" for people, into out. */
void sent_settings_name(unsigned settings, char *out, size_t size);

/* Adds a session, by its start record. */
void sent_table_add(struct sent_table *t, const char *record, size_t len);
void sent_table_free(struct sent_table *t);
/* 1 + the index of the settings that made a result of this session (0 or less: it names none); 0:
 * not known. */
uint8_t sent_table_of(const struct sent_table *t, int64_t session);

#endif

/* Pipelines to try, with rows that fit them, on the bench of engine_rig.h. */
#ifndef SLUICE_TESTS_STAGES_RIG_H
#define SLUICE_TESTS_STAGES_RIG_H

#include <stdio.h>
#include <string.h>

#include "engine_rig.h"
#include "unit.h"

#define BODY(text) "{\"body\":{\"model\":\"m\",\"input\":\"" text "\"}"
#define CHAIN                                                                                      \
	"{\"stages\":{\"a\":" BODY("a {{title}}") "},\"b\":{\"after\":\"a\",\"body\":{\"model\":"  \
						  "\"m\",\"input\":\"b "                           \
						  "{{a.text}}\"}},\"c\":{\"after\":\"b\","         \
						  "\"body\":{\"model\":\"big\","                   \
						  "\"input\":\"c {{b.text}} {{a.body.n}}\"}}}}"
#define DIAMOND                                                                                    \
	"{\"stages\":{\"l\":" BODY("l {{id}}") "},\"r\":" BODY(                                    \
		"r {{id}}") "},\"j\":{\"after\":["                                                 \
			    "\"l\",\"r\"],\"body\":{\"model\":\"m\",\"input\":\"{{l.text}}+{{r."   \
			    "text}}\"}}}}"
#define CHAT(text)                                                                                 \
	"{\"n\":7,\"choices\":[{\"message\":{\"content\":\"" text "\"}}],\"usage\":{"              \
	"\"prompt_tokens\":3,\"completion_tokens\":4}}"
#define REFUSED "{\"error\":{\"message\":\"no such model\",\"code\":\"bad\"}}"

static struct rig rig;

static inline void row(const char *id)
{
	char line[120];

	snprintf(line, sizeof(line), "{\"custom_id\":\"%s\",\"title\":\"T%s\",\"id\":\"%s\"}", id,
		id, id);
	rig_feed(&rig, line);
}

static inline void open_with(const char *pipeline, int rows)
{
	char id[12];

	rig_open_pipeline(&rig, 4, pipeline);
	for (int i = 0; i < rows; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		row(id);
	}
	rig_feed_end(&rig);
	rig_turn(&rig);
}

/* The row once more, as after a crash. */
static inline void reopen(bool retry_failed)
{
	rig_reopen(&rig, 4, retry_failed);
	row("i0");
	rig_feed_end(&rig);
	rig_turn(&rig);
}

static inline void shut(void)
{
	rig_close(&rig);
	rig_remove(&rig);
}

/* The oldest request is this one, and is answered by a model; what follows may start. */
static inline void step(const char *sent, const char *answer)
{
	ck_assert_int_ge(rig.in_flight, 1);
	ck_assert_msg(strstr(rig.sent[0], sent) != NULL, "%s instead of %s", rig.sent[0], sent);
	rig_answer(&rig, 200, "", answer);
	rig_turn(&rig);
	rig_turn(&rig);
}

#endif

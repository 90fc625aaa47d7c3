/* The engine's insides, for src/core, src/work and src/control. Each part has a header of its own
 * with the functions that take it. */
#ifndef SLUICE_CORE_ENGINE_INTERNAL_H
#define SLUICE_CORE_ENGINE_INTERNAL_H

#include "base/rng.h"
#include "core/allowance.h"
#include "core/attempt.h"
#include "core/changed.h"
#include "core/cost.h"
#include "core/doubt.h"
#include "core/edits.h"
#include "core/engine.h"
#include "core/held.h"
#include "core/inspect.h"
#include "core/intake.h"
#include "core/key_wait.h"
#include "core/lifecycle.h"
#include "core/observer.h"
#include "core/recorder.h"
#include "core/route.h"
#include "core/sources.h"
#include "core/ticks.h"
#include "core/verbs.h"
#include "input/source.h"

enum { RUN_NAME_SIZE = 160 };

struct engine {
	struct engine_config config;
	char run_name[RUN_NAME_SIZE];
	struct engine_ops ops;
	void *ctx;
	int64_t now_us, wall_us; /* of the last call */
	int64_t started_us;      /* when the session began */
	uint64_t turn;           /* counts them */
	struct rng rng;

	struct items items;
	struct sources sources;
	struct routes routes;
	struct attempts attempts;
	struct request request; /* the one that is built at present */

	struct intake intake;
	struct changed changed;
	struct recorder recorder;
	struct lifecycle life;
	struct holds holds;
	struct key_wait key_wait;
	struct costs costs;
	struct allowance allowance;
	struct doubts doubts;
	struct priorities priorities;
	struct edits edits;
	struct observer observer;
	struct ticks ticks;
	struct item_text item_read; /* what engine_read_item() read last */
	int64_t learned_us;         /* when the limits that the lanes learned were last written */
};

#endif

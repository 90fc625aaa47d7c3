/* What the parts of the mock's HTTP server share. All of it belongs to the server's one thread
 * between mock_start() and mock_halt(). */
#ifndef SLUICE_MOCK_SERVER_H
#define SLUICE_MOCK_SERVER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "mock/answers.h"
#include "mock/call.h"
#include "mock/stable_heap.h"
#include "mock/mock.h"
#include "mock/model.h"
#include "mock/script.h"
#include "mock/stats.h"
#include "mock/stream.h"

struct exchange;

struct mock {
	int headers, retry_after; /* enum mock_headers, enum mock_retry_after */
	const char *key;          /* borrowed from the settings; NULL: any will do */
	double tokens_out;
	double stream_rate, stream_cut;
	int64_t embed_max;
	char *embed_bad; /* owned; NULL */
	int64_t seed;
	struct model *model;
	struct stats stats;
	struct answers answers;
	struct idmap keys;      /* scripted failures so far, by key */
	struct stable_heap due; /* suspended exchanges by the time they go on */
	uint64_t serial;
	struct exchange *spare; /* finished exchanges, for reuse */
	bool stopping;

	struct MHD_Daemon *daemon;
	int wake_fd; /* an eventfd that ends the thread */
	bool running;
	pthread_t thread;
	char url[40];
};

enum exchange_phase {
	EXCHANGE_RECEIVING,
	EXCHANGE_WAITING,  /* suspended until its answer is due */
	EXCHANGE_READY,    /* resumed: to be answered */
	EXCHANGE_ANSWERED, /* the answer is on its way, perhaps as a stream */
};

/* A request and its answer. */
struct exchange {
	struct mock *mock;
	struct MHD_Connection *connection;
	struct exchange *next_spare;
	enum exchange_phase phase;
	bool counted, too_large;
	struct buf body, script_text;
	struct call call;
	int refused;       /* the status of who may not ask; 0 */
	const char *fault; /* what is wrong with the body; NULL: nothing */
	struct script script;
	struct model_decision decision;
	int status;

	bool streaming;
	struct stream stream;
	bool cut;             /* ends before its end */
	int planned, pieces;  /* of the stream: to be written, due */
	int64_t first_due_us; /* when the first piece is */
	double gap_us;        /* between two */
};

/* Milliseconds from now until at_us as poll() wants them, rounded up: 0 for what is overdue, -1 for
 * NEVER_US. */
int server_wait_ms(int64_t at_us, int64_t now_us);

/* libmicrohttpd's callbacks; cls is the mock. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **exchange);
void exchange_completed(void *cls, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode how);
/* The status that a request without the key, or to Azure without a version, gets; 0: it may ask. */
int admission_refuses(const struct exchange *e);
/* Lets a suspended exchange go on. */
void exchange_resume(struct exchange *e);
void exchange_free_spare(struct mock *m);

#endif

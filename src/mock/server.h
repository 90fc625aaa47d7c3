/* Shared by the parts of the mock's HTTP server. Between mock_start() and mock_halt() everything
 * belongs to the server's one thread. Times are monotonic us. */
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
	int headers, retry_after;       /* enum mock_headers, enum mock_retry_after */
	const char *key;                /* borrowed from the settings; NULL: any key is accepted */
	double tokens_out;              /* mean tokens of a completion */
	double stream_rate, stream_cut; /* tokens per second; share cut; see settings.h */
	int64_t embed_max;
	char *embed_bad;    /* owned; NULL */
	const char *models; /* borrowed from the settings; NULL: any */
	int64_t seed;
	struct model *model;
	struct stats stats;
	struct answers answers;
	struct idmap keys;      /* scripted failures counted so far, by key */
	struct stable_heap due; /* suspended exchanges by their due time */
	uint64_t serial;        /* number of the last answer */
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
	EXCHANGE_READY,    /* resumed: to be answered now */
	EXCHANGE_ANSWERED, /* the answer is being sent, perhaps as a stream */
};

/* A request and its answer. */
struct exchange {
	struct mock *mock;
	struct MHD_Connection *connection;
	struct exchange *next_spare;
	enum exchange_phase phase;
	bool counted, too_large;
	struct buf body, script_text;
	struct buf said; /* the texts of the reply */
	struct call call;
	int refused; /* status of admission_refuses(); 0: accepted */
	struct call_fault fault;
	const struct canned_answer *canned; /* borrowed from the mock; NULL: none */
	struct script script;
	struct model_decision decision;
	int status;

	bool streaming;
	struct stream stream;
	bool cut;             /* the stream will end too early */
	int planned, pieces;  /* of the stream: to be written, and due by now */
	int64_t first_due_us; /* when the first piece is due */
	double gap_us;        /* between two pieces */
};

/* The milliseconds from now until at_us for poll(), rounded up; 0 when it is overdue, -1 for
 * NEVER_US. */
int server_wait_ms(int64_t at_us, int64_t now_us);

/* libmicrohttpd's callbacks for a piece of a request, and for its end; cls is the mock. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **exchange);
void exchange_completed(void *cls, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode how);
/* Reads the request that e->body holds: fills call, and fault, refused, script or canned answer. */
void exchange_read(struct exchange *e, const char *method, const char *path);
/* The status that refuses a request without the key, or to Azure without a version; 0: accepted. */
int admission_refuses(const struct exchange *e);
/* Resumes a suspended exchange: it will be answered, or its stream continues. */
void exchange_resume(struct exchange *e);
/* Frees the spare exchanges. */
void exchange_free_spare(struct mock *m);

#endif

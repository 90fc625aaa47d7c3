/* A page of a list, as both APIs give it: {"data":[…],"first_id","last_id","has_more"}. */
#ifndef SLUICE_SERVE_PAGE_H
#define SLUICE_SERVE_PAGE_H

#include "serve/call.h"

struct page {
	struct buf body;
	struct json_writer w;
	int64_t left;
	bool more; /* there is one behind its last */
	char first[SERVE_ID_SIZE], last[SERVE_ID_SIZE];
};

void page_begin(struct page *p, int64_t limit);
/* Is there room for the object of this id? Then the caller writes it; else there is more. */
bool page_takes(struct page *p, const char *id);
/* Answers with it, and releases it. object: the member "object":"list" comes with it. */
void page_answer(struct page *p, struct call *c, bool object);

#endif

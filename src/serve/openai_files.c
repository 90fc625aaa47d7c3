/* Files that are there. */
#include <string.h>

#include "serve/openai.h"
#include "serve/page.h"
#include "serve/service.h"

enum { LIST_MAX = 10000 };

struct file_record *openai_find_file(struct call *c)
{
	struct file_record *f = store_file(c->service->store, c->id);

	if (f && !strcmp(f->owner, c->owner))
		return f;
	call_refuse(c, 404, NULL, "id", "No such File object: %s", c->id);
	return NULL;
}

void openai_get_file(struct call *c)
{
	const struct file_record *f = openai_find_file(c);

	if (f)
		openai_answer_file(c, f);
}

void openai_get_content(struct call *c)
{
	const struct file_record *f = openai_find_file(c);
	char path[DISK_PATH_MAX];

	if (!f)
		return;
	store_file_path(c->service->store, f->id, "content", path);
	call_answer_file(c, "application/octet-stream", path);
}

static void deleted(void *ctx, const struct error *err)
{
	struct call *c = ctx;
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	if (err) {
		call_fail(c, err);
		call_release(c);
		return;
	}
	buf_init(&body, 1024);
	json_open_object(&w);
	json_member_text(&w, "id", c->id);
	json_member_text(&w, "object", "file");
	json_member_bool(&w, "deleted", true);
	json_close_object(&w);
	call_answer(c, 200, &body);
	buf_free(&body);
	call_release(c);
}

void openai_delete_file(struct call *c)
{
	struct file_record *f = openai_find_file(c);

	if (!f)
		return;
	call_hold(c);
	store_remove_file(c->service->store, f, deleted, c);
}

/* ---- the list ---- */

static struct file_record *next_file(struct file_record *f, bool ascending)
{
	return ascending ? TAILQ_NEXT(f, next) : TAILQ_PREV(f, file_list, next);
}

static struct file_record *first_file(struct call *c, bool ascending)
{
	struct file_list *all = store_files(c->service->store);

	return ascending ? TAILQ_FIRST(all) : TAILQ_LAST(all, file_list);
}

static bool is_wanted(const struct call *c, const struct file_record *f, const char *purpose)
{
	return !strcmp(f->owner, c->owner) && (!purpose || !strcmp(f->purpose, purpose));
}

void openai_list_files(struct call *c)
{
	const char *order = call_parameter(c, "order"), *after = call_parameter(c, "after");
	const char *purpose = call_parameter(c, "purpose");
	bool ascending = order && !strcmp(order, "asc");
	int64_t limit = LIST_MAX;
	struct file_record *f;
	struct page page;

	if (!call_number(c, "limit", 1, LIST_MAX, &limit))
		return;
	f = after ? store_file(c->service->store, after) : first_file(c, ascending);
	if (after && (!f || strcmp(f->owner, c->owner) != 0)) {
		call_refuse(c, 400, NULL, "after", "No such File object: %s", after);
		return;
	}
	page_begin(&page, limit);
	for (f = after ? next_file(f, ascending) : f; f && !page.more; f = next_file(f, ascending))
		if (is_wanted(c, f, purpose) && page_takes(&page, f->id))
			openai_put_file(&page.w, f);
	page_answer(&page, c, true);
}

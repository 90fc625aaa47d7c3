#include "serve/page.h"

#include <string.h>

enum { PAGE_MAX = 64 << 20 };

void page_begin(struct page *p, int64_t limit)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->body, PAGE_MAX);
	p->w = json_writer_to(&p->body);
	p->left = limit;
	json_open_object(&p->w);
	json_member_array(&p->w, "data");
}

bool page_takes(struct page *p, const char *id)
{
	if (!p->left) {
		p->more = true;
		return false;
	}
	p->left--;
	if (!*p->first)
		memcpy(p->first, id, SERVE_ID_SIZE);
	memcpy(p->last, id, SERVE_ID_SIZE);
	return true;
}

void page_answer(struct page *p, struct call *c, bool object)
{
	json_close_array(&p->w);
	if (object)
		json_member_text(&p->w, "object", "list");
	json_member_text_or_null(&p->w, "first_id", p->first);
	json_member_text_or_null(&p->w, "last_id", p->last);
	json_member_bool(&p->w, "has_more", p->more);
	json_close_object(&p->w);
	call_answer(c, 200, &p->body);
	buf_free(&p->body);
}

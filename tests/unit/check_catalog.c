/* Lists of models, and who takes which. */
#include <stdio.h>
#include <string.h>

#include "api/model_name.h"
#include "serve/catalog.h"
#include "unit.h"

START_TEST(servers_take_other_names_than_they_list)
{
	static const struct {
		const char *listed, *asked;
		bool like;
	} names[] = {{"llama3:latest", "llama3", true}, {"llama3:8b", "llama3", false},
		{"m", "m:free", true}, {"m", "m:", false}, {"m", "mm", false}, {"m", "", false},
		{"models/g-2", "g-2", true}, {"models/g-2", "g-3", false},
		{"openai/*", "openai/x", true}, {"openai/*", "other/x", false}, {"*", "x", true},
		{"", "x", false}, {"m", "n", false}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(model_name_is_like(names[i].listed, strlen(names[i].listed),
				      names[i].asked, strlen(names[i].asked)) == names[i].like,
			"%s, %s", names[i].listed, names[i].asked);
	ck_assert(model_names_have("a,b", "b", 1, false));
	ck_assert(!model_names_have("a,bc", "b", 1, false));
	ck_assert(!model_names_have("a,b", "b:x", 3, false));
	ck_assert(model_names_have("a,b", "b:x", 3, true));
}
END_TEST

/* "a b c" of the list. */
static const char *ids(const struct model_list *l)
{
	static char text[500];

	text[0] = '\0';
	for (size_t i = 0; i < l->n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, l->at[i].id);
	}
	return text;
}

START_TEST(pages_are_read_in_each_form)
{
	static const struct {
		const char *body, *ids, *next; /* ids NULL: it is none */
	} pages[] = {{"{\"object\":\"list\",\"data\":[{\"id\":\"b\"},{\"id\":\"a\"}]}", "a b", ""},
		{"{\"data\":[{\"id\":\"a\"}],\"has_more\":true,\"last_id\":\"a\"}", "a", "a"},
		{"{\"data\":[{\"id\":\"a\"}],\"has_more\":false,\"last_id\":\"a\"}", "a", ""},
		{"{\"data\":[{\"id\":\"a\"}],\"has_more\":true}", "a", ""},
		{" [{\"id\":\"a\"},{\"id\":\"a\"},7,{},{\"id\":7},{\"id\":\"\"}] ", "a", ""},
		{"{\"data\":[{\"id\":\"a,b\"},{\"id\":\"\\u0000\"},{\"id\":\"\\n\"}]}", "", ""},
		{"{\"data\":[]}", "", ""}, {"{\"data\":{}}", NULL, ""}, {"{}", NULL, ""},
		{"<html>", NULL, ""}, {"", NULL, ""}, {"7", NULL, ""}};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct model_list l = {.n = 0};
		char next[MODEL_TEXT_MAX];
		bool ok = model_list_add_page(&l, pages[i].body, strlen(pages[i].body), next);

		model_list_sort(&l);
		ck_assert_msg(ok == (pages[i].ids != NULL), "%s", pages[i].body);
		ck_assert_str_eq(ids(&l), ok ? pages[i].ids : "");
		ck_assert_str_eq(next, pages[i].next);
		model_list_free(&l);
	}
}
END_TEST

START_TEST(a_list_is_searched_by_whole_names)
{
	struct model_list l = {.n = 0}, more = {.n = 0};
	char name[8];

	for (int i = 99; i >= 0; i--) {
		snprintf(name, sizeof(name), "m%d", i);
		model_list_add(&l, name, strlen(name));
	}
	model_list_sort(&l);
	model_list_add(&l, "zz", 2);
	model_list_add_all(&more, &l);
	model_list_add_all(&more, &l);
	model_list_sort(&more);
	ck_assert_uint_eq(more.n, 101);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		ck_assert_ptr_nonnull(model_list_find(&more, name, strlen(name)));
	}
	ck_assert_ptr_null(model_list_find(&more, "m", 1));
	ck_assert_ptr_null(model_list_find(&more, "m100", 4));
	ck_assert_ptr_null(model_list_find(&more, "m1\0x", 4));
	ck_assert_ptr_null(model_list_find(&more, "", 0));
	ck_assert(model_list_has(&more, "m1:x", 4));
	model_list_free(&l);
	model_list_free(&more);
}
END_TEST

static bool takes(const struct catalog *c, const char *model)
{
	return catalog_takes(c, model, strlen(model));
}

START_TEST(only_who_is_sure_refuses)
{
	struct catalog *c = catalog_new(2);
	struct catalog *none = catalog_new(0);
	struct endpoint_specs specs = {.n = 3}, routed;
	struct error err;

	model_list_add(&c->at[0].list, "a", 1);
	c->at[0].given = c->at[0].sure = true;
	model_list_add(&c->at[1].list, "b", 1);
	catalog_make(c);
	ck_assert(takes(c, "x"));
	ck_assert(catalog_may_grow(c));
	c->at[1].spare = true; /* it gets only what others leave it */
	ck_assert(!takes(c, "x"));
	c->at[1].spare = false;
	c->at[1].sure = true;
	ck_assert(takes(c, "a") && takes(c, "b") && !takes(c, "x"));
	c->at[1].given = true;
	ck_assert(!catalog_may_grow(c));
	ck_assert(takes(none, "x"));

	for (int i = 0; i < 3; i++)
		ck_assert(endpoint_spec_init(&specs.at[i], &"abc"[i], 1, &err));
	ck_assert(endpoint_spec_set(&specs.at[0], "models", "given", &err));
	catalog_route(c, &specs, &routed);
	ck_assert_str_eq(routed.at[0].models, "given");
	ck_assert(!routed.at[0].told);
	ck_assert_str_eq(routed.at[1].models, "b");
	ck_assert(routed.at[1].told);
	ck_assert_ptr_null(routed.at[2].models);
	endpoint_specs_free(&routed);
	endpoint_specs_free(&specs);
	catalog_hold(c);
	catalog_release(c);
	ck_assert(takes(c, "a"));
	catalog_release(c);
	catalog_release(none);
	catalog_release(NULL);
}
END_TEST

int main(void)
{
	return unit_run(
		"catalog", (const TTest *const[]){servers_take_other_names_than_they_list,
				   pages_are_read_in_each_form, a_list_is_searched_by_whole_names,
				   only_who_is_sure_refuses, NULL});
}

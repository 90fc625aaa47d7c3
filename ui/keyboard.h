/* Keys out of the bytes that a terminal sends. An escape sequence that has no meaning here is
 * swallowed whole: none of its bytes is a key. Pure but for the locale's characters: takes bytes
 * and the time, so the escape delay needs no waiting. */
#ifndef SLUICE_UI_KEYBOARD_H
#define SLUICE_UI_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

enum { SEQUENCE_MAX = 40, SEQUENCES_KNOWN = 48, KEYS_READY = 4 };

/* The form that the bytes so far have. */
enum key_form {
	FORM_PLAIN,
	FORM_ESCAPE, /* an Esc, or the start of a sequence */
	FORM_CSI,    /* ESC [ … up to a letter */
	FORM_SS3,    /* ESC O … */
	FORM_TEXT,   /* ESC ] … and the like: a report, up to BEL or ESC \ */
	FORM_MOUSE,  /* ESC [ M and three bytes */
	FORM_PASTE   /* between ESC [200~ and ESC [201~ */
};

struct keyboard {
	enum key_form form;
	bool alt;                   /* another ESC stood before the sequence */
	bool late;                  /* the sequence's ESC was a key already: its time had passed */
	bool cut;                   /* the sequence is longer than any known one */
	int64_t last_us, escape_us; /* when the last byte came; when a lone Esc was a key */
	char sequence[SEQUENCE_MAX];
	int len, text_len;
	mbstate_t character;
	int ready[KEYS_READY];
	int ready_n;
	int mouse_row, mouse_col; /* of the last key of the mouse, from 0 */
	/* sequences of the terminal's own description */
	struct {
		char bytes[12];
		int key;
	} known[SEQUENCES_KNOWN];
	int known_n;
};

/* Forgets what has begun; learned sequences stay. */
void keyboard_reset(struct keyboard *k);
/* A sequence of the terminal's description, ESC first, and its key; others are ignored. */
void keyboard_learn(struct keyboard *k, const char *sequence, int key);
/* Takes a byte. All ready keys must have been taken. */
void keyboard_take(struct keyboard *k, unsigned char byte, int64_t now_us);
/* The next key as keys.h numbers them; false: none is ready. */
bool keyboard_key(struct keyboard *k, int *key);
/* When what has begun is decided without a further byte; 0: nothing has begun. */
int64_t keyboard_due_us(const struct keyboard *k);
/* Decides what is due: a lone Esc is a key, half a sequence is dropped. */
void keyboard_expire(struct keyboard *k, int64_t now_us);

#endif

#include "keyboard.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "keys.h"

enum { ESC = 27, BEL = 7, NUMBER_MAX = 1 << 24 };

/* A person presses Esc and nothing else for longer than the first; a slow line may part a sequence
 * for the second; a paste comes in pieces. */
#define ESCAPE_US   (25 * US_PER_MS)
#define SEQUENCE_US (300 * US_PER_MS)
#define PASTE_US    (5 * US_PER_S)

/* Bits of the modifiers that terminals report; num lock and caps lock do not count. */
enum { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4, MOD_OTHER = 8 | 16 | 32 };

void keyboard_reset(struct keyboard *k)
{
	k->form = FORM_PLAIN;
	k->alt = k->late = k->cut = false;
	k->len = k->text_len = k->ready_n = 0;
	k->escape_us = 0;
	memset(&k->character, 0, sizeof(k->character));
}

void keyboard_learn(struct keyboard *k, const char *sequence, int key)
{
	if (sequence[0] != ESC || !sequence[1] || k->known_n == SEQUENCES_KNOWN ||
		strlen(sequence) >= sizeof(k->known[0].bytes))
		return;
	snprintf(k->known[k->known_n].bytes, sizeof(k->known[0].bytes), "%s", sequence);
	k->known[k->known_n++].key = key;
}

static void give(struct keyboard *k, int key)
{
	if (key && k->ready_n < KEYS_READY)
		k->ready[k->ready_n++] = key;
}

bool keyboard_key(struct keyboard *k, int *key)
{
	if (!k->ready_n)
		return false;
	*key = k->ready[0];
	memmove(k->ready, k->ready + 1, (size_t)--k->ready_n * sizeof(k->ready[0]));
	return true;
}

static void begin(struct keyboard *k, enum key_form form, unsigned char byte)
{
	k->form = form;
	k->cut = false;
	k->sequence[0] = ESC;
	k->sequence[1] = (char)byte;
	k->len = 2;
	k->text_len = 0;
}

static void done(struct keyboard *k)
{
	k->form = FORM_PLAIN;
	k->alt = k->late = false;
}

/* ---- the meaning of a sequence ---- */

static int with_alt(int key, bool alt)
{
	return alt && key < SPECIAL_KEYS ? ALT_KEYS + key : key;
}

/* A key that moves the cursor. With Ctrl or Alt, left and right go by words, with Shift they
 * are keys of their own; other keys with modifiers have no meaning. */
static int moved(int key, int mods)
{
	if (!(mods & (MOD_SHIFT | MOD_ALT | MOD_CTRL | MOD_OTHER)))
		return key;
	if ((mods & (MOD_SHIFT | MOD_ALT | MOD_CTRL | MOD_OTHER)) == MOD_SHIFT)
		return key == KEY_ARROW_LEFT    ? KEY_SHIFT_LEFT
		       : key == KEY_ARROW_RIGHT ? KEY_SHIFT_RIGHT
						: 0;
	if (mods & (MOD_ALT | MOD_CTRL) && !(mods & (MOD_SHIFT | MOD_OTHER)))
		return key == KEY_ARROW_LEFT    ? ALT_KEYS + 'b'
		       : key == KEY_ARROW_RIGHT ? ALT_KEYS + 'f'
						: 0;
	return 0;
}

/* The key of a letter at the end of ESC [ or ESC O. */
static int key_of_letter(char letter)
{
	static const struct {
		char letter;
		int key;
	} letters[] = {{'A', KEY_ARROW_UP}, {'B', KEY_ARROW_DOWN}, {'C', KEY_ARROW_RIGHT},
		{'D', KEY_ARROW_LEFT}, {'H', KEY_GO_HOME}, {'F', KEY_GO_END}, {'P', KEY_FUNCTION_1},
		{'Q', KEY_FUNCTION_2}, {'R', KEY_FUNCTION_2 + 1}, {'S', KEY_FUNCTION_2 + 2}};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == letter)
			return letters[i].key;
	return 0;
}

/* The key of a number before "~", and before the endings of rxvt. */
static int key_of_number(int number)
{
	switch (number) {
	case 1:
	case 7:
		return KEY_GO_HOME;
	case 4:
	case 8:
		return KEY_GO_END;
	case 3:
		return KEY_REMOVE;
	case 5:
		return KEY_PAGE_UP;
	case 6:
		return KEY_PAGE_DOWN;
	case 11:
		return KEY_FUNCTION_1;
	}
	if (number >= 12 && number <= 15)
		return KEY_FUNCTION_2 + number - 12;
	if (number >= 17 && number <= 21)
		return KEY_FUNCTION_2 + number - 13;
	return number == 23 || number == 24 ? KEY_FUNCTION_2 + number - 14 : 0;
}

/* Kitty numbers the keys of the keypad from 57399 on. */
static int key_of_keypad(int code)
{
	static const int keys[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', '/', '*',
		'-', '+', KEY_RETURN, '=', ',', KEY_ARROW_LEFT, KEY_ARROW_RIGHT, KEY_ARROW_UP,
		KEY_ARROW_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_GO_HOME, KEY_GO_END, 0, KEY_REMOVE};

	return code >= 57399 && code < 57399 + (int)(sizeof(keys) / sizeof(keys[0]))
		       ? keys[code - 57399]
		       : 0;
}

/* A character with its modifiers, as CSI-u and modifyOtherKeys report it. */
static int key_of_code(int code, int shifted, int mods)
{
	bool letter = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');

	if (mods & MOD_OTHER)
		return 0;
	if (code >= 0xe000 && code <= 0xf8ff) {
		int key = key_of_keypad(code);

		return key > SPECIAL_KEYS ? moved(key, mods) : mods & MOD_CTRL ? 0 : key;
	}
	if (code == KEY_TAB)
		return mods == MOD_SHIFT ? KEY_BACK_TAB : mods ? 0 : KEY_TAB;
	if (code == KEY_RETURN || code == ESC)
		return mods & ~MOD_SHIFT ? 0 : code;
	if (code == KEY_RUBOUT || code == '\b')
		return with_alt(KEY_RUBOUT, mods & (MOD_ALT | MOD_CTRL));
	if (code < ' ' || code >= SPECIAL_KEYS)
		return 0;
	if (mods & MOD_CTRL)
		return letter ? with_alt(code & 0x1f, mods & MOD_ALT) : 0;
	if (mods & MOD_SHIFT && shifted)
		code = shifted;
	else if (mods & MOD_SHIFT && code >= 'a' && code <= 'z')
		code -= 'a' - 'A';
	return with_alt(code, mods & MOD_ALT);
}

/* The numbers of a sequence: "1;5:3" is 1 and 5, whose second part is 3. */
struct numbers {
	int n, at[4], part[4];
};

/* Takes the digits at *text; no key has a number above NUMBER_MAX. */
static int read_number(const char **text)
{
	int n = 0;

	for (; **text >= '0' && **text <= '9'; ++*text)
		n = n < NUMBER_MAX ? 10 * n + (**text - '0') : NUMBER_MAX;
	return n;
}

static struct numbers read_numbers(const char *text)
{
	struct numbers r = {0};

	while (r.n < 4) {
		r.at[r.n] = read_number(&text);
		if (*text == ':') {
			text++;
			r.part[r.n] = read_number(&text);
		}
		r.n++;
		text += strspn(text, "0123456789:");
		if (*text++ != ';')
			break;
	}
	return r;
}

static int modifiers(const struct numbers *r)
{
	int mods = r->n > 1 && r->at[1] > 0 ? r->at[1] - 1 : 0;

	return mods & (MOD_SHIFT | MOD_ALT | MOD_CTRL | MOD_OTHER);
}

/* A report of the mouse in its two forms; buttons as X11 numbers them. */
static int mouse_key(struct keyboard *k, int button, int col, int row)
{
	k->mouse_row = row - 1;
	k->mouse_col = col - 1;
	return button == 0    ? KEY_CLICK
	       : button == 64 ? KEY_WHEEL_UP
	       : button == 65 ? KEY_WHEEL_DOWN
			      : 0;
}

static int key_of_csi(struct keyboard *k, const char *args, char end)
{
	struct numbers r = read_numbers(args);
	int mods = modifiers(&r) | (k->alt ? MOD_ALT : 0);

	if (args[0] == '<') {
		r = read_numbers(args + 1);
		return end == 'M' && r.n == 3 ? mouse_key(k, r.at[0], r.at[1], r.at[2]) : 0;
	}
	if (strspn(args, "0123456789;:") != strlen(args) || r.part[1] == 3)
		return 0; /* a report, or the release of a key */
	switch (end) {
	case '~':
		if (r.at[0] == 27 && r.n == 3)
			return key_of_code(r.at[2], 0, mods);
		return moved(key_of_number(r.at[0]), mods);
	case '^': /* rxvt: with Ctrl */
		return moved(key_of_number(r.at[0]), mods | MOD_CTRL);
	case 'u':
		return key_of_code(r.at[0], r.part[0], mods);
	case 'Z':
		return KEY_BACK_TAB;
	}
	/* a position of the cursor is no key */
	return r.at[0] <= 1 && r.n <= 2 ? moved(key_of_letter(end), mods) : 0;
}

static int key_of_ss3(const struct keyboard *k, const char *args, char end)
{
	static const char pad[] = "*+,-./0123456789";
	struct numbers r = read_numbers(args);
	int mods = r.n > 1 ? modifiers(&r) : r.at[0] > 1 ? (r.at[0] - 1) & 15 : 0;

	mods |= k->alt ? MOD_ALT : 0;
	if (end == 'c' || end == 'd') /* rxvt: right and left with Ctrl */
		return moved(end == 'c' ? KEY_ARROW_RIGHT : KEY_ARROW_LEFT, MOD_CTRL);
	if (end == 'M')
		return mods ? 0 : KEY_RETURN;
	if (end == 'X')
		return mods ? 0 : '=';
	if (end >= 'j' && end <= 'y')
		return mods ? 0 : pad[end - 'j'];
	return moved(key_of_letter(end), mods);
}

/* The key of a whole sequence; 0: it has none. */
static int key_of_sequence(struct keyboard *k)
{
	char args[SEQUENCE_MAX], end;

	if (k->cut)
		return 0;
	for (int i = 0; i < k->known_n && !k->alt; i++)
		if ((int)strlen(k->known[i].bytes) == k->len &&
			!memcmp(k->known[i].bytes, k->sequence, (size_t)k->len))
			return k->known[i].key;
	snprintf(args, sizeof(args), "%.*s", k->len > 3 ? k->len - 3 : 0, k->sequence + 2);
	if (k->sequence[1] == 'O')
		return key_of_ss3(k, args, k->sequence[k->len - 1]);
	end = k->sequence[k->len - 1];
	if (args[0] == '[') /* the console: ESC [ [ A to E */
		return end == 'A'                 ? KEY_FUNCTION_1
		       : end >= 'B' && end <= 'E' ? KEY_FUNCTION_2 + end - 'B'
						  : 0;
	return key_of_csi(k, args, end);
}

/* ---- the form of a sequence ---- */

static void add(struct keyboard *k, unsigned char byte)
{
	if (k->len < SEQUENCE_MAX)
		k->sequence[k->len++] = (char)byte;
	else
		k->cut = true;
}

static void take_plain(struct keyboard *k, unsigned char byte, int base)
{
	bool first = mbsinit(&k->character);
	wchar_t code = 0;
	size_t n = mbrtowc(&code, (const char *)&byte, 1, &k->character);

	if (n == (size_t)-2)
		return;
	if (n == (size_t)-1) {
		memset(&k->character, 0, sizeof(k->character));
		if (!first) /* the character before it was cut short */
			take_plain(k, byte, base);
		return;
	}
	if (code == '\n' && !base)
		code = KEY_RETURN;
	else if (code == '\b')
		code = KEY_RUBOUT;
	give(k, code ? base + (int)code : 0);
}

static void take_escape(struct keyboard *k, unsigned char byte)
{
	char known[] = {ESC, (char)byte, '\0'};

	switch (byte) {
	case ESC: /* Alt and a sequence, or Esc twice */
		if (k->alt)
			give(k, KEY_ESC);
		k->alt = true;
		return;
	case '[':
		begin(k, FORM_CSI, byte);
		return;
	case 'O':
		begin(k, FORM_SS3, byte);
		return;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		begin(k, FORM_TEXT, byte);
		return;
	}
	if (k->alt)
		give(k, KEY_ESC);
	done(k);
	for (int i = 0; i < k->known_n; i++) {
		if (!strcmp(k->known[i].bytes, known)) {
			give(k, k->known[i].key);
			return;
		}
	}
	take_plain(k, byte, ALT_KEYS);
}

static void take_csi(struct keyboard *k, unsigned char byte)
{
	bool rxvt_shift = byte == '$' && k->len > 2 && k->sequence[2] != '?';
	int key;

	if (byte < ' ' || byte > '~') { /* no part of a sequence: it ends here */
		done(k);
		if (byte == ESC)
			k->form = FORM_ESCAPE;
		return;
	}
	add(k, byte);
	if ((byte < '@' && !rxvt_shift) || (byte == '[' && k->len == 3))
		return;
	key = key_of_sequence(k);
	if (!key && k->len == 3 && byte == 'M') {
		begin(k, FORM_MOUSE, byte);
		return;
	}
	if (k->len == 6 && !memcmp(k->sequence + 2, "200~", 4)) {
		begin(k, FORM_PASTE, 0);
		k->len = 0;
		return;
	}
	give(k, key);
	done(k);
}

static void take_ss3(struct keyboard *k, unsigned char byte)
{
	if (byte < ' ' || byte > '~') {
		done(k);
		if (byte == ESC)
			k->form = FORM_ESCAPE;
		return;
	}
	add(k, byte);
	if ((byte >= '0' && byte <= '9') || byte == ';')
		return;
	give(k, key_of_sequence(k));
	done(k);
}

static void take_text(struct keyboard *k, unsigned char byte)
{
	bool after_esc = k->sequence[0] == 0;

	k->text_len++;
	if (byte == BEL || (after_esc && byte == '\\'))
		done(k);
	else
		k->sequence[0] = byte == ESC ? 0 : 1;
}

static void take_mouse(struct keyboard *k, unsigned char byte)
{
	add(k, byte);
	if (k->len < 5)
		return;
	give(k, mouse_key(k, (unsigned char)k->sequence[2] - 32, (unsigned char)k->sequence[3] - 32,
			(unsigned char)k->sequence[4] - 32));
	done(k);
}

/* The bytes of the ending are kept back until they are something else. */
static void take_paste(struct keyboard *k, unsigned char byte)
{
	static const char end[] = "\033[201~";

	if (byte != (unsigned char)end[k->len]) {
		k->len = byte == ESC;
		if (byte >= ' ' && byte != KEY_RUBOUT)
			take_plain(k, byte, PASTED_KEYS);
		else if (byte == '\n' || byte == '\r' || byte == '\t')
			give(k, PASTED_KEYS + '\n');
		return;
	}
	if (!end[++k->len])
		done(k);
}

void keyboard_take(struct keyboard *k, unsigned char byte, int64_t now_us)
{
	k->last_us = now_us;
	switch (k->form) {
	case FORM_PLAIN:
		if (byte == ESC) {
			k->form = FORM_ESCAPE;
		} else if ((byte == '[' || byte == 'O') && k->escape_us &&
			   now_us - k->escape_us < SEQUENCE_US) {
			begin(k, byte == '[' ? FORM_CSI : FORM_SS3, byte);
			k->late = true;
		} else {
			take_plain(k, byte, 0);
		}
		k->escape_us = 0;
		break;
	case FORM_ESCAPE:
		take_escape(k, byte);
		break;
	case FORM_CSI:
		take_csi(k, byte);
		break;
	case FORM_SS3:
		take_ss3(k, byte);
		break;
	case FORM_TEXT:
		take_text(k, byte);
		break;
	case FORM_MOUSE:
		take_mouse(k, byte);
		break;
	case FORM_PASTE:
		take_paste(k, byte);
		break;
	}
}

int64_t keyboard_due_us(const struct keyboard *k)
{
	switch (k->form) {
	case FORM_PLAIN:
		return 0;
	case FORM_ESCAPE:
		return k->last_us + ESCAPE_US;
	case FORM_PASTE:
		return k->last_us + PASTE_US;
	default:
		return k->last_us + SEQUENCE_US;
	}
}

void keyboard_expire(struct keyboard *k, int64_t now_us)
{
	enum key_form form = k->form;
	char intro = k->sequence[1];
	bool alone = k->len == 2 && (form != FORM_TEXT || !k->text_len);

	if (form == FORM_PLAIN || now_us < keyboard_due_us(k))
		return;
	if (form == FORM_ESCAPE) {
		give(k, KEY_ESC);
		if (k->alt)
			give(k, KEY_ESC);
		k->escape_us = now_us;
	} else if (alone && k->late) {
		give(k, intro);
	} else if (alone && (form == FORM_CSI || form == FORM_SS3 || form == FORM_TEXT)) {
		give(k, ALT_KEYS + intro);
	}
	done(k);
}

/* Bytes of terminals in, keys out: what has no meaning is swallowed whole. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "keyboard.h"
#include "keys.h"
#include "unit.h"

static struct keyboard k;
static int64_t now_us;
static int got[64];
static size_t n;

static void take_ready(void)
{
	int key;

	while (keyboard_key(&k, &key)) {
		ck_assert_uint_lt(n, 64);
		got[n++] = key;
	}
}

static void type(const char *bytes)
{
	for (; *bytes; bytes++) {
		keyboard_take(&k, (unsigned char)*bytes, now_us);
		take_ready();
	}
}

static void wait_ms(int ms)
{
	now_us += ms * US_PER_MS;
	keyboard_expire(&k, now_us);
	take_ready();
}

static void begin(void)
{
	memset(&k, 0, sizeof(k));
	n = 0;
	now_us = US_PER_S;
}

static const char *keys(void)
{
	static char text[400];
	char name[8];

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			got[i] >= PASTED_KEYS ? "pasted" : binding_key_name(got[i], name));
	return text;
}

START_TEST(sequences_are_keys_or_nothing)
{
	static const struct {
		const char *bytes, *keys;
	} cases[] = {
		{"pD", "p D"},
		{"\033[A\033[B\033[C\033[D", "Up Down Right Left"},
		{"\033OA\033OB\033OC\033OD", "Up Down Right Left"},
		{"\033[H\033[F\033OH\033OF", "Home End Home End"},
		{"\033[1~\033[4~\033[7~\033[8~", "Home End Home End"}, /* PuTTY, rxvt */
		{"\033[3~\033[5~\033[6~\033[2~", "Del PgUp PgDn"},
		{"\033OP\033[11~\033[[A\033[P\033[1;1P", "F1 F1 F1 F1 F1"},
		{"\033[12~\033[15~\033[17~\033[24~\033[[E", "F2 F5 F6 F12 F5"},
		{"\033[1;5D\033[1;3C\033Od\033Oc\033\033[D", "A-b A-f A-b A-f A-b"},
		{"\033[1;2A\033[1;5A\033[a\033Oa\033[3;5~\033[7$\033[7^\033[7@", ""},
		{"\033[Z\033[9;2u", "S-Tab S-Tab"},
		/* kitty and CSI-u */
		{"\033[97u\033[97;2u\033[97:65;2u\033[97;5u\033[97;3u", "a A A ^A A-a"},
		{"\033[27u\033[13u\033[9u\033[127u\033[99;5u", "Esc Enter Tab Rubout ^C"},
		{"\033[97;1:3u\033[1;1:3A\033[97;1:2u", "a"}, /* releases; a repetition */
		{"\033[97;129u\033[1;129A", "a Up"},          /* with num lock */
		{"\033[97;9u\033[57358u\033[57441;2u\033[100;;100u", "d"},
		{"\033[57400u\033[57414u\033[57419u", "1 Enter Up"},
		{"\033[27;5;99~\033[27;2;13~\033[27;5;9~", "^C Enter"},
		/* the keypad in application mode */
		{"\033Op\033Oy\033OM\033Ok", "0 9 Enter +"},
		/* reports and sequences that nobody knows */
		{"\033[?1;2c\033[24;80R\033[0n\033[?2026;2$y\033[>0;276;0c\033[I\033[O", ""},
		{"\033]11;rgb:1e1e/1e1e/2e2e\033\\D\033]0;x\007D", "D D"},
		{"\033P>|xterm(390)\033\\D\033_Gi=1;OK\033\\D", "D D"},
		{"\033[99~D\033[1;2;3;4;5;6zD\033O3;5QD", "D D D"},
		{"\033[200;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1~D", "D"},
		{"\033[<64;10;20M\033[<65;1;1M\033[<0;3;4M\033[<0;3;4m\033[<35;3;4M",
			"WhlUp WhlDn Click"},
		/* numbers that an int does not hold */
		{"\033[<0;2147483648;2147483648M\033[99999999999999999999uD", "Click D"},
		{"\033[M`!!D\033[M !!D\033[M#!!D", "WhlUp D Click D D"},
		{"\033b\033f\033x\033\177", "A-b A-f A-x A-Rubou"},
		{"\xc3\xa9\xff\xe6\x97\xa5z", "\xc3\xa9 \xe6\x97\xa5 z"},
		/* half a character ends where the next key begins */
		{"\xc3z\xe6\x97p\xe9\033[Aq\xc3\xc3\xa9", "z p Up q \xc3\xa9"},
		{"\n\r\b", "Enter Enter Rubout"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		type(cases[i].bytes);
		ck_assert_msg(!strcmp(keys(), cases[i].keys), "case %zu is [%s]", i, keys());
		wait_ms(10000);
		ck_assert_msg(!strcmp(keys(), cases[i].keys), "case %zu ends [%s]", i, keys());
		ck_assert_int_eq(keyboard_due_us(&k), 0);
	}
}
END_TEST

/* Wherever a slow line parts a sequence, it is swallowed; half of one is dropped. */
START_TEST(parted_sequences_stay_whole)
{
	static const char *const all[] = {
		"\033[D", "\033OD", "\033[1~", "\033[1;5D", "\033[200~D[p\033[201~", "\033[97;5u"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (size_t at = 1; at < strlen(all[i]); at++) {
			char first[32];

			begin();
			snprintf(first, sizeof(first), "%.*s", (int)at, all[i]);
			type(first);
			wait_ms(at == 1 ? 50 : 200);
			type(all[i] + at);
			wait_ms(10000);
			for (size_t g = 0; g < n; g++)
				ck_assert_msg(got[g] > 127 || got[g] == 27 || got[g] == 1,
					"%zu at %zu: %s", i, at, keys());
			begin();
			type(first);
			wait_ms(10000);
			type("z");
			ck_assert_int_eq(got[n - 1], 'z');
			for (size_t g = 0; g + 1 < n; g++)
				ck_assert_msg(got[g] > 127 || got[g] == 27, "%zu half", i);
		}
	}
}
END_TEST

START_TEST(a_lone_esc_is_a_key_after_a_moment)
{
	begin();
	type("\033");
	ck_assert_int_eq(keyboard_due_us(&k), now_us + 25 * US_PER_MS);
	wait_ms(24);
	ck_assert_str_eq(keys(), "");
	wait_ms(1);
	ck_assert_str_eq(keys(), "Esc");
	type("q");
	type("\033\033");
	wait_ms(25);
	ck_assert_str_eq(keys(), "Esc q Esc Esc");
	begin();
	type("\033");
	wait_ms(100);
	type("[");
	wait_ms(300);
	ck_assert_str_eq(keys(), "Esc [");
	begin();
	type("\033[");
	wait_ms(300);
	type("\033]");
	wait_ms(300);
	ck_assert_str_eq(keys(), "A-[ A-]");
}
END_TEST

START_TEST(a_paste_is_text)
{
	static const char text[] = "\033[200~D\xc3\xa9\nX\t\033[A\033[20\003\177q\033[201~p";
	static const int want[] = {'D', 0xe9, '\n', 'X', '\n', 'A', 'q'};

	begin();
	type(text);
	ck_assert_uint_eq(n, 8);
	for (size_t i = 0; i < 7; i++)
		ck_assert_int_eq(got[i], PASTED_KEYS + want[i]);
	ck_assert_int_eq(got[7], 'p');
	begin();
	type("\033[200~ab");
	wait_ms(4000);
	type("c");
	wait_ms(5000); /* its end is lost */
	type("d");
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(got[2], PASTED_KEYS + 'c');
	ck_assert_int_eq(got[3], 'd');
}
END_TEST

START_TEST(the_terminal_knows_its_own_keys)
{
	begin();
	keyboard_learn(&k, "\033[M", KEY_FUNCTION_1);
	keyboard_learn(&k, "\033h", KEY_GO_HOME);
	keyboard_learn(&k, "\013", KEY_ARROW_UP);
	type("\033[MD\033h\013");
	ck_assert_str_eq(keys(), "F1 D Home ^K");
}
END_TEST

/* Whatever comes, half a second later keys are keys. */
START_TEST(noise_leaves_nothing_behind)
{
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		begin();
		for (int i = 0; i < 30; i++) {
			static const char bytes[] = "\033\033[O?;:0129~uMAPD$]\\\007\xc3\xa9z";

			seed = seed * 1103515245 + 12345;
			keyboard_take(&k, (unsigned char)bytes[(seed >> 16) % (sizeof(bytes) - 1)],
				now_us);
			take_ready();
		}
		wait_ms(10000);
		n = 0;
		type("z");
		ck_assert_str_eq(keys(), "z");
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {sequences_are_keys_or_nothing, parted_sequences_stay_whole,
		a_lone_esc_is_a_key_after_a_moment, a_paste_is_text,
		the_terminal_knows_its_own_keys, noise_leaves_nothing_behind, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("keyboard", tests);
}

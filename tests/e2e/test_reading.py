"""Answers read in the inspector, and what takes them away: clipboard, pager, editor, files."""

import base64
import json
import os
import re
import signal
import stat
import subprocess

from api_server import InTurn
from harness import SLUICE, RunTest, chat_line, main, wait_for
from terminal import Terminal

KEY = "sk-reading-0123456789"
TEXT = "# Answer\n\nHe said: \"it's\" café 世界 🚀\n\tindented\n"


class Reading(RunTest):
    def open_answer(self, *options, answers=None, ids=("a b/c", "two", "three"), env=None, columns=100, lines=30):
        good = json.dumps({"choices": [{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
                           "usage": {"prompt_tokens": 21, "completion_tokens": 19}}).encode()
        api = self.until_end(InTurn(answers or [(200, good)]))
        self.write_input([chat_line(i, text="Don't\n$(touch /tmp/never) `x`") for i in ids])
        t = Terminal([SLUICE, "run", self.input, "--url", api.url, "-c", "1", "--max-attempts", "1", *options],
                     columns, lines, env={"OPENAI_API_KEY": KEY, **(env or {})})
        self.addCleanup(t.close)
        t.see("DONE")
        t.keys("2")
        t.see("> ", ids[0])
        t.keys("\r")
        t.see("[text]", ids[0])
        return t

    def leave(self, t, code=0):
        t.keys("qqq")
        self.assertEqual(t.process.wait(30), code)
        wait_for(t.settings_restored, "terminal settings as they were")

    def copied(self, t, before):
        found = wait_for(lambda: re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x1b\\", bytes(t.raw[before:])),
                         "a text for the clipboard")
        return base64.b64decode(found.group(1)).decode()

    def test_an_answer_is_text(self):
        t = self.open_answer()
        t.see("finish stop", "tokens in 21", "out 19", "assistant", "# Answer", "He said: \"it's\" café 世界 🚀", "    indented",
              "user", "Don't", "$(touch /tmp/never)")
        t.keys("J")
        t.see("two (line 2)")
        t.keys("J")
        t.see("three (line 3)")
        t.keys("J")
        t.see("the last item of the list")
        t.keys("KK")
        t.see("a b/c (line 1)")
        t.keys("q")
        t.see("> ", "a b/c")
        t.keys("qq")
        self.leave(t)

    def test_the_stages_of_a_row_speak_one_by_one(self):
        mock = self.mock("--latency", "1ms")
        stage = {"model": "m", "body": {"messages": [{"role": "user", "content": "{{topic}}"}]}}
        with open(self.path("pipeline.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {"draft": stage, "check": {**stage, "after": "draft"}}}, f)
        self.write_input(['{"custom_id":"row","topic":"boats"}'])
        t = Terminal([SLUICE, "run", self.input, "--pipeline", self.path("pipeline.json"), "--url", mock.url], 100, 60)
        self.addCleanup(t.close)
        t.see("DONE")
        t.keys("2")
        t.see("> ", "row")
        t.keys("\r")
        screen = "\n".join(t.see("draft: assistant", "check: assistant"))
        self.assertEqual(screen.count("assistant"), 2)
        self.leave(t)

    def test_the_next_failed_one_is_a_key_away(self):
        good, bad = (200, b'{"choices":[{"message":{"content":"fine"}}]}'), (422, b'{"error":{"message":"no such tool"}}')
        t = self.open_answer(answers=[good, bad, good, bad], ids=("one", "two", "three", "four"))
        for item in ("two", "four", "two"):
            t.keys("F")
            t.see(f"{item} (line", "no such tool")
        self.leave(t, 1)

    def test_the_answer_is_copied(self):
        t = self.open_answer()
        before = len(t.raw)
        t.keys("y")
        t.see("copied the answer")
        self.assertEqual(self.copied(t, before), TEXT)
        self.leave(t)

    def test_the_request_runs_under_curl_without_its_key(self):
        t = self.open_answer("-H", "X-Extra: it's")
        before = len(t.raw)
        t.keys("Y")
        t.see("set API_KEY")
        command = self.copied(t, before)
        self.assertNotIn(KEY, command)
        self.assertNotIn(KEY.encode(), bytes(t.raw))
        done = subprocess.run(["sh", "-c", command], env={**os.environ, "API_KEY": KEY}, capture_output=True, text=True,
                              timeout=30, check=True)
        self.assertEqual(json.loads(done.stdout)["choices"][0]["message"]["content"], TEXT)
        self.assertFalse(os.path.exists("/tmp/never"))
        self.leave(t)

    def script(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return path

    def test_the_pager_gets_the_text_and_the_terminal(self):
        pager = self.script("pager", f'cp "$1" {self.folder}/seen; ls -l "$1" >{self.folder}/mode; echo PAGING; read x; echo $x >{self.folder}/typed\n')
        t = self.open_answer(env={"PAGER": pager, "TMPDIR": self.folder})
        t.keys("o")
        t.see("PAGING")
        t.process.send_signal(signal.SIGWINCH)
        t.keys("hello\r")
        t.see("[text]", "# Answer")
        with open(self.path("typed"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "hello\n")
        with open(self.path("seen"), encoding="utf-8") as f:
            self.assertIn("    indented", f.read())
        with open(self.path("mode"), encoding="utf-8") as f:
            self.assertTrue(f.read().startswith("-rw------- "))
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith("sluice-")], [])
        self.leave(t)

    def test_stopping_the_pager_or_interrupting_it_does_not_stop_the_run(self):
        pager = self.script("pager", 'trap "echo TRAPPED" INT; echo PAGING; read x; echo AGAIN; read x\n')
        t = self.open_answer(env={"PAGER": pager, "TMPDIR": self.folder})
        t.keys("o")
        t.see("PAGING")
        t.keys("\x1a\x03")
        t.see("TRAPPED")
        t.keys("x\ry\r")
        t.see("[text]", "# Answer")
        self.leave(t)

    def test_an_edited_copy_is_kept(self):
        editor = self.script("editor", 'echo edited >>"$1"\n')
        t = self.open_answer(env={"EDITOR": editor, "VISUAL": "", "TMPDIR": self.folder}, columns=160)
        t.keys("E")
        screen = "\n".join(t.see("your copy is"))
        path = re.search(r"your copy is (\S+)", screen).group(1)
        with open(path, encoding="utf-8") as f:
            self.assertTrue(f.read().endswith("edited\n"))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.leave(t)

    def test_an_edited_request_is_sent_when_asked(self):
        good = json.dumps({"choices": [{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]})
        bad = json.dumps({"error": {"message": "max_tokens is too large", "code": "bad"}})
        editor = self.script("editor", 'sed -i "s/Don.t/DO NOT/" "$1"\n')
        t = self.open_answer(ids=("one",), answers=[(400, bad.encode()), (200, good.encode())],
                             env={"EDITOR": editor, "VISUAL": "", "TMPDIR": self.folder})
        t.keys("\t")
        t.see("[request]")
        t.keys("E")
        t.see("Send the edited request of one?", "n, Enter, Esc")
        t.keys("\r")
        t.see("[request]", "Don't")
        t.keys("E")
        t.see("Send the edited request of one?")
        t.keys("y")
        t.see("DO NOT", "DONE", "ok 1")
        with open(self.results, encoding="utf-8") as f:
            self.assertTrue(json.loads(f.read())["sluice"]["edited"])
        self.leave(t)

    def test_a_program_that_is_not_there_is_told(self):
        t = self.open_answer(env={"PAGER": "no-such-program", "TMPDIR": self.folder})
        t.keys("o")
        t.see("PAGER and EDITOR")
        self.leave(t)

    def test_a_file_has_the_name_of_its_item(self):
        t = self.open_answer()
        t.keys("S")
        t.see("save a_b_c.txt")
        t.keys(f"\x15save {self.path('a.txt')}\r")
        t.see("saved to")
        with open(self.path("a.txt"), encoding="utf-8") as f:
            self.assertEqual(f.read(), TEXT)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("a.txt")).st_mode), 0o600)
        t.keys(f"S\x15save {self.path('a.txt')}\r")
        t.see("not saved", "exists")
        self.leave(t)


if __name__ == "__main__":
    main()

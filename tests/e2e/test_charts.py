"""Charts and usage of the whole run through a terminal, and the line of coaching of the demo."""

import json
import subprocess

from api_server import InTurn
from harness import SLUICE, RunTest, chat_line, main, wait_for
from terminal import Terminal

GOOD = json.dumps({"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 1000, "completion_tokens": 1000}}).encode()


class Charts(RunTest):
    def test_earlier_sessions_are_part_of_the_run(self):
        api = self.until_end(InTurn([(200, GOOD)]))
        self.write_input([chat_line(f"item-{i}") for i in range(24)])
        command = [SLUICE, "run", self.input, "--url", api.url, "--rpm", "600", "-c", "1", "--price", "1,1"]
        done = subprocess.run([*command, "--first", "12", "--ui", "none"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        t = Terminal(command, 120, 40)
        self.addCleanup(t.close)
        t.see("up 00:00")
        t.keys("5z")
        t.see("ok per second, whole run", "latency over time, whole run", "| session")
        t.see("DONE")
        t.keys("6")
        t.see("usage by model", "24", "0%", "$0.05")
        t.keys("\r")
        t.see("items: model:", "item-0")
        t.keys("qqqq")
        self.assertEqual(t.process.wait(30), 0)
        t = Terminal([SLUICE, "view", self.results], 120, 40)
        self.addCleanup(t.close)
        t.see("DONE")
        t.keys("5z")
        t.see("latency over time, whole run", "| session", "█")
        t.keys("6")
        t.see("24", "$0.05")
        t.keys("qq")
        self.assertEqual(t.process.wait(30), 0)

    def test_the_demo_says_which_key_helps(self):
        t = Terminal([SLUICE, "demo", "--items", "200"], 80, 24)
        self.addCleanup(t.close)
        t.see("? lists all keys")
        t.keys("p")
        t.see("PAUSED", "nothing is lost. p continues.")
        t.keys(":coach off\r")
        wait_for(lambda: "nothing is lost. p continues." not in "\n".join(t.text()), "no line of coaching")
        t.keys("qs")
        self.assertEqual(t.process.wait(30), 3)


if __name__ == "__main__":
    main()

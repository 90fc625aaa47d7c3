"""Answers that never end, never come, or come as a flood: bounded memory, the right timeout, too_large."""

import os

from faults import FaultTest, chat_line, json_lines, main, wait_for, whole_lines

LIMITS = ("--max-response", "4M", "--connect-timeout", "2s", "--first-byte-timeout", "700ms",
          "--idle-timeout", "300ms", "--timeout", "2s")
# fault: (outcome, a word of the message)
HOSTILE = {
    "huge_header": ("too_large", "headers"),
    "many_headers": ("too_large", "headers"),
    "endless_body": ("too_large", "--max-response"),
    "bomb": ("too_large", "--max-response"),
    "drip": ("timeout", "stalled"),
    "drip_headers": ("timeout", "stalled"),
    "stall": ("timeout", "stalled"),
    "mute": ("timeout", "no answer"),
    "closed": ("network", "without an answer"),
    "reset": ("network", "reset"),
    "flood_1xx": ("too_large", "headers"),
}
MEMORY = 64 << 20  # bytes above those of a run without faults


class HostileTransport(FaultTest):
    def peak_of(self, fault, n=4):
        """Runs n items against the fault; returns exit code and peak memory in bytes."""
        self.setUp()
        server = self.server()
        self.write_input(self.lines_at(server, fault, n) + [chat_line("a"), chat_line("b")])
        process = self.start("--url", server.url + "/good", "--max-attempts", "1", "-c", "8",
                             "--ui", "none", *LIMITS)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_maxrss * 1024

    def test_each_ends_in_time_and_in_bounded_memory(self):
        _, calm = self.peak_of("good")

        def ends(fault):
            outcome, words = HOSTILE[fault]
            code, peak = self.peak_of(fault)
            self.assertEqual(code, 1)
            self.assert_invariant([f"{fault}-{i}" for i in range(4)] + ["a", "b"])
            line = self.final(f"{fault}-0")
            self.assertEqual(line["sluice"]["outcome"], outcome, line)
            self.assertIn(words, line["error"]["message"])
            self.assertLess(peak - calm, MEMORY)
            self.assertLess(line["sluice"]["latency_ms"], 10000)

        self.side_by_side(ends, HOSTILE)

    def test_interim_answers_are_passed_over(self):
        self.assertEqual(self.peak_of("some_1xx")[0], 0)

    def test_a_connection_closed_between_requests_costs_no_attempt(self):
        """Half-closed after each answer although it promised to stay: the next request goes elsewhere."""
        server = self.server()
        ids = self.write_items(50)
        code, err = self.run_sluice("--url", server.url + "/half_closed", "-c", "2", "--ui", "none",
                                    "--max-attempts", "1")
        self.assertEqual(code, 0, err)
        self.assert_invariant(ids)
        self.assertEqual(server.count(), 50)
        # a request that was on its way when the connection ended went again, and counts as sent
        self.assertEqual({r["sluice"]["attempts"] - r["sluice"].get("resent", 0) for r in json_lines(self.results)}, {1})

    def test_without_a_timeout_it_can_still_be_stopped(self):
        server = self.server()
        ids = self.write_items(3)
        process = self.start("--url", server.url + "/mute", "--ui", "none", "--timeout", "off",
                             "--idle-timeout", "off")
        wait_for(lambda: server.count() == 3, "three requests that nobody answers")
        for number in range(2):
            process.terminate()
            wait_for(lambda: self.commands() > number or process.poll() is not None, "the command")
        self.assertEqual(process.wait(10), 3)
        self.assert_resumes(ids, server.url + "/good")

    def commands(self):
        return sum(1 for r in whole_lines(self.journal) if r["event"] == "command")


if __name__ == "__main__":
    main()

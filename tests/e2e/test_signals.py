"""Ctrl-C once, twice, three times and SIGTERM: the documented exit code, and a run that can go on."""

import signal

from harness import RunTest, main, wait_for


class Signals(RunTest):
    def interrupted(self, *signals):
        """A run with 8 slow requests in flight gets the signals one by one; returns its exit code."""
        mock = self.mock("--latency", "1500ms", "--sigma", "0")
        self.ids = self.write_items(40)
        process = self.start("--url", mock.url, "-c", "8", "--ui", "none")
        wait_for(lambda: mock.stats()["in_flight"] == 8, "8 requests in flight")
        for number, each in enumerate(signals):
            if number:
                wait_for(lambda: self.commands() >= number, "the command in the journal")
            process.send_signal(each)
        process.wait(30)
        self.after = mock.stats()
        return process.returncode

    def commands(self):
        with open(self.journal, "rb") as f:
            return f.read().count(b'"event":"command"')

    def resume(self):
        mock = self.mock("--latency", "0")
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(self.ids)

    def test_once_drains(self):
        def drain(number):
            self.assertEqual(self.interrupted(number), 3)
            self.assertEqual(self.done_count(), 8, "what was in flight is kept")
            self.assertEqual(self.last_stop()["exit_code"], 3)
            self.resume()

        self.side_by_side(drain, (signal.SIGINT, signal.SIGTERM))

    def test_those_of_batch_systems_drain_however_often_they_come(self):
        def drain(numbers):
            mock = self.mock("--latency", "1500ms", "--sigma", "0")
            self.ids = self.write_items(40)
            process = self.start("--url", mock.url, "-c", "8", "--ui", "none", "--read-only")
            wait_for(lambda: mock.stats()["in_flight"] == 8, "8 requests in flight")
            for each in numbers:
                process.send_signal(each)
            self.assertEqual(process.wait(30), 3)
            self.assertEqual(self.done_count(), 8, "what was in flight is kept")
            self.assertEqual(self.last_stop()["exit_code"], 3)
            self.assertEqual(self.commands(), 1)
            self.resume()

        self.side_by_side(drain, ([signal.SIGUSR1], [signal.SIGUSR2], [signal.SIGXCPU],
                                  [signal.SIGUSR1, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU]))

    def test_twice_aborts_what_is_in_flight(self):
        self.assertEqual(self.interrupted(signal.SIGINT, signal.SIGINT), 3)
        self.assertEqual(self.done_count(), 0)
        self.assertEqual(self.last_stop()["items"]["queued"], 40)
        self.resume()

    def test_three_times_leaves_at_once(self):
        self.assertEqual(
            self.interrupted(signal.SIGINT, signal.SIGINT, signal.SIGINT), 3)
        self.resume()


if __name__ == "__main__":
    main()

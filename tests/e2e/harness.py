"""What the end-to-end tests share: the built program, a mock API on a free port, runs in folders of their
own, and the promise every run must keep.  Nothing here sleeps to synchronise: it polls for a condition."""

import atexit
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest
import urllib.request

SLUICE = os.environ.get("SLUICE", "./sluice")
SOURCE = os.path.abspath(os.environ.get("SRCDIR") or os.path.join(os.path.dirname(__file__), "..", ".."))
PATIENCE = 60  # seconds until a condition that should come soon counts as failed
# Seconds after which a test that waits for something that never comes fails, and says where it waits.
TEST_PATIENCE = 3600 if os.environ.get("FAULTS") == "all" else 300


# Runs enter a folder of runs of this test's own, not the user's.
STATE = tempfile.mkdtemp(prefix="sluice-state-")
os.environ["XDG_STATE_HOME"] = STATE
atexit.register(shutil.rmtree, STATE, ignore_errors=True)


def wait_for(condition, what, patience=PATIENCE):
    """The first true value of condition(); fails when it does not come."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {patience} s for: {what}")


def chat_line(item_id, text="hello", **more):
    body = {"model": "m-small", "messages": [{"role": "user", "content": text}]}
    return json.dumps({"custom_id": item_id, "method": "POST", "url": "/v1/chat/completions",
                       "body": body, **more})


def json_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, "rb") as f:
        return [json.loads(line) for line in f]


def whole_lines(path):
    """The lines of a file that is being written, without a torn last one."""
    try:
        with open(path, "rb") as f:
            lines = f.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def is_sanitized():
    """Is sluice built with AddressSanitizer, which has a malloc of its own, and takes more memory?"""
    with open(SLUICE, "rb") as f:
        return b"libasan" in f.read()


def cpu_seconds(pid):
    """The CPU time that a process took so far."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, field="VmRSS"):
    """Bytes of memory that a process has now; VmHWM: at most so far."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith(field + ":"))


def descriptors(pid):
    """How many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


class Mock:
    """`sluice mock` with the given options."""

    def __init__(self, *options):
        self.process = subprocess.Popen([SLUICE, "mock", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://127.0.0.1:"):
            raise AssertionError(f"sluice mock printed {self.url!r} instead of its URL")

    def stats(self):
        with urllib.request.urlopen(self.url + "/stats", timeout=10) as answer:
            return json.load(answer)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class TlsServer:
    """Listens over TLS with the certificate in the folder and serves each connection in a thread of its own.
    A subclass has serve(connection), which wraps it in `context`."""

    def __init__(self, folder, protocol, backlog=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
        self.context.set_alpn_protocols([protocol])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        self.listener.close()


class RunTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        signal.signal(signal.SIGALRM, self._too_long)
        signal.alarm(TEST_PATIENCE)
        self.addCleanup(signal.alarm, 0)
        self.folder = tempfile.mkdtemp(prefix="sluice-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.input = self.path("in.jsonl")
        self.results = self.path("in.results.jsonl")
        self.errors = self.path("in.results.errors.jsonl")
        self.journal = self.path("in.results.journal")

    def _too_long(self, *_):
        self.fail(f"not over after {TEST_PATIENCE} s")

    def path(self, name):
        return os.path.join(self.folder, name)

    def until_end(self, thing):
        """The thing, which is closed when the test is over."""
        self.addCleanup(thing.close)
        return thing

    def mock(self, *options):
        return self.until_end(Mock(*options))

    def make_certificate(self):
        """A self-signed one for this machine: cert.pem and key.pem in the folder."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", self.path("key.pem"), "-out", self.path("cert.pem")],
                       check=True, stderr=subprocess.DEVNULL)

    def write_input(self, lines):
        with open(self.input, "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)

    def write_items(self, n):
        self.write_input(chat_line(f"item-{i}") for i in range(n))
        return [f"item-{i}" for i in range(n)]

    def start(self, *options, source=None, under=(), **popen):
        """`sluice run` in the background, without a terminal; under another command, such as setpriv."""
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([*under, SLUICE, "run", source or self.input, *options], **popen)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_sluice(self, *options, **popen):
        """`sluice run` to its end; returns exit code and stderr."""
        process = self.start(*options, **popen)
        _, err = process.communicate(timeout=PATIENCE * 2)
        return process.returncode, (err or b"").decode()

    def forget_run(self):
        """Removes what earlier runs wrote, so that the next one begins anew."""
        for path in (self.results, self.errors, self.journal):
            if os.path.exists(path):
                os.remove(path)

    def start_over(self):
        """Ends all that was started, and makes another folder."""
        self.doCleanups()
        self.setUp()

    def side_by_side(self, act, cases, at_most=4):
        """act(case) for each case, in a process and a folder of its own: what waits most of its time is over sooner."""
        running, failed = {}, []

        def reap():
            pid, status = os.wait()
            case = running.pop(pid)
            if status:
                failed.append(case)

        for case in cases:
            if len(running) == at_most:
                reap()
            pid = os.fork()
            if not pid:
                self._act_in_child(act, case)
            running[pid] = case
        while running:
            reap()
        self.assertEqual(failed, [], "these failed, see above")

    def _act_in_child(self, act, case):
        code = 1
        self.parents = self._cleanups  # not its own to end
        try:
            self._cleanups, self._outcome = [], None  # without an outcome a subtest raises
            self.setUp()
            act(case)
            code = 0
        except BaseException:  # pylint: disable=broad-except
            print(f"{self.id()}, {case}:", file=sys.stderr)
            traceback.print_exc()
        finally:
            try:
                self.doCleanups()
            finally:
                sys.stderr.flush()
                os._exit(code)

    def report(self, *options):
        """What `sluice report` says of the run."""
        return subprocess.run([SLUICE, "report", self.results, *options], capture_output=True, text=True,
                              timeout=PATIENCE, check=True).stdout

    def done_count(self):
        """Whole lines in the results so far."""
        if not os.path.exists(self.results):
            return 0
        with open(self.results, "rb") as f:
            return f.read().count(b"\n")

    def assert_exactly_once(self, ids):
        """Every id has exactly one final line: in the results or in the errors file."""
        seen = [r["custom_id"] for r in json_lines(self.results) + json_lines(self.errors)]
        self.assertEqual(len(seen), len(set(seen)), "an item has two final lines")
        self.assertEqual(sorted(seen), sorted(ids))

    def last_stop(self):
        """The journal's newest stop record."""
        stops = [r for r in json_lines(self.journal) if r.get("event") == "stop"]
        self.assertTrue(stops, "no stop record in the journal")
        items = stops[-1]["items"]
        self.assertEqual(sum(n for name, n in items.items() if name != "total"), items["total"],
                         "the ledger does not add up")
        return stops[-1]


def main():
    """unittest.main() whose closing line does not depend on the terminal."""
    unittest.main(verbosity=2, argv=sys.argv)

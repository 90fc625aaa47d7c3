"""A certificate that has expired, is another host's or nobody's: nothing is sent, the message says which, and
the run goes on within 5 s of the cure."""

import datetime
import os
import shutil
import ssl
import subprocess
import sys
import time

from faults import FaultTest, main, wait_for, whole_lines

RECOVERY = 5.0


class Certificates(FaultTest):
    def certificate(self, name, host="127.0.0.1", days=2):
        """An authority's certificate for a host, and the context of a server that has it."""
        path = self.path(name + ".pem")
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        kind = "IP" if host[0].isdigit() else "DNS"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", path, "-out", path + ".crt", "-subj", "/CN=" + name,
             "-days", "2", "-addext", f"subjectAltName={kind}:{host}"],
            check=True, capture_output=True)
        if days < 0:
            self.expire(path, until)
        with open(path, "a", encoding="utf-8") as out, open(path + ".crt", encoding="utf-8") as f:
            out.write(f.read())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context, path

    @staticmethod
    def expire(path, until):
        """Signs it again with an end in the past, which `openssl req` does not offer."""
        folder = os.path.dirname(path)
        for name, text in (("index.txt", ""), ("serial", "01")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        with open(path + ".cnf", "w", encoding="utf-8") as f:
            f.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
                    f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n"
                    "x509_extensions=x\n[p]\ncommonName=supplied\n[x]\nbasicConstraints=CA:TRUE\n")
        subprocess.run(["openssl", "req", "-new", "-key", path, "-subj", "/CN=expired",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-out", path + ".csr"],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", path + ".cnf",
                        "-keyfile", path, "-in", path + ".csr", "-out", path + ".crt", "-notext",
                        "-startdate", "20200101000000Z",
                        "-enddate", until.strftime("%Y%m%d%H%M%SZ")],
                       check=True, capture_output=True)

    def test_refused_and_told_apart_until_the_cure(self):
        good, good_path = self.certificate("good")
        for name, more, words in (("expired", {"days": -1}, "expired"),
                                  ("other", {"host": "other.example"}, "match"),
                                  ("nobodys", {}, "self-signed")):
            with self.subTest(name):
                bad, bad_path = self.certificate(name, **more)
                self.results = self.path(name + ".jsonl")
                self.errors = self.path(name + ".errors.jsonl")
                self.journal = self.path(name + ".journal")
                self.trust = self.path("trusted.pem")
                self.meets(bad, good, words,
                           (good_path, bad_path) if name != "nobodys" else (good_path,))

    def meets(self, bad, good, words, trusted):
        with open(self.trust, "w", encoding="utf-8") as out:
            for path in trusted:
                with open(path + ".crt", encoding="utf-8") as f:
                    out.write(f.read())
        server = self.server(tls=bad)
        ids = self.write_items(60)
        without = {k: v for k, v in os.environ.items()
                   if k not in ("CURL_CA_BUNDLE", "SSL_CERT_DIR")}
        process = self.start("--url", server.url, "-o", self.results, "-c", "4", "--ui", "none",
                             env={**without, "SSL_CERT_FILE": self.trust})

        def messages():
            return [r["message"] for r in whole_lines(self.journal) if r["event"] == "attempt"]

        wait_for(lambda: len(messages()) > 5, "failed attempts")
        for message in messages():
            self.assertIn("certificate", message)
            self.assertIn(words, message)
        self.assertEqual(server.count(), 0, "no request was sent")
        server.tls, cured = good, time.monotonic()
        wait_for(lambda: self.done_count() > 0, "a result after the cure")
        self.assertLess(time.monotonic() - cured, RECOVERY)
        self.assertEqual(process.wait(60), 0)
        self.assert_invariant(ids)


if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("openssl is not installed: skipped")
        sys.exit(77)
    main()

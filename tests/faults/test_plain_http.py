"""A key is never sent unencrypted over the network: http:// to anything but loopback is refused unless
--allow-http."""

import os

from faults import FaultTest, chat_line, json_lines, main

KEY = {"OPENAI_API_KEY": "sk-plain-0123456789"}


class PlainHttp(FaultTest):
    def attempt(self, url, *options, env=None):
        self.setUp()
        self.write_items(1)
        return self.run_sluice("--url", url, "--max-attempts", "1", "--connect-timeout", "300ms",
                               *options, env={**os.environ, **(KEY if env is None else env)})

    def test_refused_before_anything_is_sent(self):
        for url, options, env in (("http://192.0.2.1", (), None),
                                  ("http://localhost.example", (), None),
                                  ("http://127.0.0.1.example", (), None),
                                  ("http://127.0.0.1@192.0.2.1", (), None),
                                  ("HTTP://[2001:db8::1]:80/v1", (), None),
                                  ("http://user:password@192.0.2.1", (), {}),
                                  ("http://192.0.2.1", ("-H", "Authorization: Bearer x"), {})):
            with self.subTest(url):
                code, err = self.attempt(url, *options, env=env)
                self.assertEqual(code, 2, err)
                self.assertIn("--allow-http", err)
                self.assertEqual(len(err.splitlines()), 1)

    def test_not_refused(self):
        """They fail, for nobody is there; but they were tried."""
        for url, options, env in (("http://192.0.2.1", ("--allow-http",), None),
                                  ("http://192.0.2.1", (), {}),
                                  ("http://127.0.0.1:1", (), None),
                                  ("http://127.9.9.9:1", (), None),
                                  ("http://localhost:1", (), None),
                                  ("http://[::1]:1", (), None),
                                  ("https://127.0.0.1:1", (), None)):
            with self.subTest(url):
                code, err = self.attempt(url, *options, env=env)
                self.assertEqual(code, 1, err)

    def test_a_line_with_a_url_of_its_own_gets_no_secret(self):
        """The proxy sees all that goes to api.example unencrypted: no header that looks like a key."""
        server = self.server()
        self.write_input([chat_line("a", url="http://api.example/good/v1/x")])
        environment = {**os.environ, **KEY, "http_proxy": server.url, "no_proxy": ""}
        code, err = self.run_sluice("--url", "https://127.0.0.1:1", "-H", "X-Api-Key: other-secret",
                                    "-H", "X-Harmless: yes", env=environment)
        self.assertEqual(code, 0, err)
        self.assertEqual(server.last_headers.get("x-harmless"), "yes")
        self.assertNotIn("authorization", server.last_headers)
        self.assertNotIn("x-api-key", server.last_headers)
        self.assertEqual(len(json_lines(self.results)), 1)


if __name__ == "__main__":
    main()

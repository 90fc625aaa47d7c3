"""Debian's nginx as a server for a test, on a free port and in the test's folder."""

import os
import socket
import subprocess

from harness import wait_for


def start_nginx(test, config):
    """Starts nginx with the configuration, in which {folder} and {port} are filled and which listens on
    unix:{folder}/probe, too; returns "://127.0.0.1:PORT". Another may take the port first, so it tries a
    few times. The test's clean-up ends it."""
    path, probe = test.path("nginx.conf"), test.path("probe")
    for _ in range(5):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with open(path, "w", encoding="utf-8") as f:
            f.write(config.format(folder=test.folder, port=port))
        process = subprocess.Popen([os.environ["NGINX"], "-c", path, "-p", test.folder],
                                   stderr=subprocess.DEVNULL)
        test.addCleanup(process.wait)
        test.addCleanup(process.terminate)
        wait_for(lambda: os.path.exists(probe) or process.poll() is not None, "nginx listens")
        if process.poll() is None:
            return f"://127.0.0.1:{port}"
    test.fail("nginx found no free port")
    return None

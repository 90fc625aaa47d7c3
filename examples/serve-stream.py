"""A prompt over the WebSocket of `sluice serve`, token by token: serve-stream.py "Name a river."
SLUICE_URL names the service, SLUICE_TOKEN is the client's token where there are any. Needs websockets (pip, or
Debian's python3-websockets)."""

import asyncio
import json
import os
import sys

import websockets

URL = os.environ.get("SLUICE_URL", "http://127.0.0.1:8080").replace("http", "ws", 1) + "/stream"


async def ask(prompt):
    token = os.environ.get("SLUICE_TOKEN")
    protocols = ["sluice", "bearer." + token] if token else ["sluice"]
    async with websockets.connect(URL, subprotocols=protocols) as socket:
        await socket.send(json.dumps({"prompt": prompt}))
        async for text in socket:
            message = json.loads(text)
            if "error" in message:
                sys.exit(message["error"]["message"])
            if "done" in message:
                print()
                return
            print(message["token"], end="", flush=True)


asyncio.run(ask(sys.argv[1] if len(sys.argv) > 1 else "Name a river."))

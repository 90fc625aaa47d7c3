"""What people write today: asyncio, a semaphore and aiohttp. Sends each line of a file as a POST
body, stores one line of JSON for each answer.

    aiohttp_batch.py URL INPUT OUTPUT CONCURRENCY
"""

import asyncio
import json
import sys

import aiohttp


async def send(session, semaphore, url, line, out):
    async with semaphore:
        async with session.post(url, json=json.loads(line)["body"]) as response:
            body = await response.json(content_type=None)
            out.write(json.dumps({"status": response.status, "body": body}) + "\n")
            return response.status == 200


async def main(url, path, output, concurrency):
    semaphore = asyncio.Semaphore(concurrency)
    connector = aiohttp.TCPConnector(limit=concurrency)
    with open(path, encoding="utf-8") as lines, open(output, "w", encoding="utf-8") as out:
        async with aiohttp.ClientSession(connector=connector) as session:
            ok = await asyncio.gather(*(send(session, semaphore, url, line, out) for line in lines))
    print(f"{sum(ok)} answered, {len(ok) - sum(ok)} failed")
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))

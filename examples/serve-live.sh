#!/bin/sh
# Live calls with curl: a whole answer, then a stream as it comes. Start `sluice serve --data DIR` first; SLUICE_URL names it.
set -eu
url=${SLUICE_URL:-http://127.0.0.1:8080}/v1
prompt=${1:-Name a river.}

ask()
{
	curl -sfN "$url/chat/completions" -H 'Content-Type: application/json' -d '{"model":"m-small","stream":'"$1"',
		"messages":[{"role":"user","content":"'"$prompt"'"}]}'
}

echo "$(ask false | sed -n 's/.*"content":"\([^"]*\)".*/\1/p')"
echo "$(ask true | sed -n 's/.*"delta":{[^}]*"content":"\([^"]*\)".*/\1/p' | tr -d '\n')"

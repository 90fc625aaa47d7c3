#!/bin/sh
# A batch with curl: upload, create, wait, fetch. Start `sluice serve --data DIR` first; SLUICE_URL names it.
set -eu
url=${SLUICE_URL:-http://127.0.0.1:8080}/v1
input=${1:-examples/again.jsonl}

# The value of a member of a flat JSON object; fails when there is none.
member()
{
	sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' | grep .
}

file=$(curl -sSf "$url/files" -F purpose=batch -F "file=@$input" | member id)
batch=$(curl -sSf "$url/batches" -H 'Content-Type: application/json' -d '{"input_file_id":"'"$file"'",
	"endpoint":"/v1/chat/completions","completion_window":"24h"}' | sed 's/,"object".*//' | member id)
while :; do
	status=$(curl -sSf "$url/batches/$batch" | member status)
	case $status in
	completed) break ;;
	failed | expired | cancelled) echo "$batch: $status" >&2; exit 1 ;;
	esac
	sleep 0.2
done
output=$(curl -sSf "$url/batches/$batch" | member output_file_id)
curl -sSf "$url/files/$output/content"

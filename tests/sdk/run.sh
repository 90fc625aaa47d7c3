#!/bin/sh
# Drives the built program with the official SDKs: run.sh [TEST.mjs ...], all tests unless some are named.
# The SDKs come from npm by the lock file, into the build folder; so does Node where the system's is too old.
# Without npm or its registry the tests are skipped with a word.
set -eu
src=$SRCDIR/tests/sdk
work=$BUILDDIR/sdk-modules
least=20                    # the oldest Node that the SDKs run on
newer=22.23.5               # installed where there is an older one

skip()
{
	echo "check-sdk: skipped: $*"
	exit 0
}

# Runs npm in $work; skips when it does not reach the registry.
npm_do()
{
	(cd "$work" && npm "$@" --ignore-scripts --no-audit --no-fund --no-update-notifier) >"$work/npm.log" 2>&1 && return
	if grep -Eq 'ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED|network' "$work/npm.log"; then
		skip "the npm registry is out of reach, see $work/npm.log"
	fi
	cat "$work/npm.log" >&2
	exit 1
}

command -v npm >/dev/null || skip 'npm is missing (Debian: npm)'
command -v node >/dev/null || skip 'Node is missing (Debian: nodejs)'
mkdir -p "$work"
if ! cmp -s "$src/package-lock.json" "$work/installed"; then
	echo "check-sdk: installing the SDKs in $work"
	cp "$src/package.json" "$src/package-lock.json" "$work/"
	npm_do ci
	cp "$src/package-lock.json" "$work/installed"
fi
node=node
if [ "$(node -p 'parseInt(process.versions.node)')" -lt $least ]; then
	name=node-$(node -p 'process.platform + "-" + process.arch')
	node=$work/node_modules/$name/bin/node
	if [ ! -x "$node" ]; then
		echo "check-sdk: installing Node $newer in $work"
		npm_do install --no-save "$name@$newer"
	fi
fi
cp "$src"/*.mjs "$SRCDIR"/examples/serve-*.mjs "$work/" # modules are looked for beside a script
cd "$work"
if [ $# -eq 0 ]; then
	set -- openai_*.mjs anthropic.mjs express.mjs serve_*.mjs
fi
both=$(printf '%s\n' "$@" | grep -E '^(openai_.*|anthropic)\.mjs$' || true)
"$node" --test --test-reporter=spec "$@"
# the same through a service, for the tests of both
if [ -n "$both" ]; then
	SDK_TARGET=serve "$node" --test --test-reporter=spec $both
fi

#!/bin/sh
# Reads src/ and ui/ with gcc -fanalyzer, clang-tidy (.clang-tidy says what it looks at) and cppcheck
# (cppcheck.txt says what it is wrong about). A tool that is missing is skipped with a message. Exits
# with failure when one of them complains. LINT="gcc cppcheck" runs only these.
set -u
here=$(dirname "$0") failed=0
# Nothing here is run, so that any text serves as the folder.
flags="-D_GNU_SOURCE $FLAGS -DTHEME_DIR=__FILE__"

sources()
{
	find "$SRCDIR/src" "$SRCDIR/ui" -name '*.c' | sort
}

# tool, files at once, command: no complaint and status 0 mean nothing was found.
check()
{
	tool=$1 at_once=$2
	shift 2
	case " ${LINT:-gcc clang-tidy cppcheck} " in *" $tool "*) ;; *) return ;; esac
	if ! "$tool" --version >/dev/null 2>&1; then
		echo "lint: skipped: $tool is missing (Debian: $tool)"
	elif sources | xargs -P 2 -n "$at_once" "$@"; then
		echo "lint: $tool: nothing found"
	else
		echo "lint: $tool: FAILED"
		failed=1
	fi
}

# shellcheck disable=SC2086 # a list of flags
check gcc 1 gcc $flags -std=gnu11 -O1 -fanalyzer -Werror -c -o /dev/null
check clang-tidy 10 sh -c 'exec clang-tidy --quiet "$@" -- '"$flags"' -std=gnu11 2>/dev/null' sh
check cppcheck 1000 cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability \
	--error-exitcode=1 --suppressions-list="$here/cppcheck.txt" $flags
exit $failed

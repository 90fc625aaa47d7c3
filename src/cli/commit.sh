#!/bin/sh
# commit.sh SOURCES: the header that names the commit of the sources.
commit=$(git -C "$1" rev-parse --short=12 HEAD 2>/dev/null) && [ -e "$1/.git" ] ||
	commit=$(cat "$1/.commit" 2>/dev/null) || commit=unknown
printf '/* Made by commit.sh. */\n#define COMMIT "%s"\n' "$commit"

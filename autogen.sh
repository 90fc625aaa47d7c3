#!/bin/sh
# Prepares a checkout, and takes it further when asked:
#   ./autogen.sh          autoreconf, for ./configure && make && make install
#   ./autogen.sh demo     install what is missing, build in build/, open the demo
#   ./autogen.sh check    the same, then every test, plain and under the sanitizers
set -eu
cd "$(dirname "$0")"

# What must be there to build: how to look for it, its name, and Debian's package. Looking for the
# thing and not for the package leaves alone what came another way (pkgconf, clang, libcurl with
# GnuTLS).
build_needs='
command autoconf autoconf
command automake automake
command pkg-config pkg-config
command make make
command cc gcc
header stdio.h libc6-dev
header ev.h libev-dev
header wslay/wslay.h libwslay-dev
library libcurl libcurl4-openssl-dev
library openssl libssl-dev
library jansson libjansson-dev
library ncursesw libncurses-dev
library libmicrohttpd libmicrohttpd-dev
library inih libinih-dev
library libxxhash libxxhash-dev
library sqlite3 libsqlite3-dev
library zlib zlib1g-dev
library libzstd libzstd-dev
'
test_needs='
library check check
command tmux tmux
command openssl openssl
command python3 python3
command zsh zsh
command fish fish
python pyte python3-pyte
python websockets python3-websockets
'

say()
{
	printf '%s\n' "autogen.sh: $*"
}

die()
{
	say "$@" >&2
	exit 1
}

have()
{
	case $1 in
	command) command -v "$2" ;;
	header) echo "#include <$2>" | cc -E - ;;
	library) pkg-config --exists "$2" ;;
	python) /usr/bin/python3 -c "import $2" || python3 -c "import $2" ;;
	esac >/dev/null 2>&1
}

# Sets packages and things to what is missing of the list $1.
find_missing()
{
	packages='' things=''
	while read -r kind name package; do
		if [ -z "$kind" ] || have "$kind" "$name"; then
			continue
		fi
		packages="$packages $package"
		things="$things
  $name (Debian: $package)"
	done <<-END
	$1
	END
}

# Says why nothing was installed, and what to do instead.
refuse()
{
	die "$1
These are missing:$things
Install them and run ./autogen.sh again. On Debian or Ubuntu, as root:
  apt-get update && apt-get install --no-install-recommends$packages"
}

# apt-get as root, its output kept for when it fails.
apt()
{
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
		-o DPkg::Lock::Timeout=120 "$@" >autogen.log 2>&1 </dev/null
}

known_to_apt()
{
	for package in $packages; do
		apt-cache show "$package" >/dev/null 2>&1 || return 1
	done
}

install_missing()
{
	find_missing "$1"
	if [ -z "$packages" ]; then
		return
	fi
	command -v apt-get >/dev/null || refuse "no package manager that this script knows (apt-get)."
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || refuse "not root, and no sudo."
		sudo=sudo
		if [ ! -t 0 ] || [ ! -t 2 ]; then
			sudo='sudo -n'
		fi
		$sudo true || refuse "sudo refuses."
	fi
	say "installing with apt-get:$packages"
	if ! known_to_apt; then
		say "fetching the package lists first"
		apt update || { cat autogen.log >&2; refuse "apt-get update failed, see above."; }
	fi
	# Lists that are days old may name packages that are gone.
	# shellcheck disable=SC2086 # one word a package
	apt install --no-install-recommends $packages ||
		{ apt update && apt install --no-install-recommends $packages; } ||
		{ cat autogen.log >&2; refuse "apt-get install failed, see above."; }
	find_missing "$1"
	if [ -n "$packages" ]; then
		refuse "something is still missing after apt-get install."
	fi
}

# The tests want the program alone: installed, the package would start a web server.
unpack_nginx()
{
	NGINX=$(PATH=$PATH:/usr/sbin command -v nginx) && return
	NGINX=$PWD/build-check/nginx/usr/sbin/nginx
	if [ -x "$NGINX" ] || ! command -v apt-get >/dev/null; then
		return
	fi
	say "unpacking Debian's nginx into build-check/ for the tests (not installed)"
	mkdir -p build-check/nginx
	(cd build-check/nginx && apt-get -q download nginx && dpkg-deb -x nginx_*.deb .) \
		>autogen.log 2>&1 </dev/null || true
	if ! "$NGINX" -v >/dev/null 2>&1; then
		say "that did not work; the tests that need nginx will be skipped"
		NGINX=
	fi
}

prepare()
{
	find_missing 'command autoconf autoconf
command automake automake
command pkg-config pkg-config'
	if [ -n "$packages" ]; then
		refuse "cannot prepare the checkout."
	fi
	autoreconf -fi
}

# build DIR [configure options]: configured again only when the options changed; make itself sees
# to changed sources of configure and Makefile.
build()
{
	dir=$1
	shift
	if [ ! -f configure ]; then
		say "autoreconf"
		prepare >autogen.log 2>&1 || { cat autogen.log >&2; return 1; }
	fi
	mkdir -p "$dir"
	if [ ! -f "$dir/Makefile" ] || [ "$*" != "$(cat "$dir/configured-with" 2>/dev/null)" ]; then
		say "configure in $dir/ $*"
		(cd "$dir" && ../configure -q "$@") || return 1
		echo "$*" >"$dir/configured-with"
	fi
	say "make in $dir/"
	make -C "$dir" -s -j"$jobs"
}

# build_and_test DIR [configure options]: adds to passed, failed and skipped (a build that fails
# counts as a failed test).
build_and_test()
{
	rm -f "$1/test-suite.log"
	# most tests wait more than they compute
	if ! build "$@" || ! make -C "$1" -s -j$((jobs + 1)) check VERBOSE=1; then
		status=1
	fi
	if [ ! -f "$1/test-suite.log" ]; then
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + $(count PASS "$1")))
	failed=$((failed + $(count FAIL "$1") + $(count ERROR "$1") + $(count XPASS "$1")))
	skipped=$((skipped + $(count SKIP "$1")))
}

count()
{
	sed -n "s/^# $1: *//p" "$2/test-suite.log" | head -n 1
}

check()
{
	passed=0 failed=0 skipped=0 status=0
	build_and_test build-check --enable-werror ${NGINX:+NGINX="$NGINX"}
	say "once more under the sanitizers"
	build_and_test build-asan --enable-werror --enable-asan ${NGINX:+NGINX="$NGINX"}
	printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
	return $status
}

jobs=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
case ${1-} in
'')
	prepare
	say "ready: ./configure && make && make install"
	;;
demo)
	shift
	install_missing "$build_needs"
	build build
	# not installed, it finds its themes here
	SLUICE_THEMES=$PWD/themes exec build/sluice demo "$@"
	;;
check)
	install_missing "$build_needs$test_needs"
	unpack_nginx
	check </dev/null
	;;
*)
	die "usage: ./autogen.sh [demo [options of sluice demo] | check]"
	;;
esac

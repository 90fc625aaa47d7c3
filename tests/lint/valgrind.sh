#!/bin/sh
# Every unit test, and the program itself in the end-to-end and fault tests named, under valgrind memcheck.
# Prints each report; fails when there is one. Tests that watch the clock may fail for slowness without one,
# so what a test says does not count here, only what valgrind says.
#
#     valgrind.sh SRCDIR BUILDDIR PYTHON [TEST.py...]
set -u
src=$1 build=$2 python=$3
shift 3
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
memcheck="valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --child-silent-after-fork=yes"

for test in "$build"/tests/unit/check_*; do
	case $test in *.*) continue ;; esac
	echo "memcheck $(basename "$test")"
	CK_FORK=no SRCDIR=$src timeout 900 $memcheck --log-file="$logs/$(basename "$test").%p" "$test" >/dev/null 2>&1
done

# The end-to-end tests run this in place of the program.
cat >"$logs/sluice" <<END
#!/bin/sh
exec $memcheck --log-file=$logs/sluice.%p $build/sluice "\$@"
END
chmod +x "$logs/sluice"
for test; do
	echo "memcheck sluice in $test"
	SLUICE=$logs/sluice SRCDIR=$src BUILDDIR=$build PYTHON=$python timeout 900 "$python" -B "$src/$test" >/dev/null 2>&1
done

runs=$(find "$logs" -type f -name '*.[0-9]*' | wc -l)
reports=$(find "$logs" -type f -name '*.[0-9]*' -size +0)
for report in $reports; do
	echo "== $(basename "$report")"
	head -60 "$report"
done
echo "$runs processes, $(echo "$reports" | grep -c .) with reports"
[ -z "$reports" ]

#!/bin/sh
# Runs the fuzz targets, two at a time, each for FUZZ_SECONDS on a copy of its corpus, and prints what
# each did. FUZZ_TARGETS names only some, FUZZ_LIMITS adds libFuzzer options. An input that breaks one is
# kept in tests/fuzz/out/found/. Exits 77 when clang cannot fuzz here.
set -eu
here=$BUILDDIR/tests/fuzz out=$BUILDDIR/tests/fuzz/out corpus=$SRCDIR/tests/fuzz/corpus
seconds=${FUZZ_SECONDS:-60}
limits=${FUZZ_LIMITS:-}
targets=${FUZZ_TARGETS:-$(sed -n 's/^targets = //p' "$here/fuzz.mk")}
unset MAKEFLAGS MAKELEVEL MFLAGS

clang=$(sed -n 's/^CLANG = //p' "$here/fuzz.mk")
if [ -z "$clang" ]; then
	echo 'fuzz: skipped: no clang with libFuzzer (Debian: clang libclang-rt-dev); then configure again'
	exit 77
fi
mkdir -p "$out/found"
# shellcheck disable=SC2046,SC2086
${MAKE:-make} -s -j2 -f "$here/fuzz.mk" $(printf "$out/fuzz_%s " $targets) >"$out/build.log" 2>&1 || {
	cat "$out/build.log"
	exit 1
}

# One target; its status is the last line of its log.
one()
{
	seeds=$(mktemp -d)
	# shellcheck disable=SC2086
	ASAN_OPTIONS=detect_leaks=1 "$out/fuzz_$1" -max_total_time="$seconds" $limits -timeout=10 \
		-rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -artifact_prefix="$out/found/$1-" \
		"$seeds" "$corpus/$1" >"$out/$1.log" 2>&1 && status=0 || status=$?
	rm -rf "$seeds"
	echo "exit $status" >>"$out/$1.log"
}

running=0
for t in $targets; do
	one "$t" &
	running=$((running + 1))
	if [ $running -eq 2 ]; then
		wait
		running=0
	fi
done
wait

failed=0
for t in $targets; do
	log=$out/$t.log
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
	if [ "$(tail -n 1 "$log")" = 'exit 0' ]; then
		echo "fuzz: $t: ok, ${runs:-0} runs, ${rate:-0} a second"
	else
		failed=1
		echo "fuzz: $t: FAILED"
		tail -n 60 "$log"
	fi
done
exit $failed

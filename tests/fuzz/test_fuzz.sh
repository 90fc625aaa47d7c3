#!/bin/sh
# Every fuzz target for at most three seconds, with the same inputs each time: a test must not find
# something else today than yesterday. `make fuzz` goes on from a new seed for a minute each.
FUZZ_SECONDS=${FUZZ_SECONDS:-3} FUZZ_LIMITS='-seed=1 -runs=3000' exec sh "$SRCDIR/tests/fuzz/run.sh"

#!/bin/sh
# Every fuzz target for five seconds; `make fuzz` takes a minute each.
FUZZ_SECONDS=${FUZZ_SECONDS:-5} exec sh "$SRCDIR/tests/fuzz/run.sh"

/* Stands in for Check's header, so that the engine's rig serves a fuzz target: an assertion that
 * does not hold is a finding. */
#ifndef SLUICE_TESTS_FUZZ_CHECK_H
#define SLUICE_TESTS_FUZZ_CHECK_H

#include "fuzz.h"

#define ck_assert(holds)          must(holds)
#define ck_assert_msg(holds, ...) must(holds)
#define ck_assert_ptr_nonnull(p)  must((p) != NULL)
#define ck_assert_int_eq(a, b)    must((a) == (b))
#define ck_assert_uint_eq(a, b)   must((a) == (b))
#define ck_assert_int_lt(a, b)    must((a) < (b))
#define ck_assert_uint_ge(a, b)   must((a) >= (b))
#define ck_assert_int_gt(a, b)    must((a) > (b))

#endif

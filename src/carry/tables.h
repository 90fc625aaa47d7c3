/* The members of the port's records, for carry/record.h. tests/unit/check_carry.c proves that none
 * is missing. Pure. */
#ifndef SLUICE_CARRY_TABLES_H
#define SLUICE_CARRY_TABLES_H

#include "carry/record.h"

extern const struct carry_field carry_snapshot_fields[];  /* struct snapshot */
extern const struct carry_field carry_item_row_fields[];  /* struct item_row */
extern const struct carry_field carry_rows_info_fields[]; /* struct rows_info */
extern const struct carry_field carry_group_fields[];     /* struct error_group */
extern const struct carry_field carry_event_fields[];     /* struct event */
extern const struct carry_field carry_attempt_fields[];   /* struct attempt_view */
extern const struct carry_field carry_hits_fields[];      /* struct error_hits */
extern const struct carry_field carry_usage_fields[];     /* struct usage_row */
extern const struct carry_field carry_slot_fields[];      /* struct chart_slot */

#endif

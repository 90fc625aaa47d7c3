/* What only the dashboard knows, for man pages and completions. Each function calls visit for all
 * of its kind; NULL: there are none. */
#ifndef SLUICE_CLI_DASHBOARD_LISTS_H
#define SLUICE_CLI_DASHBOARD_LISTS_H

typedef void dashboard_name(void *ctx, const char *name);
typedef void dashboard_command(void *ctx, const char *usage, const char *help);
typedef void dashboard_keys(void *ctx, const char *group, const char *keys, const char *help);

struct dashboard_lists {
	/* The themes that are found here. */
	void (*themes)(dashboard_name *visit, void *ctx);
	/* The roles that a theme file gives colours. */
	void (*roles)(dashboard_name *visit, void *ctx);
	/* The standard keys, "j Down", those of one group after each other. */
	void (*keys)(dashboard_keys *visit, void *ctx);
	/* The commands that only the dashboard has. */
	void (*commands)(dashboard_command *visit, void *ctx);
};

#endif

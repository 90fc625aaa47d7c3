/* The tools that a request offers, and the one that the answer calls. Pure. */
#ifndef SLUICE_MOCK_TOOLS_H
#define SLUICE_MOCK_TOOLS_H

#include "mock/members.h"

/* A tool to be called; spans borrow from the request. */
struct tool_call {
	struct json_span name;   /* a string; absent: no tool is called */
	struct json_span schema; /* of its arguments; absent: none was given */
};

/* Finds the tool that the answer calls: the one that tool_choice names, else the first function,
 * unless tool_choice says none or the conversation ends with the result of a tool. Sets a fault
 * when a tool has no name, or tool_choice names one that is not offered. */
struct tool_call tools_choose(
	enum call_kind kind, const struct json_span member[MEMBERS], struct call_fault *fault);

#endif

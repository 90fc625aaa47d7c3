/* GET /stream: a WebSocket on which prompts are answered token by token.
 *
 *    client: {"prompt":"…","model"?,"id"?}
 *    server: {"token":"…"} … {"done":true}, or {"error":{"message","code"}}
 *
 * A client that gives its prompts ids (texts or numbers) may have several answered at once: each
 * message of the server has the id then. Without ids one prompt follows the other's end. */
#ifndef SLUICE_SERVE_PROMPT_SOCKET_H
#define SLUICE_SERVE_PROMPT_SOCKET_H

struct call;
struct service;

void prompt_socket(struct call *c);
/* The token file has changed: closes the sockets of tokens that are gone. */
void prompt_sockets_look(const struct service *s);

#endif

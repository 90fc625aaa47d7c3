/* A small HTTP/1.1 server in threads of its own that behaves badly on request; what it does is the
 * path:
 *
 *   /ok         200, X-Conn: the connection's number, body "ok"
 *   /echo       200, the request's body
 *   /head       200, the request's first line and headers as body
 *   /chunked    200, "hello world" in two chunks, with a trailer
 *   /gzip       200, compressed "hello, compressed world"
 *   /bomb       200, 132 bytes that are 100,000 when unpacked
 *   /empty      204
 *   /redirect   302 to /ok
 *   /hints      103 with a header X-Early, then 200 with X-Late
 *   /headers    200 with 128 KB of headers
 *   /long       200 with one header line of 128 KB
 *   /big        200 with 1 MB of body
 *   /mute       nothing, ever
 *   /stall      200, half of the body, then nothing
 *   /drip       200, a byte every 10 ms
 *   /cut        200, half of the body, then the end of the connection
 *   /slam       the end of the connection at once
 *   /together/N 200 once N such requests wait
 */
#ifndef SLUICE_TESTS_FAULT_SERVER_H
#define SLUICE_TESTS_FAULT_SERVER_H

struct fault_server;

/* Listens on a free loopback port. */
struct fault_server *fault_server_new(void);
/* Ends all connections and threads. */
void fault_server_free(struct fault_server *s);
int fault_server_port(const struct fault_server *s);

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_HTTPSTATE_H
#define TAPIO_HTTPSTATE_H

/* What is known of connections between one segment and the next. */

#include "tapio_httprecord.h"

/* Requests of one connection that are kept while none of them is answered. */
#define TAPIO_HTTP_DEPTH 16

enum tapio_http_state { TAPIO_HTTP_UNKNOWN, TAPIO_HTTP_SPOKEN, TAPIO_HTTP_IGNORED };

/* Segments with payload that a socket is looked at before it is taken for something else. */
#define TAPIO_HTTP_PATIENCE 8

/* The largest window of TCP (RFC 7323 section 2.3): nothing further back than that is on its way. */
#define TAPIO_HTTP_WINDOW (1u << 30)

#define TAPIO_HTTP_KNOWS_REQUEST 1
#define TAPIO_HTTP_KNOWS_ANSWER 2

/*
 * Answers come in the order of the requests (RFC 9112 section 9.3.2): both are numbered, and the same number belongs together. A
 * request that could not be kept is numbered too.
 */
struct tapio_http_socket {
	__u32 next;		/* number of the next request */
	__u32 first;		/* number of the next answer */
	__u32 request_sequence; /* where the last request began */
	/* Where the last request and the last answer began, or what came a window before the newest: what is older is sent again. */
	__u32 request_floor;
	__u32 answer_floor;
	__u8 state;	/* enum tapio_http_state */
	__u8 direction; /* enum tapio_direction */
	__u8 reserved;
	__u8 known; /* which of the two floors are: TAPIO_HTTP_KNOWS_ */
	__u32 generation;
};

/* Counted up by the agent when the collector is switched on again: what older sockets know has holes. */
extern __u32 tapio_http_generation;

/* Of sockets that speak HTTP, or did. The request that is waited for lies here, and more of them in http_pipelined. */
struct tapio_http_exchange {
	struct tapio_http_socket socket;
	__u64 cookie;
	__u32 owner_tgid; /* kernel-wide; 0 = no process was seen sending */
	__u32 reserved;
	struct tapio_process owner;
	struct tapio_ends ends;
	struct tapio_http_request request;
};

/*
 * How often a socket that has not spoken HTTP yet was looked at, by the address of its struct sock. A storage of the socket's own would
 * be made and freed for each connection of whatever protocol, which costs more than a microsecond. So each address has its place here,
 * and shares it: who comes takes it from another, which then is looked at for longer. It is given up when the connection ends, or the
 * next one at this address would be taken for it.
 */
struct tapio_http_looked {
	__u64 address; /* 0 = nobody's */
	__u32 generation;
	__u32 looked; /* TAPIO_HTTP_PATIENCE and more: it is something else */
};

/* Instead of that number while a handshake of TLS is watched: segments of it, whose sender is the client. */
#define TAPIO_HTTP_HANDSHAKE 0x100
#define TAPIO_HTTP_IS_CLIENT 0x200
#define TAPIO_HTTP_IS_OLD 0x400 /* TLS 1.2 or before */
#define TAPIO_HTTP_SEGMENTS 0xff

#define TAPIO_HTTP_LOOKED_PLACES 8192

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TAPIO_HTTP_LOOKED_PLACES);
	__type(key, __u32);
	__type(value, struct tapio_http_looked);
} http_looked __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tapio_http_exchange);
} http_exchanges __weak SEC(".maps");

struct tapio_http_key {
	__u64 cookie;
	__u32 number;
	__u32 reserved;
};

/*
 * What found no room, or was pushed out, is counted as lost when its answer comes. Also for a moment the first request of a
 * connection whose server defers accepting (TCP_DEFER_ACCEPT): see on_early.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct tapio_http_key);
	__type(value, struct tapio_http_request);
} http_pipelined __weak SEC(".maps");

static const struct tapio_http_request no_request = {};

#endif

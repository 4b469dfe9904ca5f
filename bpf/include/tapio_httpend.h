/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_HTTPEND_H
#define TAPIO_HTTPEND_H

/*
 * What becomes of requests without an answer when the state of their connection changes: looked at by the program of http, or by that of tcp
 * where both collectors are on. To be there costs more than what is done for most changes.
 */

#include "tapio_httpstate.h"
#include "tapio_packet.h"

#define TAPIO_SHUTDOWN_BOTH 3

/* Changed by the agent while the programs run: that of tcp does the work, and http's own, where it is still or already attached, does not. */
extern __u32 tapio_http_carried;

static __always_inline bool tapio_http_is_carried(void)
{
	return *(volatile __u32 *)&tapio_http_carried;
}

/* In http.bpf.c. */
int tapio_http_on_abort(struct tapio_http_exchange *exchange, const struct tapio_http_told *told, struct tapio_counters *count,
			__u32 number, __u32 direction);

static __always_inline struct tapio_http_looked *tapio_http_looked_of(__u64 address)
{
	__u32 place = address * 0x9e3779b97f4a7c15ull >> 32 & (TAPIO_HTTP_LOOKED_PLACES - 1);

	return bpf_map_lookup_elem(&http_looked, &place);
}

static __always_inline struct tapio_http_parties tapio_http_parties_of(const struct tapio_http_exchange *exchange, __u8 direction)
{
	struct tapio_http_parties of = {.owner = &exchange->owner, .ends = &exchange->ends, .direction = direction};

	return of;
}

static __always_inline void tapio_http_forget_looks(const void *sk)
{
	__u64 address = tapio_address_of(sk);
	struct tapio_http_looked *place = tapio_http_looked_of(address);

	if (place && place->address == address)
		place->address = 0;
}

static __always_inline void tapio_http_on_end(struct sock *sk, struct tapio_http_exchange *exchange, struct tapio_counters *count)
{
	struct tapio_http_socket *socket = &exchange->socket;
	struct tapio_http_parties of;
	struct tapio_http_told told;
	struct tapio_socket *known;
	__u32 unkept;

	if (!exchange->owner_tgid) {
		known = tapio_socket_of(sk);
		if (known)
			exchange->owner = known->owner;
		if (known && known->is_own)
			return;
	}
	/* Once for all of them, and one token: they end together. */
	of = tapio_http_parties_of(exchange, socket->direction);
	told = tapio_judge_http(&of, 0, true);
	for (int i = 0; i < TAPIO_HTTP_DEPTH && socket->first != socket->next; i++)
		tapio_http_on_abort(exchange, &told, count, socket->first++, socket->direction);
	unkept = socket->next - socket->first;
	TAPIO_ADD(count->seen, unkept);
	TAPIO_ADD(count->lost, unkept);
	socket->first = socket->next;
}

/*
 * A request without an answer ends with its connection, or for who asked when he closes the socket: nobody will read the
 * answer. After a mere shutdown for sending it may still come.
 */
static __always_inline bool tapio_http_ends(struct sock *sk, const struct tapio_http_socket *socket, int new)
{
	if (new == TAPIO_CLOSE)
		return true;
	return socket->direction == TAPIO_OUTBOUND && BPF_CORE_READ_BITFIELD_PROBED(sk, sk_shutdown) == TAPIO_SHUTDOWN_BOTH;
}

static __always_inline void tapio_http_on_state(struct sock *sk, int new)
{
	struct tapio_counters *count = tapio_count(TAPIO_HTTP);
	struct tapio_http_exchange *exchange = NULL;

	if (!count)
		return;
	tapio_pass_by(count);
	if (new == TAPIO_CLOSE)
		tapio_http_forget_looks(sk);
	if (new == TAPIO_CLOSE || new == TAPIO_FIN_WAIT1 || new == TAPIO_LAST_ACK)
		exchange = bpf_sk_storage_get(&http_exchanges, sk, NULL, 0);
	if (exchange && exchange->socket.generation == tapio_http_generation && exchange->socket.state == TAPIO_HTTP_SPOKEN
	    && exchange->socket.first != exchange->socket.next && tapio_http_ends(sk, &exchange->socket, new))
		tapio_http_on_end(sk, exchange, count);
}

#endif

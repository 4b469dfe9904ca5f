/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_SOCKET_H
#define TAPIO_SOCKET_H

#include "tapio_bpf.h"

#define TAPIO_AF_INET 2
#define TAPIO_AF_INET6 10
#define TAPIO_SOCK_STREAM 1
#define TAPIO_IPPROTO_TCP 6
#define TAPIO_IPPROTO_UDP 17

/* include/net/tcp_states.h */
enum {
	TAPIO_ESTABLISHED = 1,
	TAPIO_SYN_SENT = 2,
	TAPIO_SYN_RECV = 3,
	TAPIO_FIN_WAIT1 = 4,
	TAPIO_CLOSE = 7,
	TAPIO_LAST_ACK = 9,
	TAPIO_LISTEN = 10
};

/*
 * What is remembered of a socket. A connection that comes in is made in a softirq, where no process is to be seen: it
 * names the listener's process until the one that works on the connection shows itself by shutting down or closing.
 */
struct tapio_socket {
	struct tapio_process owner;
	__u64 start_ns;	      /* SYN_SENT, or establishment of one that came in; 0 = before the agent began */
	__u64 established_ns; /* 0 = never */
	__u64 end_ns;	      /* 0 = not yet */
	__s32 error;	      /* at the end */
	__u8 direction;
	__u8 owner_is_certain;
	__u8 is_own;
	__u8 was_established;
	__u8 awaits_owner; /* it has ended, and its process has not closed it yet */
	__u8 reserved[3];
	__u32 retransmits; /* segments sent again that were counted, or are of before the agent began */
};

/*
 * By address of the struct sock. A storage of the socket's own would go with it by itself, but making and freeing that costs
 * ten times as much. An address is given to another socket after the program at tcp_destroy_sock has taken out what is here,
 * which every socket that ever had a state passes.
 *
 * Each address has its place in an array, where coming and going takes no lock and no memory. Those whose place is another's
 * go to a hash. Who finds no room there either is counted: LRU would evict without a word.
 */
struct tapio_socket_place {
	__u64 address; /* 0 = free, TAPIO_PLACE_TAKEN = being filled */
	struct tapio_socket socket;
};

#define TAPIO_PLACE_TAKEN 1

/* Set by the agent before loading: one less than the number of places, which is a power of two. */
extern const volatile __u32 tapio_place_mask;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192); /* set by the agent */
	__type(key, __u32);
	__type(value, struct tapio_socket_place);
} socket_places __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072); /* set by the agent */
	__type(key, __u64);
	__type(value, struct tapio_socket);
} sockets __weak SEC(".maps");

/* Addresses are multiples of a size: 2^64 by the golden ratio spreads them. */
static __always_inline struct tapio_socket_place *tapio_place_of(__u64 address)
{
	__u32 place = address * 0x9e3779b97f4a7c15ull >> 32 & tapio_place_mask;

	return bpf_map_lookup_elem(&socket_places, &place);
}

static __always_inline struct tapio_socket *tapio_socket_at(__u64 address)
{
	struct tapio_socket_place *place = tapio_place_of(address);

	if (place && place->address == address)
		return &place->socket;
	return bpf_map_lookup_elem(&sockets, &address);
}

/*
 * The address as a number, less that of a map, which is always the same: the verifier lets nobody calculate with addresses but
 * for what lies between two.
 */
static __always_inline __u64 tapio_address_of(const void *kernel_object)
{
	__u64 address = (__u64)kernel_object;

	asm volatile("%0 -= %1" : "+r"(address) : "r"(&tapio_own_tgid));
	return address;
}

static __always_inline struct tapio_socket *tapio_socket_of(const void *sk)
{
	return tapio_socket_at(tapio_address_of(sk));
}

/*
 * Is the current task working on this socket? Softirqs leave a socket alone that a process has locked, so where it is
 * locked this is that process, even when the work is a segment that waited in its backlog. Otherwise the current task is
 * merely the one that was interrupted.
 */
static __always_inline bool tapio_is_held(struct sock *sk)
{
	return sk->sk_lock.owned;
}

#endif

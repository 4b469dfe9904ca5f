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
 * begins as a copy of its listener's (BPF_F_CLONE) and names the listener's process until the one that works on the
 * connection shows itself by shutting down or closing.
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
	__u8 reserved[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tapio_socket);
} sockets __weak SEC(".maps");

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

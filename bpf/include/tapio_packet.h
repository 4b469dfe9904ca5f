/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_PACKET_H
#define TAPIO_PACKET_H

#include <bpf/bpf_endian.h>

#include "tapio_socket.h"

/*
 * For cgroup_skb, where a packet begins with its IP header. Headers lie in the linear part, so they are read directly;
 * the payload may be anywhere and is copied by bpf_skb_load_bytes. Every path lets the packet pass.
 */
#define TAPIO_LET_PASS 1

#define TAPIO_ETH_P_IPV6 0x86dd /* linux/if_ether.h */

struct tapio_packet {
	__u32 payload;	/* where it begins, from the IP header */
	__u32 length;	/* of the payload */
	__u32 sequence; /* of TCP */
	__u16 source;	/* ports, host order */
	__u16 target;
	__u8 protocol;
};

/* False for what is neither TCP nor UDP right behind the IP header: extension headers of IPv6 are rare, and not followed. */
static __always_inline bool tapio_parse(struct __sk_buff *skb, struct tapio_packet *packet)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u8 *ip = data, *l4;
	__u32 headers;

	if (data + 40 > end && data + 28 > end)
		return false;
	if (ip[0] >> 4 == 4) {
		headers = (ip[0] & 0xf) << 2;
		packet->protocol = ip[9];
	} else {
		headers = 40;
		packet->protocol = ip[6];
	}
	if (headers < 20)
		return false;
	l4 = data + headers;
	if ((void *)l4 + 8 > end)
		return false;
	packet->source = bpf_ntohs(*(__be16 *)l4);
	packet->target = bpf_ntohs(*(__be16 *)(l4 + 2));
	if (packet->protocol == TAPIO_IPPROTO_TCP) {
		if ((void *)l4 + 20 > end)
			return false;
		packet->sequence = bpf_ntohl(*(__be32 *)(l4 + 4));
		packet->payload = headers + ((l4[12] >> 4) << 2);
	} else if (packet->protocol == TAPIO_IPPROTO_UDP) {
		packet->payload = headers + 8;
	} else {
		return false;
	}
	if (skb->len <= packet->payload)
		return false;
	packet->length = skb->len - packet->payload;
	return true;
}

static __always_inline void tapio_v4_mapped(__u8 *address, __u32 v4)
{
	*(__u32 *)address = *(__u32 *)(address + 4) = 0;
	*(__u32 *)(address + 8) = bpf_htonl(0xffff);
	*(__u32 *)(address + 12) = v4;
}

/* Where the packet goes to, or comes from. */
static __always_inline void tapio_read_address(__u8 *address, struct __sk_buff *skb, bool target)
{
	__u32 v4 = 0;

	if (skb->protocol == bpf_htons(TAPIO_ETH_P_IPV6)) {
		bpf_skb_load_bytes(skb, target ? 24 : 8, address, 16);
		return;
	}
	bpf_skb_load_bytes(skb, target ? 16 : 12, &v4, sizeof(v4));
	tapio_v4_mapped(address, v4);
}

static __always_inline void tapio_ends_of(struct tapio_ends *ends, struct bpf_sock *sk)
{
	__u32 *local = (__u32 *)ends->local, *remote = (__u32 *)ends->remote;

	ends->local_port = sk->src_port;
	ends->remote_port = bpf_ntohs(sk->dst_port);
	if (sk->family != TAPIO_AF_INET6) {
		tapio_v4_mapped(ends->local, sk->src_ip4);
		tapio_v4_mapped(ends->remote, sk->dst_ip4);
		return;
	}
	local[0] = sk->src_ip6[0];
	local[1] = sk->src_ip6[1];
	local[2] = sk->src_ip6[2];
	local[3] = sk->src_ip6[3];
	remote[0] = sk->dst_ip6[0];
	remote[1] = sk->dst_ip6[1];
	remote[2] = sk->dst_ip6[2];
	remote[3] = sk->dst_ip6[3];
}

/* Is the process that runs now sending on this TCP socket? See tapio_is_held. */
static __always_inline bool tapio_sends(struct bpf_sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	return tcp && tapio_is_held((struct sock *)tcp);
}

/* Kernel-wide id of the process that runs now. In cgroup_skb bpf_get_current_pid_tgid is allowed from 6.10 only, eb166e522c77. */
static __always_inline __u32 tapio_current_tgid(void)
{
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), tgid);
}

static __always_inline void tapio_describe_current(struct tapio_process *process)
{
	tapio_describe(process, (struct task_struct *)bpf_get_current_task(), false);
}

/*
 * As far as the TCP collector knows: where the segment is sent by a timer or an interrupt, no process is to be seen. A socket
 * that a segment comes in for may be destroyed meanwhile, and what was known of it be another one's: hence the second look.
 */
static __always_inline bool tapio_known_owner(struct tapio_process *process, struct bpf_sock *sk, bool *is_own)
{
	struct tapio_socket *known = tapio_socket_of(sk);

	if (!known)
		return false;
	*process = known->owner;
	*is_own = known->is_own;
	barrier();
	return tapio_socket_of(sk) == known;
}

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_DNS_H
#define TAPIO_DNS_H

/*
 * What looks at a packet for dns: the programs of dns, or those of http where both collectors are on. To be there costs each packet
 * more than what is done for most of them.
 */

#include "tapio_packet.h"

#define TAPIO_DNS_PORT 53

/* Changed by the agent while the programs run: those of http look for dns, and its own, where they are still or already attached, do not. */
extern __u32 tapio_dns_carried;

static __always_inline bool tapio_dns_is_carried(void)
{
	return *(volatile __u32 *)&tapio_dns_carried;
}

/* In dns.bpf.c. False when nothing comes of it. */
int tapio_dns_on_payload(struct __sk_buff *skb, __u32 at, bool tcp, bool asks);

/* `packet`: NULL where it was not to be read. */
static __always_inline void tapio_dns_look(struct __sk_buff *skb, const struct tapio_packet *packet, bool asks)
{
	struct tapio_counters *count = tapio_count(TAPIO_DNS);

	if (!count)
		return;
	if (!packet || (asks ? packet->target : packet->source) != TAPIO_DNS_PORT
	    || !tapio_dns_on_payload(skb, packet->payload, packet->protocol == TAPIO_IPPROTO_TCP, asks))
		tapio_pass_by(count);
}

#endif

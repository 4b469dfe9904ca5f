// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* By enum skb_drop_reason of the running kernel, whose names the agent reads from its types. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TAPIO_DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

/* A flood of packets that are dropped comes here for each of them: one addition, and never a record. */
static __always_inline int on_drop(__u32 reason)
{
	struct tapio_counters *count = tapio_count(TAPIO_DROPS);
	__u32 key = reason < TAPIO_DROP_OTHER ? reason : TAPIO_DROP_OTHER;
	__u64 *dropped = bpf_map_lookup_elem(&drops, &key);

	if (!count || !dropped)
		return 0;
	TAPIO_ADD(count->seen, 1);
	TAPIO_ADD(*dropped, 1);
	TAPIO_ADD(count->folded, 1);
	return 0;
}

SEC("tp_btf/kfree_skb")
int drop_btf(__u64 *ctx)
{
	return on_drop(ctx[2]);
}

SEC("raw_tp/kfree_skb")
int drop_raw(__u64 *ctx)
{
	return on_drop(ctx[2]);
}

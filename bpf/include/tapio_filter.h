/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_FILTER_H
#define TAPIO_FILTER_H

/*
 * Which records are told and which are left out, before anything is paid for them. What a program adds up is not concerned:
 * sums stay true. A program asks for the filter in force once per run, so that no run sees two generations; the agent writes
 * the next one into the slot that is not in force, names it, and waits until nobody can be in the other any more.
 */

#include "tapio_bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tapio_filter);
} filters __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192); /* set by the agent */
	__type(key, struct tapio_verdict_key);
	__type(value, struct tapio_verdict);
} filter_verdicts __weak SEC(".maps");

/* The agent takes out those that have been full for a while. What finds no room is not limited. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 12288);
	__type(key, struct tapio_bucket_key);
	__type(value, struct tapio_bucket);
} filter_buckets __weak SEC(".maps");

static const struct tapio_bucket tapio_full_bucket = {};

/* What is over sooner has nothing to tell but that it was. */
#define TAPIO_SOON_NS 1000000000ull

/* What tapio_filter_of() takes: a number, for functions that the verifier looks at alone. 0: no filter is in force. */
static __always_inline __u32 tapio_filter_now(void)
{
	return *(volatile __u32 *)&tapio_filter_active;
}

/* NULL: everything is told. */
static __always_inline struct tapio_filter *tapio_filter_of(__u32 active)
{
	__u32 slot = active - 1;

	return active ? bpf_map_lookup_elem(&filters, &slot) : NULL;
}

static __always_inline __u16 tapio_generation(const struct tapio_filter *filter)
{
	return filter ? filter->generation : 0;
}

static __always_inline bool tapio_is_unwanted(const struct tapio_filter *filter, enum tapio_kind kind, bool failed)
{
	return (failed ? filter->unwanted : filter->unwanted_plain) >> kind & 1;
}

static __always_inline bool tapio_tells_port(const struct tapio_filter *filter, enum tapio_port_set set, __u16 port)
{
	return filter->ports[set][port >> 6 & (TAPIO_PORT_WORDS - 1)] >> (port & 63) & 1;
}

static __always_inline struct tapio_verdict *tapio_verdict_on(__u64 id, bool is_v1, __u32 slot)
{
	struct tapio_verdict_key key = {.id = id, .is_v1 = is_v1, .slot = slot};

	return bpf_map_lookup_elem(&filter_verdicts, &key);
}

/* Of the two cgroups the one that the agent attributes a task to: the container's rather than its runtime's. */
static __always_inline bool tapio_denies(const struct tapio_filter *filter, enum tapio_collector collector,
					 const struct tapio_cgroups *cgroups)
{
	bool only_v1 = cgroups->v1 && cgroups->v2 == TAPIO_ROOT_CGROUP;
	struct tapio_verdict *verdict = NULL, *v1;

	if (!only_v1) {
		verdict = tapio_verdict_on(cgroups->v2, false, filter->slot);
		if (!verdict)
			return false;
	}
	if (cgroups->v1 && !(verdict && verdict->rank == TAPIO_RANK_CONTAINER)) {
		v1 = tapio_verdict_on(cgroups->v1, true, filter->slot);
		if (!v1)
			return false;
		if (!verdict || v1->rank > verdict->rank)
			verdict = v1;
	}
	return verdict && verdict->denied >> collector & 1;
}

/*
 * A bucket says when it would be full again. Two CPUs may come between each other here: then a few more pass than should, and
 * none fewer; every record is counted all the same, told or left out.
 */
static __always_inline bool tapio_takes_token(__u64 token_ns, __u64 burst_ns, enum tapio_collector collector,
					      const struct tapio_cgroups *cgroups, __u64 now_ns, enum tapio_lane lane)
{
	struct tapio_bucket_key key = {.cgroups = *cgroups, .collector = collector, .lane = lane};
	struct tapio_bucket *bucket = bpf_map_lookup_elem(&filter_buckets, &key);
	__u64 full_ns;

	if (!bucket) {
		bpf_map_update_elem(&filter_buckets, &key, &tapio_full_bucket, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&filter_buckets, &key);
		if (!bucket)
			return true;
	}
	full_ns = bucket->full_ns;
	if (full_ns > now_ns + burst_ns) /* the rule was another one, and slower: its debt ends with it */
		bucket->full_ns = full_ns = now_ns + burst_ns;
	if (full_ns <= now_ns) {
		bucket->full_ns = now_ns + token_ns;
		return true;
	}
	if (full_ns + token_ns - now_ns > burst_ns) {
		if (lane != TAPIO_LANE_SUMMED)
			TAPIO_ADD(bucket->left_out, 1);
		return false;
	}
	TAPIO_ADD(bucket->full_ns, token_ns);
	return true;
}

/*
 * The part that is the same for all: TAPIO_TOLD, or another enum tapio_cause. `failed`: its severity is above info, or its answer an
 * error. `summed`: it went well and soon, and its collector has it in its sums. Ports and floors are asked for before, since they
 * cost least.
 */
static __always_inline __u32 tapio_judge(const struct tapio_filter *filter, enum tapio_collector collector,
					 const struct tapio_cgroups *cgroups, __u64 now_ns, bool failed, bool summed)
{
	const struct tapio_rule *rule = &filter->rules[collector];
	enum tapio_lane lane = failed ? TAPIO_LANE_FAILED : TAPIO_LANE_USUAL;
	__u64 token_ns = rule->token_ns, burst_ns = rule->burst_ns;

	if (rule->by_cgroup && tapio_denies(filter, collector, cgroups))
		return TAPIO_BY_CGROUP;
	summed = summed && rule->plain_ns;
	if (summed) {
		lane = TAPIO_LANE_SUMMED;
		token_ns = rule->plain_ns;
		burst_ns = rule->plain_burst_ns;
	}
	if (token_ns && !tapio_takes_token(token_ns, burst_ns, collector, cgroups, now_ns, lane))
		return summed ? TAPIO_INTO_SUMS : TAPIO_BY_TOKENS;
	return TAPIO_TOLD;
}

/* False for TAPIO_TOLD. */
static __always_inline bool tapio_is_left_out(struct tapio_counters *count, __u32 cause)
{
	if (cause == TAPIO_INTO_SUMS) {
		TAPIO_ADD(count->folded, 1);
		return true;
	}
	if (cause >= TAPIO_CAUSES)
		return false;
	TAPIO_ADD(count->left_out[cause], 1);
	return true;
}

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_HISTOGRAM_H
#define TAPIO_HISTOGRAM_H

#include "tapio_bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096); /* set by the agent */
	__type(key, struct tapio_histogram_key);
	__type(value, struct tapio_histogram);
} latencies __weak SEC(".maps");

/* 0 for less than 1 us, else 1 + the whole logarithm to base 2 of the microseconds. */
static __always_inline __u32 tapio_bucket(__u64 ns)
{
	__u64 us = ns / 1000;
	__u32 value = us > 0xffffffff ? 0xffffffff : us;
	__u32 bucket, step;

	if (!value)
		return 0;
	bucket = (value > 0xffff) << 4;
	value >>= bucket;
	step = (value > 0xff) << 3;
	value >>= step;
	bucket |= step;
	step = (value > 0xf) << 2;
	value >>= step;
	bucket |= step;
	step = (value > 0x3) << 1;
	value >>= step;
	bucket |= step;
	bucket = (bucket | value >> 1) + 1;
	return bucket < TAPIO_HISTOGRAM_BUCKETS ? bucket : TAPIO_HISTOGRAM_BUCKETS - 1;
}

static const struct tapio_histogram tapio_empty_histogram = {};

/* False when the map is full. "undisturbed": interrupts are off. */
static __always_inline bool tapio_observe(const struct tapio_histogram_key *key, __u64 ns, bool undisturbed)
{
	struct tapio_histogram *histogram = bpf_map_lookup_elem(&latencies, key);
	__u32 bucket = tapio_bucket(ns);

	if (!histogram) {
		bpf_map_update_elem(&latencies, key, &tapio_empty_histogram, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&latencies, key);
		if (!histogram)
			return false;
	}
	/* Again for the verifier, which lost the bound; in assembly, since clang 14 compares a copy. */
	asm volatile("if %[bucket] <= %[last] goto +1\n%[bucket] = %[last]"
		     : [bucket] "+r"(bucket)
		     : [last] "i"(TAPIO_HISTOGRAM_BUCKETS - 1));
	if (undisturbed)
		TAPIO_ADD_UNDISTURBED(histogram->counts[bucket], 1);
	else
		TAPIO_ADD(histogram->counts[bucket], 1);
	return true;
}

#endif

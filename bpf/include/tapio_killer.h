/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_KILLER_H
#define TAPIO_KILLER_H

#include "tapio_bpf.h"

/* Who last sent a process a signal that ends it: written when the signal is generated, read when the process exits. */
struct tapio_killer {
	__u64 target;	/* task_struct; read only through helpers that survive its end */
	__u64 start_ns; /* boot time of the start of the target's first thread: a pid may be another's by the time it is read */
	__s32 signal;
	__u32 pid; /* 0 = the kernel */
	char comm[TAPIO_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* kernel-wide tgid of the target */
	__type(value, struct tapio_killer);
} killers __weak SEC(".maps");

#endif

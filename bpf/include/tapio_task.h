/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_TASK_H
#define TAPIO_TASK_H

/* What is kept with each task, of whatever collector: one allocation, made when the task is forked. */

#include "tapio_bpf.h"

/*
 * What a task was allowed when it last started a program, or when it was forked. Whoever is allowed more at the next start
 * gained it in between: by the program (set-id bit, file capabilities), or in another way (a saved id, a flaw of the kernel).
 * So no system call needs to be watched. Less than that, for a while, is not forgotten privilege.
 */
struct tapio_credentials {
	__u64 user_ns; /* address, compared only; 0 = nothing was noted */
	__u64 capabilities;
	__u32 uid;
	__u32 euid;
	__u32 egid;
	__u32 reserved;
};

struct tapio_task {
	struct tapio_credentials credentials;
	__u64 tracer;	 /* of the process's first thread: who traces the process, as the start of the tracer */
	__u64 run_delay; /* the scheduler's, when the task last left a CPU, plus 1; 0 = not seen since the collector is on */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tapio_task);
} tasks __weak SEC(".maps");

static __always_inline void tapio_read_credentials(struct tapio_credentials *to, struct task_struct *task, bool typed)
{
	struct cred *cred = (struct cred *)(typed ? task->cred : BPF_CORE_READ(task, cred));

	to->user_ns = (__u64)TAPIO_GET(typed, cred, user_ns);
	bpf_core_read(&to->capabilities, sizeof(to->capabilities), &cred->cap_effective);
	to->uid = TAPIO_GET(typed, cred, uid.val);
	to->euid = TAPIO_GET(typed, cred, euid.val);
	to->egid = TAPIO_GET(typed, cred, egid.val);
	to->reserved = 0;
}

#endif

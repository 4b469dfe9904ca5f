/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_PIDNS_H
#define TAPIO_PIDNS_H

/* Pid namespaces: level 0 is the first one, and a process has a number in its own and in each above it. */

#include "tapio_bpf.h"

static __always_inline struct pid *tapio_pid_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, thread_pid);
}

static __always_inline struct upid *tapio_number_at(struct pid *pid, __u32 level)
{
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
}

static __always_inline bool tapio_is_in_pid_namespace(struct task_struct *task, struct pid_namespace *ns, __u32 level)
{
	struct pid *pid = tapio_pid_of(task);

	return pid && BPF_CORE_READ(pid, level) >= level && BPF_CORE_READ(tapio_number_at(pid, level), ns) == ns;
}

#endif

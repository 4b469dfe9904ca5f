// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by the agent: the collector that pays for the work at a fork, enum tapio_collector. Each that needs it could alone. */
__u32 tapio_fork_collector = TAPIO_SECURITY;

/*
 * For every thread, since any may start a program, and each is scheduled for itself. What a task's forebear was allowed when
 * it was noted is noted for the task: what happened in between is the task's gain when it starts a program.
 */
SEC("tp_btf/sched_process_fork")
int task_fork_btf(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0];
	struct task_struct *child = (void *)ctx[1];
	__u32 collector = tapio_fork_collector;
	struct tapio_counters *count = bpf_map_lookup_elem(&counters, &collector);
	struct tapio_task *noted, *of_parent;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	of_parent = bpf_task_storage_get(&tasks, parent, NULL, 0);
	noted = bpf_task_storage_get(&tasks, child, of_parent, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!noted) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	noted->run_delay = 0;
	/*
	 * A child that is traced from its first moment: its tracer was told of with its parent. Noted here, since by its first stop
	 * the parent may not have stopped yet, or may be gone.
	 */
	noted->tracer = child->ptrace ? child->parent->group_leader->start_boottime : 0;
	if (!noted->credentials.user_ns)
		tapio_read_credentials(&noted->credentials, parent, true);
	TAPIO_ADD(count->folded, 1);
	return 0;
}

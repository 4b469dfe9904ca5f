// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_histogram.h"
#include "tapio_task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * The scheduler itself adds up how long each task could run and did not (sched_info.run_delay). What it added for one run
 * of a task is read when that run ends: one hook for each switch, no clock and no hook for wake-ups, at half the cost.
 */

/*
 * Called with the run queue locked and interrupts off, so nothing may be allocated here: up to 6.3 that could wake kswapd,
 * which takes such a lock. What is kept with a task is made when it is forked, or by runqueue_existing.
 */
SEC("tp_btf/sched_switch")
int switch_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_RUNQUEUE);
	struct task_struct *task = (void *)ctx[1];
	struct tapio_histogram_key key = {.kind = TAPIO_RUNQUEUE_LATENCY};
	struct tapio_task *known;
	__u64 before, delay;

	if (!count)
		return 0;
	TAPIO_ADD_UNDISTURBED(count->seen, 1);
	/* Pid 0 is the idle task, which waits for nothing. */
	if (task->pid == 0 || tapio_is_own(task->tgid)) {
		TAPIO_ADD_UNDISTURBED(count->kfiltered, 1);
		return 0;
	}
	known = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!known) {
		TAPIO_ADD_UNDISTURBED(count->lost, 1);
		return 0;
	}
	before = known->run_delay;
	delay = task->sched_info.run_delay;
	known->run_delay = delay + 1;
	/* The first that is seen of an older task says nothing about this one run. */
	if (before == 0 && task->sched_info.pcount > 1) {
		TAPIO_ADD_UNDISTURBED(count->folded, 1);
		return 0;
	}
	tapio_task_cgroups(&key.cgroups, task, true);
	if (tapio_observe(&key, before ? delay + 1 - before : delay, true))
		TAPIO_ADD_UNDISTURBED(count->folded, 1);
	else
		TAPIO_ADD_UNDISTURBED(count->lost, 1);
	return 0;
}

/* Run once after attaching: tasks that were there before. Those that the collector knew before it was off begin again. */
SEC("iter/task")
int runqueue_existing(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tapio_task *known = task ? bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE) : NULL;

	if (known)
		known->run_delay = 0;
	return 0;
}

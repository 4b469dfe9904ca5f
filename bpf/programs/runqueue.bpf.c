// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_histogram.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * The scheduler itself adds up how long each task could run and did not (sched_info.run_delay). What it added for one run
 * of a task is read when that run ends: one hook for each switch, no clock and no hook for wake-ups, at half the cost.
 * Value: run_delay when the task last left a CPU, plus 1; 0 = never seen.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} delays SEC(".maps");

/* Called with the run queue locked and interrupts off. */
SEC("tp_btf/sched_switch")
int switch_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_RUNQUEUE);
	struct task_struct *task = (void *)ctx[1];
	struct tapio_histogram_key key = {.kind = TAPIO_RUNQUEUE_LATENCY};
	__u64 *last, before, delay;

	if (!count)
		return 0;
	TAPIO_ADD_UNDISTURBED(count->seen, 1);
	/* Pid 0 is the idle task, which waits for nothing. */
	if (task->pid == 0 || tapio_is_own(task->tgid)) {
		TAPIO_ADD_UNDISTURBED(count->kfiltered, 1);
		return 0;
	}
	last = bpf_task_storage_get(&delays, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!last) {
		TAPIO_ADD_UNDISTURBED(count->lost, 1);
		return 0;
	}
	before = *last;
	delay = task->sched_info.run_delay;
	*last = delay + 1;
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

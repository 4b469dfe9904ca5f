// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_histogram.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Since when a task could run and does not; 0 = it runs or sleeps. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} waits SEC(".maps");

static __always_inline bool begin_waiting(struct task_struct *task, __u64 now)
{
	__u64 *since = bpf_task_storage_get(&waits, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!since)
		return false;
	*since = now;
	return true;
}

static __always_inline int on_wakeup(struct task_struct *task)
{
	struct tapio_counters *count = tapio_count(TAPIO_RUNQUEUE);

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (tapio_is_own(task->tgid))
		TAPIO_ADD(count->kfiltered, 1);
	else if (begin_waiting(task, bpf_ktime_get_ns()))
		TAPIO_ADD(count->folded, 1);
	else
		TAPIO_ADD(count->lost, 1);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int wakeup_btf(__u64 *ctx)
{
	return on_wakeup((void *)ctx[0]);
}

SEC("tp_btf/sched_wakeup_new")
int wakeup_new_btf(__u64 *ctx)
{
	return on_wakeup((void *)ctx[0]);
}

static __always_inline bool still_wants_to_run(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state == 0;
	return ((struct task_struct___state *)task)->state == 0;
}

/* Called with the run queue locked and interrupts off. */
SEC("tp_btf/sched_switch")
int switch_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_RUNQUEUE);
	bool preempted = ctx[0] & 1;
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	struct tapio_histogram_key key = {};
	__u64 now = bpf_ktime_get_ns();
	__u64 *since, waited;

	if (!count)
		return 0;
	TAPIO_ADD_UNDISTURBED(count->seen, 1);
	/* Pid 0 is the idle task, which waits for nothing. */
	if (prev->pid != 0 && !tapio_is_own(prev->tgid) && (preempted || still_wants_to_run(prev)))
		begin_waiting(prev, now);
	since = next->pid != 0 ? bpf_task_storage_get(&waits, next, NULL, 0) : NULL;
	if (!since || *since == 0) {
		TAPIO_ADD_UNDISTURBED(count->kfiltered, 1);
		return 0;
	}
	waited = now - *since;
	*since = 0;
	key.cgroup = tapio_task_cgroup(next, true);
	if (tapio_observe(&key, waited, true))
		TAPIO_ADD_UNDISTURBED(count->folded, 1);
	else
		TAPIO_ADD_UNDISTURBED(count->lost, 1);
	return 0;
}

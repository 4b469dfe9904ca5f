/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_BPF_H
#define TAPIO_BPF_H

/* What all programs share: the rings, the counters, and who a task is. Maps are weak, so that the linker keeps one of each. */

#include "tapio_kernel.h"
#include "tapio_records.h"

/* Sizes are set by the agent before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events __weak SEC(".maps");

/* OOM kills and fatal signals: a flood in the other ring cannot drop them. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 << 10);
} critical __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TAPIO_COLLECTORS);
	__type(key, __u32);
	__type(value, struct tapio_counters);
} counters __weak SEC(".maps");

/* Set by the agent before loading. */
extern const volatile __u64 tapio_wake_bytes; /* wake the reader from this fill of the event ring on */
/* Set by the program identify, run once by the agent before anything is attached. */
extern __u32 tapio_own_tgid;	  /* the agent, as the kernel counts */
extern __u32 tapio_own_pid_level; /* of its pid namespace; 0 = the initial one */
extern __u32 tapio_own_pid_inum;
/* Changed by the agent while the programs run. */
extern __u32 tapio_filter_active; /* 1 + the slot of the filter in force; 0 = none is */
extern __u64 tapio_utc_minus_boot_ns;

#define TAPIO_ADD(counter, n) __sync_fetch_and_add(&(counter), n)
/* Where interrupts are off nobody else on this CPU can come between, and a plain addition is several times cheaper. */
#define TAPIO_ADD_UNDISTURBED(counter, n) ((counter) += (n))

static __always_inline struct tapio_counters *tapio_count(enum tapio_collector collector)
{
	__u32 key = collector;

	return bpf_map_lookup_elem(&counters, &key);
}

/* For hooks that packets pass: a run that nothing came of. */
static __always_inline void tapio_pass_by(struct tapio_counters *count)
{
	TAPIO_ADD(count->passed_by, 1);
}

static __always_inline bool tapio_is_own(__u32 kernel_tgid)
{
	return kernel_tgid == tapio_own_tgid;
}

/* Batched: waking the reader costs more than five times the record itself, so it sleeps and looks (see README.md). */
static __always_inline void tapio_submit(void *record)
{
	__u64 flags = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= tapio_wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	bpf_ringbuf_submit(record, flags);
}

static __always_inline void tapio_submit_critical(void *record)
{
	bpf_ringbuf_submit(record, 0);
}

static __always_inline __u64 tapio_v2_cgroup(struct css_set *set, bool typed)
{
	struct cgroup *group = TAPIO_GET(typed, set, dfl_cgrp);
	struct kernfs_node *node = TAPIO_GET(typed, group, kn);

	return TAPIO_GET(typed, node, id);
}

/* 0 at the root, and where the controller is on v2: there it may be an ancestor's, and says nothing new. */
static __always_inline __u64 tapio_memory_cgroup(struct css_set *set, bool typed)
{
	struct cgroup_subsys_state *state = NULL, **slot;
	struct cgroup_root *root;
	struct kernfs_node *node;
	struct cgroup *group;
	__u64 id;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return 0;
	slot = (void *)set + bpf_core_field_offset(struct css_set, subsys)
	       + bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) * sizeof(void *);
	if (typed)
		state = *slot;
	else
		bpf_probe_read_kernel(&state, sizeof(state), slot);
	if (!state)
		return 0;
	group = TAPIO_GET(typed, state, cgroup);
	root = TAPIO_GET(typed, group, root);
	if (TAPIO_GET(typed, root, hierarchy_id) == 0)
		return 0;
	node = TAPIO_GET(typed, group, kn);
	id = TAPIO_GET(typed, node, id);
	return id == TAPIO_ROOT_CGROUP ? 0 : id;
}

static __always_inline void tapio_task_cgroups(struct tapio_cgroups *cgroups, struct task_struct *task, bool typed)
{
	struct css_set *set = TAPIO_GET(typed, task, cgroups);

	cgroups->v2 = tapio_v2_cgroup(set, typed);
	cgroups->v1 = tapio_memory_cgroup(set, typed);
}

/* The process's id in the agent's pid namespace; 0 where that does not see it. */
static __always_inline __u32 tapio_visible_pid(struct task_struct *task, bool typed)
{
	struct task_struct *leader;
	struct upid *number;
	struct pid *pid;

	if (tapio_own_pid_level == 0)
		return TAPIO_GET(typed, task, tgid);
	leader = TAPIO_GET(typed, task, group_leader);
	pid = BPF_CORE_READ(leader, thread_pid);
	if (!pid || BPF_CORE_READ(pid, level) < tapio_own_pid_level)
		return 0;
	number = (void *)pid + bpf_core_field_offset(struct pid, numbers) + tapio_own_pid_level * bpf_core_type_size(struct upid);
	return BPF_CORE_READ(number, ns, ns.inum) == tapio_own_pid_inum ? BPF_CORE_READ(number, nr) : 0;
}

/* Name of the process: of its first thread. */
static __always_inline void tapio_name(char *comm, struct task_struct *task, bool typed)
{
	struct task_struct *leader = TAPIO_GET(typed, task, group_leader);

	bpf_core_read(comm, TAPIO_COMM_LEN, &leader->comm);
}

static __always_inline void tapio_describe(struct tapio_process *process, struct task_struct *task, bool typed)
{
	struct task_struct *leader = TAPIO_GET(typed, task, group_leader);

	process->pid = tapio_visible_pid(task, typed);
	process->uid = BPF_CORE_READ(task, cred, uid.val);
	process->start_ns = TAPIO_GET(typed, leader, start_boottime);
	tapio_task_cgroups(&process->cgroups, task, typed);
	tapio_name(process->comm, task, typed);
}

static __always_inline void tapio_begin_at(struct tapio_header *header, enum tapio_kind kind, __u32 size, __u64 now_ns,
					   __u16 generation)
{
	header->kind = kind;
	header->size = size;
	header->cpu = bpf_get_smp_processor_id();
	header->generation = generation;
	header->boot_ns = now_ns;
}

/* For records that no filter is asked about. */
static __always_inline void tapio_begin(struct tapio_header *header, enum tapio_kind kind, __u32 size)
{
	tapio_begin_at(header, kind, size, bpf_ktime_get_boot_ns(), 0);
}

#endif

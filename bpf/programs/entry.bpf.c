// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_bpf.h"
#include "tapio_pidns.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 tapio_entry_quiet_ns = 0; /* one like an entry that was told is counted for so long */

struct tapio_entry_key {
	struct tapio_cgroups cgroups;
	char comm[TAPIO_COMM_LEN];
};

struct tapio_entry_use {
	__u64 told_ns;
	__u64 repeats; /* since then */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tapio_entry_key);
	__type(value, struct tapio_entry_use);
} entry_uses SEC(".maps");

struct tapio_entered {
	__u64 start_ns;
	__u32 tgid;
	__u32 reserved;
};

/* Processes whose first program was seen: what it starts in its own place (sh -c) is no entry. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct tapio_entered);
	__type(value, __u32);
} entered SEC(".maps");

/* The one whose namespace is shared with others has a mount namespace of its own, as each of them has. */
static __always_inline bool is_in_mounts_of(struct task_struct *reaper, struct task_struct *task)
{
	struct mnt_namespace *mounts = BPF_CORE_READ(task, nsproxy, mnt_ns);

	return mounts && BPF_CORE_READ(reaper, nsproxy, mnt_ns) == mounts;
}

static __always_inline bool is_alone_in_cgroups(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);

	return bpf_core_field_exists(set->nr_tasks) && BPF_CORE_READ(set, nr_tasks) <= 1;
}

/*
 * Whoever is in a pid namespace without being its first process, while its parent is not, was put there from outside: by
 * `kubectl exec`, or by an exec probe, which comes the same way. So is the first process of a container whose pod shares
 * one such namespace among all, but it begins its cgroup and its mounts.
 */
static __always_inline bool came_from_outside(struct task_struct *task)
{
	struct pid *pid = tapio_pid_of(task);
	__u32 level = pid ? BPF_CORE_READ(pid, level) : 0;
	struct task_struct *reaper;
	struct pid_namespace *ns;
	struct upid *number;

	if (level == 0)
		return false;
	number = tapio_number_at(pid, level);
	ns = BPF_CORE_READ(number, ns);
	if (BPF_CORE_READ(number, nr) == 1 || tapio_is_in_pid_namespace(BPF_CORE_READ(task, real_parent), ns, level))
		return false;
	reaper = BPF_CORE_READ(ns, child_reaper);
	return is_in_mounts_of(reaper, task) || !is_alone_in_cgroups(task);
}

static __always_inline bool is_first_program(struct task_struct *task, bool typed)
{
	struct tapio_entered process = {};
	struct task_struct *leader = TAPIO_GET(typed, task, group_leader);
	__u32 seen = 1;

	process.start_ns = TAPIO_GET(typed, leader, start_boottime);
	process.tgid = TAPIO_GET(typed, task, tgid);
	return bpf_map_update_elem(&entered, &process, &seen, BPF_NOEXIST) == 0;
}

/* False when the ring is full: then the next one is told instead. */
static __always_inline bool emit(struct tapio_counters *count, struct task_struct *task, bool has_terminal, __u64 repeats,
				 bool typed)
{
	struct tapio_entry *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return false;
	}
	tapio_begin(&record->header, TAPIO_KIND_ENTRY, sizeof(*record));
	tapio_describe(&record->header.process, task, typed);
	record->repeats = repeats < 0xffffffff ? repeats : 0xffffffff;
	record->has_terminal = has_terminal;
	__builtin_memset(record->reserved, 0, sizeof(record->reserved));
	tapio_submit(record);
	return true;
}

static __always_inline int on_exec(struct task_struct *task, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_ENTRY);
	struct tapio_entry_use use = {}, *known;
	struct tapio_entry_key key = {};
	__u64 now;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (!came_from_outside(task) || !is_first_program(task, typed)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	/* Somebody sits there: told each time. */
	if (BPF_CORE_READ(task, signal, tty)) {
		emit(count, task, true, 1, typed);
		return 0;
	}
	tapio_task_cgroups(&key.cgroups, task, typed);
	tapio_name(key.comm, task, typed);
	known = bpf_map_lookup_elem(&entry_uses, &key);
	now = bpf_ktime_get_boot_ns();
	if (known && now - known->told_ns < tapio_entry_quiet_ns) {
		TAPIO_ADD(known->repeats, 1);
		TAPIO_ADD(count->folded, 1);
		return 0;
	}
	use.told_ns = now;
	if (emit(count, task, false, known ? known->repeats + 1 : 1, typed))
		bpf_map_update_elem(&entry_uses, &key, &use, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int entry_btf(__u64 *ctx)
{
	return on_exec((void *)ctx[0], true);
}

SEC("raw_tp/sched_process_exec")
int entry_raw(__u64 *ctx)
{
	return on_exec((void *)ctx[0], false);
}

SEC("tp/sched/sched_process_exec")
int entry_tp(void *ctx)
{
	return on_exec((void *)bpf_get_current_task(), false);
}

// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_killer.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Order of mm->rss_stat, include/linux/mm_types_task.h. */
enum { TAPIO_MM_FILE, TAPIO_MM_ANON, TAPIO_MM_SWAP, TAPIO_MM_SHMEM };

/* Set by the agent. */
const volatile __u32 tapio_page_shift = 12;
const volatile bool tapio_victim_is_task = true; /* from 6.9, 72ba14deb40a; before, the hook has its number only */

/*
 * As the kernel's own log line has it: without what the CPUs have not yet handed in. A macro, because only a constant index
 * is relocated with the size that the elements have in the running kernel.
 */
#define TAPIO_RSS_BYTES(mm, member)                                                                                              \
	({                                                                                                                       \
		struct mm_struct___atomic *old_ = (void *)(mm);                                                                  \
		__s64 pages_ = bpf_core_field_exists(old_->rss_stat.count) ? BPF_CORE_READ(old_, rss_stat.count[member].counter) \
									   : BPF_CORE_READ(mm, rss_stat[member].count);          \
		pages_ > 0 ? (__u64)pages_ << tapio_page_shift : 0;                                                              \
	})

static __always_inline void add_figures(struct tapio_oom *record, struct task_struct *victim)
{
	struct mm_struct *mm = BPF_CORE_READ(victim, mm);

	record->total_vm_bytes = BPF_CORE_READ(mm, total_vm) << tapio_page_shift;
	record->anon_rss_bytes = TAPIO_RSS_BYTES(mm, TAPIO_MM_ANON);
	record->file_rss_bytes = TAPIO_RSS_BYTES(mm, TAPIO_MM_FILE);
	record->shmem_rss_bytes = TAPIO_RSS_BYTES(mm, TAPIO_MM_SHMEM);
	record->page_table_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
	record->score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
}

/* The SIGKILL just before had the task. */
static __always_inline struct task_struct *victim_by_pid(__u32 pid)
{
	struct tapio_killer *killer = bpf_map_lookup_elem(&killers, &pid);
	struct task_struct *task;

	if (!killer)
		return NULL;
	task = (struct task_struct *)killer->target;
	if ((__u32)BPF_CORE_READ(task, tgid) != pid || BPF_CORE_READ(task, group_leader, start_boottime) != killer->start_ns)
		return NULL;
	return task;
}

static __always_inline int on_victim(struct task_struct *victim, __u32 pid)
{
	struct tapio_counters *count = tapio_count(TAPIO_OOM);
	struct task_struct *trigger;
	struct tapio_oom *record;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	record = bpf_ringbuf_reserve(&critical, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	tapio_begin(&record->header, TAPIO_KIND_OOM, sizeof(*record));
	if (victim) {
		tapio_describe(&record->header.process, victim, false);
		add_figures(record, victim);
	} else if (tapio_own_pid_level == 0) {
		record->header.process.pid = pid;
	}
	trigger = (struct task_struct *)bpf_get_current_task();
	record->trigger_pid = tapio_visible_pid(trigger, false);
	tapio_name(record->trigger_comm, trigger, false);
	tapio_submit_critical(record);
	return 0;
}

SEC("tp_btf/mark_victim")
int oom_btf(__u64 *ctx)
{
	if (tapio_victim_is_task)
		return on_victim((void *)ctx[0], 0);
	return on_victim(victim_by_pid(ctx[0]), ctx[0]);
}

SEC("raw_tp/mark_victim")
int oom_raw(__u64 *ctx)
{
	if (tapio_victim_is_task)
		return on_victim((void *)ctx[0], 0);
	return on_victim(victim_by_pid(ctx[0]), ctx[0]);
}

SEC("tp/oom/mark_victim")
int oom_tp(struct trace_event_raw_mark_victim *ctx)
{
	return on_victim(victim_by_pid(ctx->pid), ctx->pid);
}

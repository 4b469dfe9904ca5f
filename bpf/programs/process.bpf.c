// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_filter.h"
#include "tapio_killer.h"
#include "tapio_pidns.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TAPIO_SIGNAL_GROUP_EXIT 4  /* include/linux/sched/signal.h */
#define TAPIO_ENDED_BY_SIGNAL 0x7f /* of what wait(2) reports */

/* The new stack was written by execve itself a moment ago, so its pages are there. */
static __always_inline void read_arguments(struct tapio_exec *record, struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start);
	unsigned long length = BPF_CORE_READ(mm, arg_end) - start;

	record->arguments_cut = length > TAPIO_ARGUMENTS_LEN;
	/* In assembly, since clang 14 would compare a copy and the verifier see the original unbounded. */
	asm volatile("if %[length] <= %[most] goto +1\n%[length] = %[most]"
		     : [length] "+r"(length)
		     : [most] "i"(TAPIO_ARGUMENTS_LEN));
	record->arguments_len = length;
	if (bpf_probe_read_user(record->arguments, length, (void *)start) != 0) {
		record->arguments_len = 0;
		record->arguments_cut = true;
	}
}

/* From 6.13 on, 4e40eff0b573: the topmost bit of a change time's nanoseconds says that somebody has asked for it. */
#define TAPIO_CTIME_NS 0x7fffffff

static __always_inline __s64 in_ns(__s64 seconds, __s64 ns)
{
	return seconds * 1000000000 + ns;
}

#define IN_NS(inode, member) in_ns(BPF_CORE_READ(inode, member.tv_sec), BPF_CORE_READ(inode, member.tv_nsec))

static __always_inline __s64 modified_ns(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_mtime_sec))
		return in_ns(BPF_CORE_READ(inode, i_mtime_sec), BPF_CORE_READ(inode, i_mtime_nsec));
	if (bpf_core_field_exists(((struct inode___timespecs *)inode)->__i_mtime))
		return IN_NS((struct inode___timespecs *)inode, __i_mtime);
	if (bpf_core_field_exists(((struct inode___plain_mtime *)inode)->i_mtime))
		return IN_NS((struct inode___plain_mtime *)inode, i_mtime);
	return 0;
}

static __always_inline __s64 changed_ns(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return in_ns(BPF_CORE_READ(inode, i_ctime_sec), BPF_CORE_READ(inode, i_ctime_nsec) & TAPIO_CTIME_NS);
	if (bpf_core_field_exists(((struct inode___timespecs *)inode)->__i_ctime))
		return IN_NS((struct inode___timespecs *)inode, __i_ctime);
	if (bpf_core_field_exists(((struct inode___plain_ctime *)inode)->i_ctime))
		return IN_NS((struct inode___plain_ctime *)inode, i_ctime);
	return 0;
}

/* What tells whether a file is what the container's image brought. */
struct tapio_file_times {
	__s64 modified_ns;	  /* UTC; 0 = not known */
	__s64 changed_ns;	  /* UTC; 0 = not known */
	__u64 container_start_ns; /* boot time; 0 = in no container */
};

/* The file of a script is not at hand any more: the one that is known now is its interpreter's. */
static __always_inline void read_file_times(struct tapio_file_times *times, struct linux_binprm *binary, struct mm_struct *mm)
{
	struct inode *inode;

	times->modified_ns = 0;
	times->changed_ns = 0;
	if (!binary || BPF_CORE_READ(binary, interp) != BPF_CORE_READ(binary, filename))
		return;
	inode = BPF_CORE_READ(mm, exe_file, f_inode);
	times->modified_ns = modified_ns(inode);
	times->changed_ns = changed_ns(inode);
}

/* A container's pid namespace begins with it; what shares the host's has no beginning that means anything. */
static __always_inline __u64 container_start_ns(struct task_struct *task)
{
	struct pid *pid = tapio_pid_of(task);
	__u32 level = pid ? BPF_CORE_READ(pid, level) : 0;

	if (level == 0)
		return 0;
	return BPF_CORE_READ(tapio_number_at(pid, level), ns, child_reaper, start_boottime);
}

#define TAPIO_CLOCK_SLACK_NS 2000000000ll /* the agent tells us the clock once a second: in doubt it decides itself */

/* Written after its container started, which is about security: no filter is asked. */
static __always_inline bool is_foreign(const struct tapio_file_times *times)
{
	__s64 start_ns = times->container_start_ns + tapio_utc_minus_boot_ns;

	return times->container_start_ns && times->changed_ns > start_ns - TAPIO_CLOCK_SLACK_NS;
}

static __always_inline bool leaves_out(const struct tapio_filter *filter, enum tapio_kind kind, struct task_struct *task,
				       bool typed, __u64 now_ns, bool failed, struct tapio_counters *count)
{
	__u32 cause = TAPIO_UNWANTED;
	struct tapio_cgroups cgroups;

	if (!tapio_is_unwanted(filter, kind, failed)) {
		tapio_task_cgroups(&cgroups, task, typed);
		cause = tapio_judge(filter, TAPIO_PROCESS, &cgroups, now_ns, failed, false);
	}
	return tapio_is_left_out(count, cause);
}

/* `binary` is NULL where the way of attaching does not give it. */
static __always_inline int on_exec(struct task_struct *task, const char *filename, struct linux_binprm *binary, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_PROCESS);
	struct tapio_filter *filter = tapio_filter_of(tapio_filter_now());
	__u64 now_ns = bpf_ktime_get_boot_ns();
	struct tapio_file_times times;
	struct task_struct *parent;
	struct tapio_exec *record;
	long length;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	read_file_times(&times, binary, BPF_CORE_READ(task, mm));
	times.container_start_ns = container_start_ns(task);
	if (filter && !is_foreign(&times) && leaves_out(filter, TAPIO_KIND_EXEC, task, typed, now_ns, false, count))
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	tapio_begin_at(&record->header, TAPIO_KIND_EXEC, sizeof(*record), now_ns, tapio_generation(filter));
	tapio_describe(&record->header.process, task, typed);
	parent = BPF_CORE_READ(task, real_parent);
	record->parent_pid = tapio_visible_pid(parent, false);
	tapio_name(record->parent_comm, parent, false);
	length = bpf_probe_read_kernel_str(record->filename, sizeof(record->filename), filename);
	record->filename_len = length > 0 ? length - 1 : 0;
	read_arguments(record, BPF_CORE_READ(task, mm));
	record->file_modified_ns = times.modified_ns;
	record->file_changed_ns = times.changed_ns;
	record->container_start_ns = times.container_start_ns;
	tapio_submit(record);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int exec_btf(__u64 *ctx)
{
	struct linux_binprm *binary = (void *)ctx[2];

	return on_exec((void *)ctx[0], BPF_CORE_READ(binary, filename), binary, true);
}

SEC("raw_tp/sched_process_exec")
int exec_raw(__u64 *ctx)
{
	struct linux_binprm *binary = (void *)ctx[2];

	return on_exec((void *)ctx[0], BPF_CORE_READ(binary, filename), binary, false);
}

SEC("tp/sched/sched_process_exec")
int exec_tp(struct trace_event_raw_sched_process_exec *ctx)
{
	return on_exec((void *)bpf_get_current_task(), (void *)ctx + (ctx->__data_loc_filename & 0xffff), NULL, false);
}

/* What wait(2) will report of the whole process: the leader's code, unless the group was ended as one. */
static __always_inline __u32 wait_status(struct task_struct *task)
{
	struct signal_struct *shared = BPF_CORE_READ(task, signal);

	if (BPF_CORE_READ(shared, flags) & TAPIO_SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(shared, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

static __always_inline void name_killer(struct tapio_exit *record, __u32 tgid)
{
	struct tapio_killer *killer = bpf_map_lookup_elem(&killers, &tgid);

	record->killer_pid = 0;
	record->killer_comm[0] = 0;
	if (!killer)
		return;
	if (killer->signal == (record->wait_status & TAPIO_ENDED_BY_SIGNAL)
	    && killer->start_ns == record->header.process.start_ns) {
		record->killer_pid = killer->pid;
		__builtin_memcpy(record->killer_comm, killer->comm, sizeof(record->killer_comm));
	}
	bpf_map_delete_elem(&killers, &tgid);
}

static __always_inline int on_exit(struct task_struct *task, bool last_thread, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_PROCESS);
	struct tapio_filter *filter = tapio_filter_of(tapio_filter_now());
	__u32 status, tgid = TAPIO_GET(typed, task, tgid);
	__u64 now_ns = bpf_ktime_get_boot_ns();
	struct tapio_exit *record;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (!last_thread || tapio_is_own(tgid)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	status = wait_status(task);
	/* The kernel keeps its workers as it likes. One that something ended is told. */
	if (!status && (TAPIO_GET(typed, task, flags) & TAPIO_PF_KTHREAD)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	if (filter && !(status & TAPIO_ENDED_BY_SIGNAL)
	    && leaves_out(filter, TAPIO_KIND_EXIT, task, typed, now_ns, status != 0, count)) {
		bpf_map_delete_elem(&killers, &tgid); /* whoever gets the number next was not killed by him */
		return 0;
	}
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	tapio_begin_at(&record->header, TAPIO_KIND_EXIT, sizeof(*record), now_ns, tapio_generation(filter));
	tapio_describe(&record->header.process, task, typed);
	record->wait_status = status;
	name_killer(record, tgid);
	tapio_submit(record);
	return 0;
}

const volatile bool tapio_exit_says_last = false; /* set by the agent: from 6.16 the hook says which thread is the last */

struct tapio_ended {
	__u64 start_ns;
	__u32 tgid;
	__u32 reserved;
};

/* Processes whose end was told; needed for as long as their last threads take to end. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct tapio_ended);
	__type(value, __u32);
} ended SEC(".maps");

#define TAPIO_EEXIST 17

/* The count of live threads is read as 0 by all that end together: the first of them tells it. */
static __always_inline bool is_last_thread(struct task_struct *task)
{
	struct tapio_ended process = {};
	__u32 told = 1;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return false;
	process.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	process.tgid = BPF_CORE_READ(task, tgid);
	return bpf_map_update_elem(&ended, &process, &told, BPF_NOEXIST) != -TAPIO_EEXIST;
}

SEC("tp_btf/sched_process_exit")
int exit_btf(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	return on_exit(task, tapio_exit_says_last ? ctx[1] & 1 : is_last_thread(task), true);
}

SEC("raw_tp/sched_process_exit")
int exit_raw(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	return on_exit(task, tapio_exit_says_last ? ctx[1] & 1 : is_last_thread(task), false);
}

SEC("tp/sched/sched_process_exit")
int exit_tp(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return on_exit(task, is_last_thread(task), false);
}

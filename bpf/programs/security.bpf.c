// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- gain of privilege ---- */

/* A program with a set-id bit leaves the real ids alone: they tell what it was before, if it changed since it was noted. */
static __always_inline void correct_for_exec(struct tapio_credentials *old, const struct tapio_credentials *now, __u32 gid)
{
	if (old->uid == now->uid)
		return;
	old->uid = old->euid = now->uid;
	old->egid = gid;
	if (now->uid != 0)
		old->capabilities = 0;
}

static __always_inline void emit_gain(struct tapio_counters *count, struct task_struct *task, struct linux_binprm *binary,
				      const struct tapio_credentials *old, const struct tapio_credentials *now, __u64 gained,
				      bool by_exec, bool typed)
{
	struct tapio_privilege *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	tapio_begin(&record->header, TAPIO_KIND_PRIVILEGE, sizeof(*record));
	tapio_describe(&record->header.process, task, typed);
	record->old_uid = old->uid;
	record->new_uid = now->uid;
	record->old_euid = old->euid;
	record->new_euid = now->euid;
	record->old_egid = old->egid;
	record->new_egid = now->egid;
	record->gained_capabilities = gained;
	record->by_exec = by_exec;
	bpf_probe_read_kernel_str(record->filename, sizeof(record->filename), BPF_CORE_READ(binary, filename));
	tapio_submit(record);
}

/* `old`: what it was allowed before; its user_ns is 0 where nothing was noted. */
static __always_inline void judge(struct tapio_counters *count, struct task_struct *task, struct linux_binprm *binary,
				  struct tapio_credentials *old, const struct tapio_credentials *now, bool typed)
{
	bool by_exec = BPF_CORE_READ_BITFIELD_PROBED(binary, secureexec);
	__u32 gid = BPF_CORE_READ(task, cred, gid.val);
	bool euid_is_root, egid_is_new;
	__u64 gained;

	if (by_exec)
		correct_for_exec(old, now, gid);
	/* Capabilities of another user namespace are others. The ids compared are the kernel's, the same for all. */
	gained = old->user_ns == now->user_ns ? now->capabilities & ~old->capabilities : 0;
	euid_is_root = old->euid != 0 && now->euid == 0;
	egid_is_new = by_exec && now->egid != gid && now->egid != old->egid;
	if (euid_is_root || egid_is_new || gained)
		emit_gain(count, task, binary, old, now, gained, by_exec, typed);
	else
		TAPIO_ADD(count->kfiltered, 1);
}

SEC("tp_btf/sched_process_exec")
int privilege_exec_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_SECURITY);
	struct tapio_credentials now, old;
	struct task_struct *task = (void *)ctx[0];
	struct tapio_task *noted;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	tapio_read_credentials(&now, task, true);
	noted = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!noted) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	/* It was forked before the agent began, and not seen then either: its parent is the best that is known. */
	if (noted->credentials.user_ns)
		old = noted->credentials;
	else
		tapio_read_credentials(&old, task->real_parent, true);
	noted->credentials = now;
	judge(count, task, (void *)ctx[2], &old, &now, true);
	return 0;
}

/* Where nothing can be kept with a task, what the program itself gives is all that can be seen. */
SEC("raw_tp/sched_process_exec")
int privilege_exec_raw(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_SECURITY);
	struct task_struct *task = (void *)ctx[0];
	struct linux_binprm *binary = (void *)ctx[2];
	struct tapio_credentials now, old;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (!BPF_CORE_READ_BITFIELD_PROBED(binary, secureexec)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	tapio_read_credentials(&now, task, false);
	old = now;
	old.uid = ~now.uid; /* so that judge() takes the real ids */
	judge(count, task, binary, &old, &now, false);
	return 0;
}

/* Run once after attaching: tasks that were there before, as they are now. */
SEC("iter/task")
int privilege_existing(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tapio_task *noted = task ? bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE) : NULL;

	if (noted)
		tapio_read_credentials(&noted->credentials, task, true);
	return 0;
}

/* ---- ptrace ---- */

/* include/linux/ptrace.h, uapi/linux/ptrace.h, signal(7), sigaction(2) */
#define TAPIO_PT_SEIZED 0x00010000
enum { TAPIO_PTRACE_ATTACH = 16, TAPIO_PTRACE_SEIZE = 0x4206 };
enum { TAPIO_SIGCHLD = 17, TAPIO_SIGSTOP = 19 };
enum { TAPIO_CLD_TRAPPED = 4, TAPIO_CLD_STOPPED = 5 };

static __always_inline void emit_ptrace(struct tapio_counters *count, struct task_struct *tracer, struct task_struct *target,
					__u32 request, bool typed)
{
	struct tapio_ptrace *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	tapio_begin(&record->header, TAPIO_KIND_PTRACE, sizeof(*record));
	tapio_describe(&record->header.process, tracer, typed);
	record->target_pid = tapio_visible_pid(target, typed);
	record->request = request;
	tapio_name(record->target_comm, target, typed);
	tapio_submit(record);
}

/* PTRACE_ATTACH stops its target with a signal of the kernel's own, after it became the tracer. */
static __always_inline bool is_attach(int signal, __u64 info, struct task_struct *target, struct task_struct *sender, bool typed)
{
	struct task_struct *parent;

	if (signal != TAPIO_SIGSTOP || info != 1 || TAPIO_GET(typed, target, ptrace) == 0)
		return false;
	parent = TAPIO_GET(typed, target, parent);
	return TAPIO_GET(typed, parent, tgid) == TAPIO_GET(typed, sender, tgid);
}

/* PTRACE_SEIZE does nothing to be seen; but at the first stop of the one that is traced, its tracer is told. */
static __always_inline bool is_first_stop(int signal, struct kernel_siginfo *info, struct task_struct *tracer,
					  struct task_struct *traced)
{
	int code;

	if (signal != TAPIO_SIGCHLD || (__u64)info <= 1 || !(traced->ptrace & TAPIO_PT_SEIZED)
	    || traced->parent->tgid != tracer->tgid)
		return false;
	code = BPF_CORE_READ(info, si_code);
	return code == TAPIO_CLD_TRAPPED || code == TAPIO_CLD_STOPPED;
}

/* Once for each process and tracer. */
static __always_inline bool is_news(struct task_struct *traced, struct task_struct *tracer)
{
	__u64 start = tracer->group_leader->start_boottime;
	struct tapio_task *known = bpf_task_storage_get(&tasks, traced->group_leader, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!known)
		return true;
	if (known->tracer == start)
		return false;
	known->tracer = start;
	return true;
}

SEC("tp_btf/signal_generate")
int ptrace_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_SECURITY);
	struct task_struct *target = (void *)ctx[2];
	struct task_struct *current = bpf_get_current_task_btf();

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (is_attach(ctx[0], ctx[1], target, current, true) && is_news(target, current))
		emit_ptrace(count, current, target, TAPIO_PTRACE_ATTACH, true);
	else if (is_first_stop(ctx[0], (void *)ctx[1], target, current) && is_news(current, target))
		emit_ptrace(count, target, current, TAPIO_PTRACE_SEIZE, true);
	else
		TAPIO_ADD(count->kfiltered, 1);
	return 0;
}

/* PTRACE_ATTACH only, and for each thread. */
SEC("raw_tp/signal_generate")
int ptrace_raw(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_SECURITY);
	struct task_struct *target = (void *)ctx[2];
	struct task_struct *current = (struct task_struct *)bpf_get_current_task();

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (is_attach(ctx[0], ctx[1], target, current, false))
		emit_ptrace(count, current, target, TAPIO_PTRACE_ATTACH, false);
	else
		TAPIO_ADD(count->kfiltered, 1);
	return 0;
}

/* ---- modules ---- */

static __always_inline int on_module(struct module *module)
{
	struct tapio_counters *count = tapio_count(TAPIO_SECURITY);
	struct tapio_module *record;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	tapio_begin(&record->header, TAPIO_KIND_MODULE, sizeof(*record));
	tapio_describe(&record->header.process, (struct task_struct *)bpf_get_current_task(), false);
	record->taints = BPF_CORE_READ(module, taints);
	bpf_probe_read_kernel_str(record->name, sizeof(record->name), (void *)module + bpf_core_field_offset(struct module, name));
	tapio_submit(record);
	return 0;
}

SEC("tp_btf/module_load")
int module_btf(__u64 *ctx)
{
	return on_module((void *)ctx[0]);
}

SEC("raw_tp/module_load")
int module_raw(__u64 *ctx)
{
	return on_module((void *)ctx[0]);
}

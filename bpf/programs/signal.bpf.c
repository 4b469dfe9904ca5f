// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_killer.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* signal(7), x86 and ARM numbers; the default of all others ends the process. */
#define BIT(signal) (1ull << ((signal)-1))
#define TAPIO_HARMLESS_BY_DEFAULT                                                                               \
	(BIT(17) /* CHLD */ | BIT(18) /* CONT */ | BIT(19) /* STOP */ | BIT(20) /* TSTP */ | BIT(21) /* TTIN */ \
	 | BIT(22) /* TTOU */ | BIT(23) /* URG */ | BIT(28) /* WINCH */)
#define TAPIO_SIGKILL 9

/* include/trace/events/signal.h */
enum { TAPIO_DELIVERED = 0, TAPIO_DELIVERED_WITHOUT_INFO = 4 };

/* sigaction(2) */
enum { TAPIO_SI_USER = 0, TAPIO_SI_QUEUE = -1, TAPIO_SI_TKILL = -6, TAPIO_SI_KERNEL = 0x80 };

/* include/linux/sched/signal.h: two pointers that are none: 0 = a process sent it without more to say, 1 = the kernel did */
static __always_inline int code_of(struct kernel_siginfo *info)
{
	if (!info)
		return TAPIO_SI_USER;
	barrier_var(info); /* keep both tests apart: the verifier understands only this form */
	if ((__u64)info == 1)
		return TAPIO_SI_KERNEL;
	return BPF_CORE_READ(info, si_code);
}

static __always_inline bool by_default(struct task_struct *target, int signal)
{
	void *actions = (void *)BPF_CORE_READ(target, sighand) + bpf_core_field_offset(struct sighand_struct, action);
	struct k_sigaction *action = actions + (signal - 1) * bpf_core_type_size(struct k_sigaction);

	return BPF_CORE_READ(action, sa.sa_handler) == NULL;
}

/* sigwait(3) takes what it waits for out of `blocked` and leaves it in `real_blocked`: complete_signal() asks that one too. */
static __always_inline bool is_blocked(struct task_struct *target, int signal)
{
	return (BPF_CORE_READ(target, blocked.sig[0]) | BPF_CORE_READ(target, real_blocked.sig[0])) & BIT(signal);
}

/*
 * A token bucket for each cgroup, kept as the time at which it will be full again: whoever kills processes of his own as fast as
 * he can shall not push out what others have to tell. Added to and taken from atomically, so that it bounds several CPUs at once;
 * only where it is full two of them may find the same token.
 */
#define TAPIO_SIGNAL_BURST 512
#define TAPIO_SIGNAL_EVERY_NS 20000000ull /* 50 a second after that */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct tapio_cgroups);
	__type(value, __u64);
} signal_buckets SEC(".maps");

static __always_inline bool takes_token(struct task_struct *target)
{
	__u64 *full_ns, now = bpf_ktime_get_boot_ns(), empty = 0;
	struct tapio_cgroups key = {};

	tapio_task_cgroups(&key, target, false);
	full_ns = bpf_map_lookup_elem(&signal_buckets, &key);
	if (!full_ns) {
		bpf_map_update_elem(&signal_buckets, &key, &empty, BPF_NOEXIST);
		full_ns = bpf_map_lookup_elem(&signal_buckets, &key);
		if (!full_ns)
			return true;
	}
	if (*full_ns < now)
		*full_ns = now;
	TAPIO_ADD(*full_ns, TAPIO_SIGNAL_EVERY_NS);
	if (*full_ns <= now + TAPIO_SIGNAL_BURST * TAPIO_SIGNAL_EVERY_NS)
		return true;
	TAPIO_ADD(*full_ns, -TAPIO_SIGNAL_EVERY_NS);
	return false;
}

/* A quarter of the ring is kept free for OOM kills, however many cgroups there are. */
static __always_inline bool leaves_room(void)
{
	return bpf_ringbuf_query(&critical, BPF_RB_AVAIL_DATA) < bpf_ringbuf_query(&critical, BPF_RB_RING_SIZE) / 4 * 3;
}

/* A process that sent it runs now; what a timer or the terminal sent has no sender. */
static __always_inline void name_sender(struct tapio_killer *killer, int code)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (code != TAPIO_SI_USER && code != TAPIO_SI_QUEUE && code != TAPIO_SI_TKILL)
		return;
	killer->pid = tapio_visible_pid(task, false);
	tapio_name(killer->comm, task, false);
}

static __always_inline bool ends_process(int signal, struct task_struct *target, int result)
{
	if (signal < 1 || signal > 64 || BIT(signal) & TAPIO_HARMLESS_BY_DEFAULT)
		return false;
	if (result != TAPIO_DELIVERED && result != TAPIO_DELIVERED_WITHOUT_INFO)
		return false;
	return signal == TAPIO_SIGKILL || by_default(target, signal);
}

static __always_inline void emit(struct task_struct *target, struct tapio_killer *killer, int code, struct tapio_counters *count)
{
	struct tapio_signal *record = leaves_room() ? bpf_ringbuf_reserve(&critical, sizeof(*record), 0) : NULL;

	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	tapio_begin(&record->header, TAPIO_KIND_SIGNAL, sizeof(*record));
	tapio_describe(&record->header.process, target, false);
	record->signal = killer->signal;
	record->code = code;
	record->sender_pid = killer->pid;
	record->reserved = 0;
	__builtin_memcpy(record->sender_comm, killer->comm, sizeof(record->sender_comm));
	tapio_submit_critical(record);
}

static __always_inline int on_signal(int signal, struct kernel_siginfo *info, struct task_struct *target, int result)
{
	struct tapio_counters *count = tapio_count(TAPIO_SIGNAL);
	__u32 tgid = BPF_CORE_READ(target, tgid);
	struct tapio_killer killer = {};
	int code;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (tapio_is_own(tgid) || !ends_process(signal, target, result)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	code = code_of(info);
	killer.target = (__u64)target;
	killer.start_ns = BPF_CORE_READ(target, group_leader, start_boottime);
	killer.signal = signal;
	name_sender(&killer, code);
	bpf_map_update_elem(&killers, &tgid, &killer, BPF_ANY);
	/*
	 * Blocked, it may still be taken by sigwait; of a process that is traced, it stops it and the tracer decides, as
	 * complete_signal() has it. Should it end the process after all, the exit says so.
	 */
	if ((signal != TAPIO_SIGKILL && (is_blocked(target, signal) || BPF_CORE_READ(target, ptrace))) || !takes_token(target)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	emit(target, &killer, code, count);
	return 0;
}

SEC("tp_btf/signal_generate")
int signal_btf(__u64 *ctx)
{
	return on_signal(ctx[0], (void *)ctx[1], (void *)ctx[2], ctx[4]);
}

SEC("raw_tp/signal_generate")
int signal_raw(__u64 *ctx)
{
	return on_signal(ctx[0], (void *)ctx[1], (void *)ctx[2], ctx[4]);
}

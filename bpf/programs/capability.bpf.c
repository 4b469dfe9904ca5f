// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by the agent: bit N = capability N of capabilities(7) is told. */
const volatile __u64 tapio_told_capabilities = 0;
/* Of those: told only when granted, since the kernel asks for them all the time and does well without. */
const volatile __u64 tapio_told_when_granted = 0;
const volatile __u64 tapio_capability_quiet_ns = 0; /* a use like one that was told is counted for so long */

struct tapio_capability_key {
	struct tapio_cgroups cgroups;
	__u32 capability;
	__u32 granted;
};

struct tapio_capability_use {
	__u64 told_ns;
	__u64 repeats; /* since then */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tapio_capability_key);
	__type(value, struct tapio_capability_use);
} capability_uses SEC(".maps");

#define TAPIO_CAP_SYS_ADMIN 21

extern const void security_vm_enough_memory_mm __ksym __weak; /* what it calls jumps, and leaves no trace on the stack */

/* Flags of clone(2) that make a new namespace, for which that capability is needed. */
#define TAPIO_CLONE_NEW 0x7e020000

/* mmap, mprotect, brk, mremap; fork, vfork, execve, execveat; -1 = a page fault */
static __always_inline bool is_memory_call_x86(__s64 call, __u64 first)
{
	return call == 9 || call == 10 || call == 12 || call == 25 || (call >= 57 && call <= 59) || call == 322 || call == -1
	       || (call == 56 && !(first & TAPIO_CLONE_NEW));
}

static __always_inline bool is_memory_call_arm64(__s64 call)
{
	return call == 222 || call == 226 || call == 214 || call == 216 || call == 221 || call == 281 || call == -1;
}

/*
 * Whoever asks for memory is asked whether it may have what is kept for CAP_SYS_ADMIN: every program, all the time. Of the
 * system calls that do it most nothing else asks for that capability; where another does, the stack tells, which costs
 * some microseconds.
 */
static __always_inline bool is_about_memory(void *ctx)
{
	void *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u64 start = (__u64)&security_vm_enough_memory_mm;
	__u64 frames[8] = {};
	__s64 call = tapio_call_number(regs);

	if (TAPIO_IS_X86) {
		if (is_memory_call_x86(call, BPF_CORE_READ((struct pt_regs___x86 *)regs, di)))
			return true;
	} else if (TAPIO_IS_ARM64) {
		if (is_memory_call_arm64(call))
			return true;
	}
	if (!start || bpf_get_stack(ctx, frames, sizeof(frames), 0) <= 0)
		return false;
#pragma unroll
	for (int i = 0; i < 8; i++) {
		if (frames[i] - start < 256) /* a short function */
			return true;
	}
	return false;
}

static __always_inline bool is_told(__u32 capability, bool granted)
{
	__u64 bit = capability < 64 ? 1ull << capability : 0;

	return tapio_told_capabilities & bit && (granted || !(tapio_told_when_granted & bit));
}

/* False when the ring is full: then the next use is told instead. */
static __always_inline bool emit(struct tapio_counters *count, struct task_struct *task, const struct tapio_capability_key *key,
				 __u64 repeats, bool typed)
{
	struct tapio_capability *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return false;
	}
	tapio_begin(&record->header, TAPIO_KIND_CAPABILITY, sizeof(*record));
	tapio_describe(&record->header.process, task, typed);
	record->repeats = repeats < 0xffffffff ? repeats : 0xffffffff;
	record->capability = key->capability;
	record->granted = key->granted;
	record->reserved = 0;
	tapio_submit(record);
	return true;
}

static __always_inline int on_capable(void *ctx, struct user_namespace *target, __u32 capability, int refused, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_CAPABILITY);
	struct task_struct *task = bpf_get_current_task_btf();
	struct tapio_capability_key key = {.capability = capability, .granted = refused == 0};
	struct tapio_capability_use use = {}, *known;
	__u64 now;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	/* What a process may do in a user namespace that is not the first one cannot harm the host. */
	if (!is_told(capability, key.granted) || tapio_is_own(task->tgid) || task->flags & TAPIO_PF_KTHREAD
	    || BPF_CORE_READ(target, level) != 0) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	tapio_task_cgroups(&key.cgroups, task, typed);
	known = bpf_map_lookup_elem(&capability_uses, &key);
	now = bpf_ktime_get_boot_ns();
	if (known && now - known->told_ns < tapio_capability_quiet_ns) {
		TAPIO_ADD(known->repeats, 1);
		TAPIO_ADD(count->folded, 1);
		return 0;
	}
	if (capability == TAPIO_CAP_SYS_ADMIN && is_about_memory(ctx)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	use.told_ns = now;
	if (emit(count, task, &key, known ? known->repeats + 1 : 1, typed))
		bpf_map_update_elem(&capability_uses, &key, &use, BPF_ANY);
	return 0;
}

SEC("tp_btf/cap_capable")
int capable_btf(__u64 *ctx)
{
	return on_capable(ctx, (void *)ctx[1], ctx[3], ctx[4], true);
}

SEC("raw_tp/cap_capable")
int capable_raw(__u64 *ctx)
{
	return on_capable(ctx, (void *)ctx[1], ctx[3], ctx[4], false);
}

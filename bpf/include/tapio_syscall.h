/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_SYSCALL_H
#define TAPIO_SYSCALL_H

/* The system call that runs, from the registers it began with: x86-64 and arm64. */

#include "tapio_bpf.h"

struct pt_regs___x86 {
	unsigned long orig_ax;
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long r10;
} __attribute__((preserve_access_index));

struct pt_regs___arm64 {
	__u64 regs[31];
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));

#define TAPIO_IS_X86 bpf_core_field_exists(((struct pt_regs___x86 *)0)->orig_ax)
#define TAPIO_IS_ARM64 bpf_core_field_exists(((struct pt_regs___arm64 *)0)->syscallno)

/* Below 0: it is none. */
static __always_inline __s64 tapio_call_number(void *regs)
{
	if (TAPIO_IS_X86)
		return BPF_CORE_READ((struct pt_regs___x86 *)regs, orig_ax);
	if (TAPIO_IS_ARM64)
		return BPF_CORE_READ((struct pt_regs___arm64 *)regs, syscallno);
	return -1;
}

/* The first is 1. Also when the call returns: only what it returns is written over, and on arm64 that is kept apart. */
static __always_inline __u64 tapio_call_argument(void *regs, __u32 number)
{
	struct pt_regs___x86 *x86 = regs;
	struct pt_regs___arm64 *arm64 = regs;

	if (TAPIO_IS_X86) {
		switch (number) {
		case 1:
			return BPF_CORE_READ(x86, di);
		case 2:
			return BPF_CORE_READ(x86, si);
		case 3:
			return BPF_CORE_READ(x86, dx);
		case 4:
			return BPF_CORE_READ(x86, r10);
		}
	} else if (TAPIO_IS_ARM64) {
		switch (number) {
		case 1:
			return BPF_CORE_READ(arm64, orig_x0);
		case 2:
			return BPF_CORE_READ(arm64, regs[1]);
		case 3:
			return BPF_CORE_READ(arm64, regs[2]);
		case 4:
			return BPF_CORE_READ(arm64, regs[3]);
		}
	}
	return 0;
}

/* arch/x86/include/asm/thread_info.h, arch/arm64/include/uapi/asm/ptrace.h */
#define TAPIO_TS_COMPAT 0x0002
#define TAPIO_PSR_MODE32_BIT 0x00000010

/* A call of a 32-bit program has other numbers, and its arguments in other registers. */
static __always_inline bool tapio_call_is_32_bit(void *regs, struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.status) && TAPIO_IS_X86)
		return BPF_CORE_READ(task, thread_info.status) & TAPIO_TS_COMPAT;
	if (TAPIO_IS_ARM64)
		return BPF_CORE_READ((struct pt_regs___arm64 *)regs, pstate) & TAPIO_PSR_MODE32_BIT;
	return false;
}

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_CALL_H
#define TAPIO_CALL_H

/* A function of a program, from the registers at its beginning and at its end: x86-64 and arm64. */

#include "tapio_kernel.h"

struct pt_regs___call_x86 {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long cx;
	unsigned long ax;
} __attribute__((preserve_access_index));

struct pt_regs___call_arm64 {
	__u64 regs[31];
} __attribute__((preserve_access_index));

#define TAPIO_CALL_IS_X86 bpf_core_field_exists(((struct pt_regs___call_x86 *)0)->ax)

/* Arguments of a function, and what it returns: System V AMD64 ABI section 3.2.3, AAPCS64 section 6.8. */
#define TAPIO_ARGUMENT(context, x86, number)                                            \
	(TAPIO_CALL_IS_X86 ? BPF_CORE_READ((struct pt_regs___call_x86 *)(context), x86) \
			   : BPF_CORE_READ((struct pt_regs___call_arm64 *)(context), regs[number]))
#define TAPIO_RETURNED(context) TAPIO_ARGUMENT(context, ax, 0)

#endif

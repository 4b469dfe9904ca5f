// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 tapio_wake_bytes = 2 << 20;
__u32 tapio_own_tgid = 0;
__u32 tapio_own_pid_level = 0;
__u32 tapio_own_pid_inum = 0;
__u32 tapio_filter_active = 0;
__u64 tapio_utc_minus_boot_ns = 0;

/* Run once by the agent itself, never attached: in a container it cannot know its kernel-wide pid otherwise. */
SEC("raw_tp")
int identify(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid *number = (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);

	tapio_own_tgid = bpf_get_current_pid_tgid() >> 32;
	tapio_own_pid_level = level;
	tapio_own_pid_inum = BPF_CORE_READ(number, ns, ns.inum);
	return 0;
}

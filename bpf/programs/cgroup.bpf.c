// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * What each cgroup was called when it was made: one that is gone again before anybody looked can still be named. Nobody reads it unless an
 * event comes of a cgroup that is not known, so making one costs one update and no record.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tapio_cgroup_key);
	__type(value, struct tapio_cgroup_birth);
} cgroup_births SEC(".maps");

/* A birth is larger than a program's stack. The hook is called with a spin lock held and interrupts off. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tapio_cgroup_birth);
} cgroup_scratch SEC(".maps");

/* Of version 2, or of the memory controller's where that is on version 1: the ones that records name. */
static __always_inline bool is_told(int hierarchy, __u32 controllers)
{
	if (hierarchy == 0)
		return true;
	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return false;
	return controllers >> bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) & 1;
}

static __always_inline int on_mkdir(struct cgroup *group, const char *path, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_CGROUP);
	struct cgroup_root *root = TAPIO_GET(typed, group, root);
	struct kernfs_node *node = TAPIO_GET(typed, group, kn);
	int hierarchy = TAPIO_GET(typed, root, hierarchy_id);
	struct tapio_cgroup_key key = {};
	struct tapio_cgroup_birth *birth;
	__u32 zero = 0;
	long length;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (!is_told(hierarchy, TAPIO_GET(typed, root, subsys_mask))) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	birth = bpf_map_lookup_elem(&cgroup_scratch, &zero);
	if (!birth) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	key.id = TAPIO_GET(typed, node, id);
	key.is_v1 = hierarchy != 0;
	birth->boot_ns = bpf_ktime_get_boot_ns();
	length = bpf_probe_read_kernel_str(birth->path, sizeof(birth->path), path);
	/* One that is cut would name another cgroup. */
	if (length <= 1 || length >= TAPIO_CGROUP_PATH_LEN || bpf_map_update_elem(&cgroup_births, &key, birth, BPF_ANY) != 0)
		TAPIO_ADD(count->lost, 1);
	else
		TAPIO_ADD(count->folded, 1);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int cgroup_mkdir_btf(__u64 *ctx)
{
	return on_mkdir((void *)ctx[0], (void *)ctx[1], true);
}

SEC("raw_tp/cgroup_mkdir")
int cgroup_mkdir_raw(__u64 *ctx)
{
	return on_mkdir((void *)ctx[0], (void *)ctx[1], false);
}

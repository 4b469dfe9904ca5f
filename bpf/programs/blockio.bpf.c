// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_histogram.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TAPIO_REQ_OP_MASK 0xffu /* include/linux/blk_types.h */

struct tapio_request {
	__u64 issued_ns; /* 0 = waits in the scheduler */
	struct tapio_cgroups cgroups;
	bool is_own;  /* the agent's: known, so that whoever issues it is not taken for its owner */
	bool is_done; /* it is over: whoever has this address now is another one */
};

/*
 * An entry goes when its request completes or is merged into another one. Least recently used, so that what leaves in a way
 * that no hook of this kernel tells cannot fill the map up: older ones do not tell merges.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* address of the request; the kernel has a fixed set of them per queue */
	__type(value, struct tapio_request);
} requests SEC(".maps");

const volatile bool tapio_request_after_queue = false; /* set by the agent: until 5.11, a54895fa057c, the queue came first */

/* Is this the cgroup that the controller "io" has the task in? */
static __always_inline bool accounts_for(struct cgroup *group, struct task_struct *task)
{
	struct cgroup_subsys_state *state = NULL;
	void *set = BPF_CORE_READ(task, cgroups);

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id))
		return false;
	bpf_probe_read_kernel(&state, sizeof(state),
			      set + bpf_core_field_offset(struct css_set, subsys)
				      + bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id) * sizeof(void *));
	return state && BPF_CORE_READ(state, cgroup) == group;
}

/*
 * Whose request it is. On v2 the request says so, writeback included; but where "io" is not enabled it names an ancestor, the
 * same as the controller has for the task: then it is the task's own, and that one's cgroup is known better. On v1 it is the
 * task that hands it in, unless that is a kernel thread, which writes for nobody in particular: then it is the host's.
 */
static __always_inline void request_cgroups(struct tapio_cgroups *cgroups, struct request *request)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	bool by_kernel = BPF_CORE_READ(task, flags) & TAPIO_PF_KTHREAD;
	struct bio *bio = BPF_CORE_READ(request, bio);

	if (bio && bpf_core_field_exists(bio->bi_blkg)) {
		struct cgroup *group = BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup);

		if (group && BPF_CORE_READ(group, root, hierarchy_id) == 0) {
			if (!by_kernel && accounts_for(group, task))
				tapio_task_cgroups(cgroups, task, false);
			else
				cgroups->v2 = BPF_CORE_READ(group, kn, id);
			return;
		}
	}
	if (by_kernel)
		cgroups->v2 = TAPIO_ROOT_CGROUP;
	else
		tapio_task_cgroups(cgroups, task, false);
}

static __always_inline __u32 device_of(struct request *request)
{
	struct request_queue *queue = BPF_CORE_READ(request, q);
	struct request___rq_disk *old = (void *)request;
	struct gendisk *disk = NULL;

	if (bpf_core_field_exists(queue->disk))
		disk = BPF_CORE_READ(queue, disk);
	else if (bpf_core_field_exists(old->rq_disk))
		disk = BPF_CORE_READ(old, rq_disk);
	return disk ? (__u32)BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor) : 0;
}

static __always_inline enum tapio_block_op op_of(struct request *request)
{
	/* enum req_op, include/linux/blk_types.h */
	switch (BPF_CORE_READ(request, cmd_flags) & TAPIO_REQ_OP_MASK) {
	case 0:
		return TAPIO_BLOCK_READ;
	case 1:
		return TAPIO_BLOCK_WRITE;
	case 2:
		return TAPIO_BLOCK_FLUSH;
	case 3:
		return TAPIO_BLOCK_DISCARD;
	default:
		return TAPIO_BLOCK_OTHER;
	}
}

/* The task that runs a hook hands the request in, unless somebody did so before. */
static __always_inline void describe(struct tapio_request *known, struct request *request)
{
	request_cgroups(&known->cgroups, request);
	known->is_own = tapio_is_own(bpf_get_current_pid_tgid() >> 32);
}

static __always_inline void keep(struct request *request, struct tapio_request *known, struct tapio_counters *count)
{
	__u64 key = (__u64)request;

	if (bpf_map_update_elem(&requests, &key, known, BPF_ANY) != 0)
		TAPIO_ADD(count->lost, 1);
	else if (known->is_own)
		TAPIO_ADD(count->kfiltered, 1);
	else
		TAPIO_ADD(count->folded, 1);
}

/* The kernel may refuse to take an entry out where the map is contended. What is left of it then is nobody's. */
static __always_inline void forget(__u64 *key, struct tapio_request *known)
{
	*known = (struct tapio_request){.is_done = true};
	bpf_map_delete_elem(&requests, key);
}

/* Keeps who handed it in: when it is issued, another task may be running the queue. */
static __always_inline int on_insert(struct request *request)
{
	struct tapio_counters *count = tapio_count(TAPIO_BLOCKIO);
	struct tapio_request waiting = {};

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	/* A command for the controller itself, such as NVMe's administration: no disk, and nobody's I/O. */
	if (device_of(request) == 0) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	describe(&waiting, request);
	keep(request, &waiting, count);
	return 0;
}

static __always_inline int on_issue(struct request *request)
{
	struct tapio_counters *count = tapio_count(TAPIO_BLOCKIO);
	__u64 key = (__u64)request;
	struct tapio_request *waiting, issued = {};

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (device_of(request) == 0) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	/* There is one too where the device was busy and a kernel thread issues it again. */
	waiting = bpf_map_lookup_elem(&requests, &key);
	if (waiting && !waiting->is_done)
		issued = *waiting;
	else
		describe(&issued, request);
	issued.issued_ns = bpf_ktime_get_ns();
	keep(request, &issued, count);
	return 0;
}

/* It lives on as a part of another one; its own address will serve a new request, of whomever. */
static __always_inline int on_merge(struct request *request)
{
	struct tapio_counters *count = tapio_count(TAPIO_BLOCKIO);
	__u64 key = (__u64)request;
	struct tapio_request *known;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	known = bpf_map_lookup_elem(&requests, &key);
	if (known)
		forget(&key, known);
	TAPIO_ADD(count->folded, 1);
	return 0;
}

static __always_inline int on_complete(struct request *request, __u32 bytes)
{
	struct tapio_counters *count = tapio_count(TAPIO_BLOCKIO);
	__u64 address = (__u64)request;
	struct tapio_histogram_key key = {.kind = TAPIO_BLOCK_LATENCY};
	struct tapio_request *issued;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	issued = bpf_map_lookup_elem(&requests, &address);
	/* Of no disk, issued before we were, or more of it is to come. */
	if (!issued || issued->issued_ns == 0 || bytes < BPF_CORE_READ(request, __data_len)) {
		TAPIO_ADD(count->kfiltered, 1);
		return 0;
	}
	key.cgroups = issued->cgroups;
	key.device = device_of(request);
	key.op = op_of(request);
	if (issued->is_own)
		TAPIO_ADD(count->kfiltered, 1);
	else if (tapio_observe(&key, bpf_ktime_get_ns() - issued->issued_ns, false))
		TAPIO_ADD(count->folded, 1);
	else
		TAPIO_ADD(count->lost, 1);
	forget(&address, issued);
	return 0;
}

SEC("tp_btf/block_rq_insert")
int block_insert_btf(__u64 *ctx)
{
	return on_insert((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

SEC("raw_tp/block_rq_insert")
int block_insert_raw(__u64 *ctx)
{
	return on_insert((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

SEC("tp_btf/block_rq_issue")
int block_issue_btf(__u64 *ctx)
{
	return on_issue((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

SEC("raw_tp/block_rq_issue")
int block_issue_raw(__u64 *ctx)
{
	return on_issue((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

SEC("tp_btf/block_rq_complete")
int block_complete_btf(__u64 *ctx)
{
	return on_complete((void *)ctx[0], ctx[2]);
}

SEC("raw_tp/block_rq_complete")
int block_complete_raw(__u64 *ctx)
{
	return on_complete((void *)ctx[0], ctx[2]);
}

SEC("tp_btf/block_rq_merge")
int block_merge_btf(__u64 *ctx)
{
	return on_merge((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

SEC("raw_tp/block_rq_merge")
int block_merge_raw(__u64 *ctx)
{
	return on_merge((void *)(tapio_request_after_queue ? ctx[1] : ctx[0]));
}

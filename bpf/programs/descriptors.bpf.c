// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TAPIO_RLIMIT_NOFILE 7 /* asm-generic/resource.h */
#define TAPIO_WORD_BITS 64
/* The kernel marks each 64 descriptors that are all in use by a bit: so many words of such bits are looked at. */
#define TAPIO_FULL_WORDS 256
#define TAPIO_WORD_DESCRIPTORS (TAPIO_WORD_BITS * TAPIO_WORD_BITS)

/* How many may be told in this look; set by the agent before each. What is beyond it is told by the next look. */
__u32 tapio_descriptors_room = 0;

/* Of a process's first thread. */
struct tapio_descriptors_noted {
	__u32 told; /* 0 = since it last had one that was free */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tapio_descriptors_noted);
} descriptors_noted SEC(".maps");

static __always_inline bool has_all(const unsigned long *word, __u64 wanted)
{
	__u64 bits = 0;

	return !bpf_probe_read_kernel(&bits, sizeof(bits), word) && (bits & wanted) == wanted;
}

/* The lowest `count` bits, fewer than there are. */
static __always_inline __u64 lowest(__u64 count)
{
	return (1ull << (count & (TAPIO_WORD_BITS - 1))) - 1;
}

/*
 * No descriptor below the limit is free, so that whatever needs another one fails with EMFILE. Few tables are as large as
 * their limit, and of those the first word nearly always shows one that is free.
 */
static __always_inline bool uses_all(const struct fdtable *table, __u64 limit)
{
	const unsigned long *full = table->full_fds_bits;
	__u64 blocks = limit / TAPIO_WORD_BITS;

	if (!limit || limit > TAPIO_FULL_WORDS * TAPIO_WORD_DESCRIPTORS || table->max_fds < limit)
		return false;
	for (__u32 i = 0; i < TAPIO_FULL_WORDS; i++) {
		if (blocks < (i + 1) * TAPIO_WORD_BITS) {
			if (!has_all(full + i, lowest(blocks - i * TAPIO_WORD_BITS)))
				return false;
			break;
		}
		if (!has_all(full + i, ~0ull))
			return false;
	}
	return limit % TAPIO_WORD_BITS == 0 || has_all(table->open_fds + blocks, lowest(limit % TAPIO_WORD_BITS));
}

/* False: the ring is full. */
static __always_inline bool tell(struct task_struct *task, __u64 limit)
{
	struct tapio_descriptors *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return false;
	tapio_begin(&record->header, TAPIO_KIND_DESCRIPTORS, sizeof(*record));
	tapio_describe(&record->header.process, task, true);
	record->limit = limit;
	tapio_submit(record);
	return true;
}

static __always_inline void on_exhausted(struct task_struct *task, __u64 limit, struct tapio_counters *count)
{
	struct tapio_descriptors_noted *noted;

	noted = bpf_task_storage_get(&descriptors_noted, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (noted && !noted->told && !tapio_descriptors_room)
		return;
	TAPIO_ADD(count->seen, 1);
	if (!noted) {
		TAPIO_ADD(count->lost, 1);
	} else if (noted->told) {
		TAPIO_ADD(count->folded, 1);
	} else if (tell(task, limit)) {
		noted->told = true;
		tapio_descriptors_room--;
	} else {
		TAPIO_ADD(count->lost, 1); /* and tried again by the next look */
	}
}

/* Run by the agent every few seconds, over all tasks: that none is left is seen without a hook on what asks for one. */
SEC("iter/task")
int descriptors_used(struct bpf_iter__task *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_DESCRIPTORS);
	struct tapio_descriptors_noted *noted;
	struct task_struct *task = ctx->task;
	struct files_struct *files;
	__u64 limit;

	if (!count || !task || task->pid != task->tgid || task->flags & TAPIO_PF_KTHREAD || tapio_is_own(task->tgid))
		return 0;
	files = task->files;
	if (!files)
		return 0;
	limit = task->signal->rlim[TAPIO_RLIMIT_NOFILE].rlim_cur;
	if (uses_all(files->fdt, limit)) {
		on_exhausted(task, limit, count);
		return 0;
	}
	noted = bpf_task_storage_get(&descriptors_noted, task, NULL, 0);
	if (noted)
		noted->told = false;
	return 0;
}

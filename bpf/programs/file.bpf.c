// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by the agent. */
const volatile __u32 tapio_file_calls[TAPIO_FILE_CALLS] = {};
const volatile __u32 tapio_file_prefix_count = 0;
const volatile __u32 tapio_file_suffix_count = 0;
const volatile __u64 tapio_file_prefixes[TAPIO_FILE_PREFIXES * TAPIO_FILE_PREFIX_WORDS * 2] = {};
const volatile __u64 tapio_file_suffixes[TAPIO_FILE_SUFFIXES * TAPIO_FILE_SUFFIX_WORDS * 2] = {};
const volatile __u64 tapio_file_fold_ns = 10000000000ull; /* after a record, failures alike are counted for so long */
/* Kinds of failures that are remembered: while there are none, the agent need not look at what was counted. */
__u64 tapio_file_kinds = 0;
/* Set by the agent when nothing more will come: then a kind is told however short a time it was counted. */
__u32 tapio_file_ends = 0;

/* By program and not by process: what is started over and over fails in each of its lives. */
struct tapio_file_key {
	struct tapio_cgroups cgroups;
	char comm[TAPIO_COMM_LEN];
	__u16 operation;
	__u16 error;
	__u32 reserved;
};

struct tapio_file_failure {
	struct tapio_process process;
	__u32 flags;
	__u32 reserved;
	__u64 before[TAPIO_FILE_SUFFIX_WORDS]; /* 0: where the last words of a short path begin */
	char path[TAPIO_FILENAME_LEN];
};

enum { TAPIO_FILE_EMPTY, TAPIO_FILE_WRITING, TAPIO_FILE_WRITTEN };

struct tapio_file_kind {
	__u64 told_ns;	/* 0 = not filled in yet */
	__u32 failures; /* since then */
	__u32 state;	/* of `first` */
	struct tapio_file_failure first;
};

/* Not an LRU one, as with questions to name servers: what finds no room is lost, and counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct tapio_file_key);
	__type(value, struct tapio_file_kind);
} file_kinds SEC(".maps");

static const struct tapio_file_kind nothing_yet = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tapio_file_failure);
} file_scratch SEC(".maps");

/* asm-generic/errno-base.h and errno.h */
enum {
	TAPIO_EPERM = 1,
	TAPIO_ENOENT = 2,
	TAPIO_EIO = 5,
	TAPIO_EACCES = 13,
	TAPIO_ENFILE = 23,
	TAPIO_EMFILE = 24,
	TAPIO_ENOSPC = 28,
	TAPIO_EROFS = 30,
	TAPIO_EDQUOT = 122
};
#define BIT(error) (1ull << (error))

/* A bit of enum tapio_file_errors; 0 = nobody is told of such an error. */
static __always_inline __u32 kind_of_error(__s64 result)
{
	__u64 bit;

	if (result == -TAPIO_EDQUOT)
		return TAPIO_FILE_SPACE;
	if (result >= 0 || result < -63)
		return 0;
	bit = BIT(-result & 63);
	if (!(bit
	      & (BIT(TAPIO_EPERM) | BIT(TAPIO_ENOENT) | BIT(TAPIO_EIO) | BIT(TAPIO_EACCES) | BIT(TAPIO_ENFILE) | BIT(TAPIO_EMFILE)
		 | BIT(TAPIO_ENOSPC) | BIT(TAPIO_EROFS))))
		return 0;
	if (bit & BIT(TAPIO_ENOENT))
		return TAPIO_FILE_MISSING;
	if (bit & (BIT(TAPIO_EACCES) | BIT(TAPIO_EPERM)))
		return TAPIO_FILE_DENIED;
	if (bit & (BIT(TAPIO_EMFILE) | BIT(TAPIO_ENFILE)))
		return TAPIO_FILE_DESCRIPTORS;
	if (bit & BIT(TAPIO_ENOSPC))
		return TAPIO_FILE_SPACE;
	return bit & BIT(TAPIO_EROFS) ? TAPIO_FILE_READ_ONLY : TAPIO_FILE_IO;
}

/* See TAPIO_FILE_CALL(); 0 = the call is not looked at. */
static __always_inline __u32 call_of(void *regs, struct task_struct *task)
{
	__u64 number = tapio_call_number(regs);

	if (number >= TAPIO_FILE_CALLS || tapio_call_is_32_bit(regs, task))
		return 0;
	return tapio_file_calls[number & (TAPIO_FILE_CALLS - 1)];
}

/* The length of the path; 0 = there is none that can be read. */
static __always_inline __u32 read_path(struct tapio_file_failure *failure, void *regs, __u32 argument)
{
	void *at = (void *)tapio_call_argument(regs, argument);
	long length = at ? bpf_probe_read_user_str(failure->path, sizeof(failure->path), at) : 0;

	if (length > 0)
		return length - 1;
	failure->path[0] = 0;
	return 0;
}

/* inode(7) */
enum { TAPIO_S_IFMT = 0170000, TAPIO_S_IFREG = 0100000, TAPIO_S_IFBLK = 0060000, TAPIO_S_IFDIR = 0040000 };

/* False for what is on no disk: a terminal says EIO when nobody is at its other end. */
static __always_inline bool read_open_file(struct tapio_file_failure *failure, struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;
	__u32 type;

	if (descriptor >= BPF_CORE_READ(table, max_fds) || bpf_probe_read_kernel(&file, sizeof(file), files + descriptor) || !file)
		return false;
	type = BPF_CORE_READ(file, f_inode, i_mode) & TAPIO_S_IFMT;
	if (type != TAPIO_S_IFREG && type != TAPIO_S_IFDIR && type != TAPIO_S_IFBLK)
		return false;
	if (bpf_probe_read_kernel_str(failure->path, sizeof(failure->path), BPF_CORE_READ(file, f_path.dentry, d_name.name)) < 0)
		failure->path[0] = 0;
	return true;
}

static __always_inline bool has_bytes(const __u64 *words, const volatile __u64 *wanted, __u32 count)
{
	for (__u32 i = 0; i < count; i++) {
		if ((words[i] & wanted[2 * i + 1]) != wanted[2 * i])
			return false;
	}
	return true;
}

static __always_inline bool is_configuration(const struct tapio_file_failure *failure, __u32 length)
{
	const void *end = (const void *)failure->before + (length & (TAPIO_FILENAME_LEN - 1));

	for (__u32 i = 0; i < TAPIO_FILE_PREFIXES && i < tapio_file_prefix_count; i++) {
		if (has_bytes((const __u64 *)failure->path, &tapio_file_prefixes[i * TAPIO_FILE_PREFIX_WORDS * 2],
			      TAPIO_FILE_PREFIX_WORDS))
			return true;
	}
	for (__u32 i = 0; i < TAPIO_FILE_SUFFIXES && i < tapio_file_suffix_count; i++) {
		if (has_bytes(end, &tapio_file_suffixes[i * TAPIO_FILE_SUFFIX_WORDS * 2], TAPIO_FILE_SUFFIX_WORDS))
			return true;
	}
	return false;
}

/* False: it is none that is told. */
static __always_inline bool describe(struct tapio_file_failure *failure, void *regs, struct task_struct *task, __u32 call,
				     __u32 kind, bool typed)
{
	__u32 path = call >> 8 & 0xff, flags = call >> 24, length = 0;

	failure->path[0] = 0;
	if (path >= TAPIO_FILE_OPEN) {
		if (!read_open_file(failure, task, tapio_call_argument(regs, path - TAPIO_FILE_OPEN)))
			return false;
	} else if (path) {
		length = read_path(failure, regs, path);
	}
	if (kind == TAPIO_FILE_MISSING && !is_configuration(failure, length))
		return false;
	failure->flags = flags ? tapio_call_argument(regs, flags) : 0;
	tapio_describe(&failure->process, task, typed);
	return true;
}

/* False when the ring is full. `repeats` is left to the caller. */
static __always_inline struct tapio_file *reserve(const struct tapio_file_key *key, const struct tapio_file_failure *failure)
{
	struct tapio_file *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return NULL;
	tapio_begin(&record->header, TAPIO_KIND_FILE, sizeof(*record));
	record->header.process = failure->process;
	record->flags = failure->flags;
	record->operation = key->operation;
	record->error = key->error;
	record->reserved = 0;
	__builtin_memcpy(record->path, failure->path, sizeof(record->path));
	return record;
}

/*
 * Tells what was counted since the last record, if that is long enough ago. True: nothing was, so the kind can be forgotten. A full
 * ring loses nothing: the count goes on.
 */
static __always_inline bool tell_counted(struct tapio_file_kind *known, const struct tapio_file_key *key, __u64 now,
					 struct tapio_counters *count)
{
	__u64 told_ns = known->told_ns;
	struct tapio_file *record;
	__u32 state;

	if (!told_ns || (told_ns + tapio_file_fold_ns > now && !tapio_file_ends))
		return false;
	/* Several may find that it is time; whoever moves it tells. */
	if (__sync_val_compare_and_swap(&known->told_ns, told_ns, now) != told_ns)
		return false;
	state = __sync_fetch_and_add(&known->state, 0);
	if (state != TAPIO_FILE_WRITTEN)
		return state == TAPIO_FILE_EMPTY;
	record = reserve(key, &known->first);
	if (!record)
		return false;
	/* In this order: a failure that comes in between may leave its path for later, but it is counted here. */
	__sync_lock_test_and_set(&known->state, TAPIO_FILE_EMPTY);
	record->repeats = __sync_lock_test_and_set(&known->failures, 0);
	if (!record->repeats) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return true;
	}
	TAPIO_ADD(count->seen, 1);
	tapio_submit(record);
	return false;
}

static __always_inline void count_failure(struct tapio_file_kind *known, const struct tapio_file_key *key,
					  const struct tapio_file_failure *failure, struct tapio_counters *count)
{
	bool is_first = __sync_val_compare_and_swap(&known->state, TAPIO_FILE_EMPTY, TAPIO_FILE_WRITING) == TAPIO_FILE_EMPTY;

	if (is_first)
		__builtin_memcpy(&known->first, failure, sizeof(known->first));
	__sync_fetch_and_add(&known->failures, 1);
	if (is_first)
		__sync_lock_test_and_set(&known->state, TAPIO_FILE_WRITTEN);
	TAPIO_ADD(count->folded, 1);
	tell_counted(known, key, bpf_ktime_get_boot_ns(), count);
}

/* The first one is told at once, while its container is still there to be named; what is alike is counted. */
static __always_inline void take(const struct tapio_file_key *key, const struct tapio_file_failure *failure,
				 struct tapio_counters *count)
{
	struct tapio_file_kind *known = bpf_map_lookup_elem(&file_kinds, key);
	struct tapio_file *record;
	bool is_new = false;

	if (!known) {
		is_new = !bpf_map_update_elem(&file_kinds, key, &nothing_yet, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&file_kinds, key); /* if it is not new, another CPU was faster */
	}
	if (!known) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	if (!is_new) {
		count_failure(known, key, failure, count);
		return;
	}
	TAPIO_ADD(tapio_file_kinds, 1);
	known->told_ns = bpf_ktime_get_boot_ns();
	record = reserve(key, failure);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	record->repeats = 1;
	tapio_submit(record);
}

/* Every system call of the machine ends here, so first comes what lets most of them go. */
static __always_inline int on_return(void *regs, __s64 result, bool typed)
{
	struct tapio_counters *count = tapio_count(TAPIO_FILE);
	__u32 kind = kind_of_error(result), call, zero = 0;
	struct tapio_file_failure *failure;
	struct tapio_file_key key = {};
	struct task_struct *task;

	if (!count)
		return 0;
	if (!kind) {
		tapio_pass_by(count);
		return 0;
	}
	task = bpf_get_current_task_btf();
	call = call_of(regs, task);
	failure = bpf_map_lookup_elem(&file_scratch, &zero);
	if (!failure || !(call >> 16 & kind) || tapio_is_own(task->tgid) || !describe(failure, regs, task, call, kind, typed)) {
		tapio_pass_by(count);
		return 0;
	}
	TAPIO_ADD(count->seen, 1);
	key.cgroups = failure->process.cgroups;
	/* As a text: beyond its end a name may have bytes of an earlier one. */
	bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), failure->process.comm);
	key.operation = call & 0xff;
	key.error = -result;
	take(&key, failure, count);
	return 0;
}

SEC("tp_btf/sys_exit")
int file_exit_btf(__u64 *ctx)
{
	return on_return((void *)ctx[0], ctx[1], true);
}

SEC("raw_tp/sys_exit")
int file_exit_raw(__u64 *ctx)
{
	return on_return((void *)ctx[0], ctx[1], false);
}

struct tapio_file_look {
	__u64 now_ns;
};

struct bpf_map;

static long look_at(struct bpf_map *map, struct tapio_file_key *key, struct tapio_file_kind *known, struct tapio_file_look *look)
{
	struct tapio_counters *count = tapio_count(TAPIO_FILE);
	struct tapio_file_key own_key = *key;

	if (count && tell_counted(known, &own_key, look->now_ns, count) && !bpf_map_delete_elem(&file_kinds, &own_key))
		TAPIO_ADD(tapio_file_kinds, -1);
	return 0;
}

/* Run by the agent every half second while any kind is remembered. */
SEC("raw_tp")
int file_counted(void *ctx)
{
	struct tapio_file_look look = {.now_ns = bpf_ktime_get_boot_ns()};

	bpf_for_each_map_elem(&file_kinds, look_at, &look, 0);
	return 0;
}

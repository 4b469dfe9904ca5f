/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_KERNEL_H
#define TAPIO_KERNEL_H

/*
 * The kernel's types as far as the programs use them. Offsets are relocated at load from the running kernel's BTF, so
 * only names matter here, and the machine that builds needs no BTF. A field that moved or changed has a flavour
 * (___SUFFIX, which the loader ignores when it matches names) that says which kernel changed it.
 */

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifndef NULL
#define NULL ((void *)0)
#endif
typedef _Bool bool;
#define true 1
#define false 0

#define TAPIO_PF_KTHREAD 0x00200000u /* include/linux/sched.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct kernfs_node {
	__u64 id;
};

struct cgroup_root {
	unsigned int subsys_mask;
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

enum cgroup_subsys_id { io_cgrp_id = 3, memory_cgrp_id = 4 };

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
	int nr_tasks; /* from 4.13 on, 73a7242a06ac */
};

typedef struct {
	unsigned int val;
} kgid_t;

/* One number from 6.3 on, f122a08b197d; before, two halves, which on little-endian machines are the same bytes. */
typedef struct {
	__u64 val;
} kernel_cap_t;

struct user_namespace {
	int level;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct ns_common {
	unsigned int inum;
};

struct task_struct;

struct pid_namespace {
	struct task_struct *child_reaper;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	atomic_t live;
	struct tty_struct *tty;
	unsigned int flags;
	int group_exit_code;
	struct rlimit rlim[16];
	short oom_score_adj;
};

struct kernel_siginfo {
	int si_code;
};

struct percpu_counter {
	__s64 count;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	__u16 i_mode;
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_mtime_nsec;
	__u32 i_ctime_nsec;
};

/* Until 6.11, 3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers"). */
struct inode___timespecs {
	struct timespec64 __i_mtime;
	struct timespec64 __i_ctime;
};
/* The modification time until 6.7, 12cd44023651; the change time until 6.6, 13bc24457850. */
struct inode___plain_mtime {
	struct timespec64 i_mtime;
};
struct inode___plain_ctime {
	struct timespec64 i_ctime;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
	unsigned long *full_fds_bits;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long total_vm;
	atomic64_t pgtables_bytes;
	struct percpu_counter rss_stat[4];
};

/* Until 6.2, f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter"). */
struct mm_rss_stat {
	atomic64_t count[4];
};
struct mm_struct___atomic {
	struct mm_rss_stat rss_stat;
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
};

struct thread_info {
	__u32 status; /* on x86-64 */
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid;
	int tgid;
	int exit_code;
	__u64 start_boottime;
	unsigned int ptrace;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *cred;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	sigset_t real_blocked;
	struct sched_info sched_info; /* with CONFIG_SCHED_INFO */
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct mm_struct *mm;
	char comm[16];
};

struct linux_binprm {
	unsigned int secureexec : 1;
	const char *filename;
	const char *interp;
};

struct module {
	char name[56];
	unsigned long taints;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

typedef struct {
	int owned;
} socket_lock_t;

struct socket;

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	socket_lock_t sk_lock;
	__u8 sk_shutdown; /* a bit field at places */
	__u16 sk_type;
	__u16 sk_protocol;
	int sk_err;
	int sk_err_soft;
};

struct inet_sock {
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct list_head {
	struct list_head *next;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_received;
	__u64 bytes_sent;
	__u64 bytes_acked;
	__u64 bytes_retrans;
	__u32 srtt_us;
	__u32 total_retrans;
	struct list_head tsorted_sent_queue;
};

enum sock_flags { SOCK_DONE = 1 };

struct sk_buff {
	char cb[48];
};

struct tcp_skb_cb {
	__u16 tcp_gso_segs;
};

struct socket {
	struct sock *sk;
};

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk;
};

/* The disk of a queue is known from 5.14, d152c682f03c ("block: add an explicit ->disk backpointer to the
 * request_queue"); before, the request names it, until f3fa33acca9f ("block: remove the ->rq_disk field"). */
struct request_queue___without_disk {
	int id;
};
struct request___rq_disk {
	struct gendisk *rq_disk;
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct bio {
	struct blkcg_gq *bi_blkg;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
	struct bio *bio;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

/* Records of tracepoints, for the attach kind "tracepoint". */
struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename;
};

struct trace_event_raw_mark_victim {
	int pid;
};

#pragma clang attribute pop

/*
 * One handler serves two attach kinds. "typed" is a constant of the wrapper: tp_btf hands out pointers that may be
 * followed directly; raw_tp needs a read that may fail.
 */
#define TAPIO_GET(typed, pointer, field)                                       \
	({                                                                     \
		typeof((pointer)->field) got_;                                 \
		if (typed)                                                     \
			got_ = (pointer)->field;                               \
		else                                                           \
			bpf_core_read(&got_, sizeof(got_), &(pointer)->field); \
		got_;                                                          \
	})

#endif

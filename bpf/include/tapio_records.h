/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_RECORDS_H
#define TAPIO_RECORDS_H

/*
 * What the kernel programs write and the agent reads: one layout, compiled by both sides and asserted on both.
 * Records live only between one agent and the programs it loaded, so the layout may change with any build.
 */

#include <linux/types.h>

#ifdef __cplusplus
#define TAPIO_ASSERT(condition) static_assert(condition, #condition)
#else
#define TAPIO_ASSERT(condition) _Static_assert(condition, #condition)
#endif

#define TAPIO_COMM_LEN 16      /* TASK_COMM_LEN of the kernel, with the final NUL */
#define TAPIO_FILENAME_LEN 256 /* with the final NUL */
#define TAPIO_ARGUMENTS_LEN 512
#define TAPIO_HISTOGRAM_BUCKETS 26
#define TAPIO_ROOT_CGROUP 1 /* kernfs id of the root of any cgroup hierarchy */

enum tapio_collector {
	TAPIO_PROCESS,
	TAPIO_OOM,
	TAPIO_SIGNAL,
	TAPIO_TCP,
	TAPIO_RUNQUEUE,
	TAPIO_BLOCKIO,
	TAPIO_DNS,
	TAPIO_HTTP,
	TAPIO_SECURITY,
	TAPIO_DROPS,
	TAPIO_CAPABILITY,
	TAPIO_FILE,
	TAPIO_CGROUP,
	TAPIO_HTTPS,
	TAPIO_DESCRIPTORS,
	TAPIO_ENTRY,
	TAPIO_COLLECTORS
};

/* Why a rule leaves a record out; each record counts for the first that applies. In the order of tapio::FilterCause. */
enum tapio_cause {
	TAPIO_UNWANTED, /* nobody subscribes to it */
	TAPIO_BY_PORT,
	TAPIO_BY_FLOOR, /* over too soon to be told */
	TAPIO_BY_CGROUP,
	TAPIO_BY_TOKENS, /* its cgroup has had its share */
	TAPIO_CAUSES,
	TAPIO_TOLD = TAPIO_CAUSES,
	TAPIO_INTO_SUMS /* not told by itself, but counted: its collector adds up how many */
};

/*
 * One per collector and CPU; added to atomically, because an interrupt may run the same collector meanwhile. What is seen
 * and none of the others is a record in a ring: the reader counts those, so that no event pays for a count of its own.
 */
struct tapio_counters {
	__u64 seen;
	__u64 kfiltered;
	__u64 folded;
	__u64 lost;
	__u64 passed_by; /* seen and filtered in one: most packets are, and each addition is paid for by every packet */
	__u64 left_out[TAPIO_CAUSES]; /* filtered too: records that a rule leaves out, by cause */
};
TAPIO_ASSERT(sizeof(struct tapio_counters) == 80);

enum tapio_kind {
	TAPIO_KIND_EXEC = 1,
	TAPIO_KIND_EXIT = 2,
	TAPIO_KIND_OOM = 3,
	TAPIO_KIND_SIGNAL = 4,
	TAPIO_KIND_TCP = 5,
	TAPIO_KIND_DNS = 6,
	TAPIO_KIND_HTTP = 7,
	TAPIO_KIND_FILE = 8,
	TAPIO_KIND_HTTPS = 9, /* a struct tapio_http too */
	TAPIO_KIND_DESCRIPTORS = 10,
	TAPIO_KIND_TLS = 11,
	TAPIO_KIND_PRIVILEGE = 16,
	TAPIO_KIND_PTRACE = 17,
	TAPIO_KIND_MODULE = 18,
	TAPIO_KIND_CAPABILITY = 19,
	TAPIO_KIND_ENTRY = 20
};

/*
 * Where a task is, as kernfs ids. On hybrid nodes either may be the one that tells: a container of v1 lives in its runtime's
 * service as v2 has it, and the other way round. So both are kept, and user space takes what says more.
 */
struct tapio_cgroups {
	__u64 v2;
	__u64 v1; /* of the memory controller; 0 = it is at the root, or its controller is on v2 */
};
TAPIO_ASSERT(sizeof(struct tapio_cgroups) == 16);

/* A process: ids of its group leader, pid as the agent's pid namespace sees it (0 = not visible there). */
struct tapio_process {
	__u64 start_ns; /* boot time */
	struct tapio_cgroups cgroups;
	__u32 pid;
	__u32 uid;
	char comm[TAPIO_COMM_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_process) == 48);

struct tapio_header {
	__u16 kind; /* enum tapio_kind */
	__u16 size; /* of the whole record */
	__u16 cpu;
	__u16 generation; /* of the filter that let it pass, its lower half; 0 = none was asked */
	__u64 boot_ns;
	struct tapio_process process;
};
TAPIO_ASSERT(sizeof(struct tapio_header) == 64);

struct tapio_exec {
	struct tapio_header header;
	__u32 parent_pid;
	__u16 filename_len;  /* without NUL */
	__u16 arguments_len; /* NUL after each */
	__u8 arguments_cut;
	__u8 reserved[7];
	char parent_comm[TAPIO_COMM_LEN];
	char filename[TAPIO_FILENAME_LEN];
	char arguments[TAPIO_ARGUMENTS_LEN];
	__s64 file_modified_ns;	  /* UTC; 0 = not known */
	__s64 file_changed_ns;	  /* UTC: st_ctime, which nobody can set; 0 = not known */
	__u64 container_start_ns; /* boot time at which the first process of the pid namespace started; 0 = it is the initial one */
};
TAPIO_ASSERT(sizeof(struct tapio_exec) == 888);
TAPIO_ASSERT(__builtin_offsetof(struct tapio_exec, filename) == 96);

struct tapio_exit {
	struct tapio_header header;
	__u32 wait_status; /* as wait(2) gives it */
	__u32 killer_pid;
	char killer_comm[TAPIO_COMM_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_exit) == 88);

struct tapio_oom {
	struct tapio_header header; /* process: the victim */
	__u64 total_vm_bytes;
	__u64 anon_rss_bytes;
	__u64 file_rss_bytes;
	__u64 shmem_rss_bytes;
	__u64 page_table_bytes;
	__s32 score_adj;
	__u32 trigger_pid;
	char trigger_comm[TAPIO_COMM_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_oom) == 128);

struct tapio_signal {
	struct tapio_header header; /* process: the target */
	__s32 signal;
	__s32 code;
	__u32 sender_pid; /* 0 = the kernel */
	__u32 reserved;
	char sender_comm[TAPIO_COMM_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_signal) == 96);

enum tapio_direction { TAPIO_DIRECTION_UNKNOWN, TAPIO_OUTBOUND, TAPIO_INBOUND };

struct tapio_tcp {
	struct tapio_header header;
	__u64 duration_ns;
	__u64 connect_ns; /* SYN_SENT to ESTABLISHED; 0 = not known */
	__u64 bytes_sent;
	__u64 bytes_received;
	__u32 srtt_us;
	__u32 retransmits;
	__s32 error;	  /* errno of the socket; 0 = none */
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u8 local[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 remote[16];
	__u8 direction; /* enum tapio_direction */
	__u8 established;
	__u8 reserved[6];
};
TAPIO_ASSERT(sizeof(struct tapio_tcp) == 152);
TAPIO_ASSERT(__builtin_offsetof(struct tapio_tcp, local) == 112);

/* Both ends of a socket, as its owner sees them. */
struct tapio_ends {
	__u8 local[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 remote[16];
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u32 reserved;
};
TAPIO_ASSERT(sizeof(struct tapio_ends) == 40);

/* The question section of a message with one question: a name of at most 255 bytes, type and class (RFC 1035 section 4.1.2). */
#define TAPIO_DNS_QUESTION_LEN 264

struct tapio_dns {
	struct tapio_header header; /* process: who asked */
	__u64 latency_ns;	    /* first asking to the answer, or to the end of the wait */
	__u32 attempts;
	__u16 server_port; /* host order */
	__u16 flags;	   /* second 16 bits of the answer's header, host order */
	__u16 answers;
	__u16 question_len; /* beyond it `question` is 0 */
	__u8 answered;
	__u8 tcp;
	__u8 reserved[2];
	__u8 server[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 question[TAPIO_DNS_QUESTION_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_dns) == 368);
TAPIO_ASSERT(__builtin_offsetof(struct tapio_dns, question) == 104);

#define TAPIO_HTTP_HEAD_LEN 256
/* So much at most is added to a head by each segment that follows the first. */
#define TAPIO_HTTP_MORE_LEN 64

/* What lies beyond the two lengths is left over from other records. */
struct tapio_http {
	struct tapio_header header;
	__u64 latency_ns;    /* first byte of the request to that of the answer, or to the end of the connection */
	__u64 request_bytes; /* seen until the answer began */
	struct tapio_ends ends;
	__u16 request_len;
	__u16 response_len; /* 0 = no answer */
	__u8 direction;	    /* enum tapio_direction: outbound = the process asks */
	__u8 pipelined;
	__u8 reserved[2];
	char request[TAPIO_HTTP_HEAD_LEN]; /* how the payload began */
	char response[TAPIO_HTTP_HEAD_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_http) == 640);
TAPIO_ASSERT(__builtin_offsetof(struct tapio_http, request) == 128);

/* A handshake that one side ended with an alert. */
struct tapio_tls {
	struct tapio_header header; /* process: as for HTTP */
	struct tapio_ends ends;
	__u8 direction; /* enum tapio_direction: outbound = the process is the client */
	__u8 alert;	/* AlertDescription; 0 = encrypted */
	__u8 sent;
	__u8 reserved[5];
};
TAPIO_ASSERT(sizeof(struct tapio_tls) == 112);

struct tapio_privilege {
	struct tapio_header header; /* process: as it is after the gain */
	__u32 old_uid;
	__u32 new_uid;
	__u32 old_euid;
	__u32 new_euid;
	__u32 old_egid;
	__u32 new_egid;
	__u64 gained_capabilities; /* effective now and not before */
	__u8 by_exec;		   /* the program started has a set-id bit or capabilities; 0 = gained some other way */
	__u8 reserved[7];
	char filename[TAPIO_FILENAME_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_privilege) == 360);

struct tapio_ptrace {
	struct tapio_header header; /* process: the tracer */
	__u32 target_pid;
	__u32 request; /* of ptrace(2) */
	char target_comm[TAPIO_COMM_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_ptrace) == 88);

#define TAPIO_MODULE_LEN 64 /* more than MODULE_NAME_LEN, with the final NUL */

struct tapio_module {
	struct tapio_header header; /* process: who loads it */
	__u64 taints;		    /* as bits of /proc/sys/kernel/tainted */
	char name[TAPIO_MODULE_LEN];
};
TAPIO_ASSERT(sizeof(struct tapio_module) == 136);

struct tapio_capability {
	struct tapio_header header; /* process: who used it last */
	__u32 repeats;		    /* alike since the last record, this one included */
	__u8 capability;	    /* capabilities(7) */
	__u8 granted;
	__u16 reserved;
};
TAPIO_ASSERT(sizeof(struct tapio_capability) == 72);

/* A process that was put into a container from outside, at its first program. */
struct tapio_entry {
	struct tapio_header header; /* process: as it is there */
	__u32 repeats;		    /* alike since the last record, this one included */
	__u8 has_terminal;
	__u8 reserved[3];
};
TAPIO_ASSERT(sizeof(struct tapio_entry) == 72);

/* What the agent tells of a system call: TAPIO_FILE_CALL(), by the call's number. 0 = it is not looked at. */
#define TAPIO_FILE_CALLS 512 /* a power of two above every number */
/*
 * operation: what the agent calls it, never 0. path, flags: where they are among the arguments, the first being 1; 0 = nowhere; path with
 * TAPIO_FILE_OPEN: there is a descriptor. errors: those that are told.
 */
#define TAPIO_FILE_CALL(operation, path, errors, flags) ((operation) | (path) << 8 | (errors) << 16 | (flags) << 24)
#define TAPIO_FILE_OPEN 8

enum tapio_file_errors {
	TAPIO_FILE_MISSING = 1,	    /* ENOENT, of configuration */
	TAPIO_FILE_DENIED = 2,	    /* EACCES, EPERM */
	TAPIO_FILE_DESCRIPTORS = 4, /* EMFILE, ENFILE */
	TAPIO_FILE_SPACE = 8,	    /* ENOSPC, EDQUOT */
	TAPIO_FILE_READ_ONLY = 16,  /* EROFS */
	TAPIO_FILE_IO = 32	    /* EIO */
};

/* What configuration begins or ends with: bytes, then the mask of those that count. */
#define TAPIO_FILE_PREFIXES 8
#define TAPIO_FILE_PREFIX_WORDS 4
#define TAPIO_FILE_SUFFIXES 16
#define TAPIO_FILE_SUFFIX_WORDS 2

struct tapio_file {
	struct tapio_header header; /* process: of the first failure that this record tells */
	__u32 repeats;		    /* alike since the last record */
	__u32 flags;		    /* of open(2) */
	__u16 operation;
	__u16 error;
	__u32 reserved;
	char path[TAPIO_FILENAME_LEN]; /* of that failure; empty = not known */
};
TAPIO_ASSERT(sizeof(struct tapio_file) == 336);

/* A process that has as many descriptors as it may. */
struct tapio_descriptors {
	struct tapio_header header;
	__u64 limit; /* RLIMIT_NOFILE; never 0 */
};

/* What a cgroup was called when it was made; kept in the kernel and looked up. */

#define TAPIO_CGROUP_PATH_LEN 512 /* with the final NUL; of a pod's container under systemd some 200 are used */

struct tapio_cgroup_key {
	__u64 id;
	__u32 is_v1; /* of the memory hierarchy of version 1: its ids are counted apart */
	__u32 reserved;
};
TAPIO_ASSERT(sizeof(struct tapio_cgroup_key) == 16);

struct tapio_cgroup_birth {
	__u64 boot_ns;
	char path[TAPIO_CGROUP_PATH_LEN]; /* from the root of its hierarchy */
};
TAPIO_ASSERT(sizeof(struct tapio_cgroup_birth) == 520);

/* ---- filters: what the agent writes and the programs read ---- */

#define TAPIO_PORT_WORDS 1024 /* a bit for each port */

/* Collectors whose records have ports. */
enum tapio_port_set { TAPIO_PORTS_TCP, TAPIO_PORTS_DNS, TAPIO_PORTS_HTTP, TAPIO_PORT_SETS };

/* Of one collector. */
struct tapio_rule {
	__u64 floor_ns; /* what is over sooner, and did not fail, is left out; 0 = no such floor */
	__u64 token_ns; /* the time for one more record of a cgroup; 0 = any number */
	__u64 burst_ns; /* so much of that may be ahead */
	__u64 plain_ns; /* instead of both for what its collector adds up: of what went well and soon, so many are told; 0 = none of its own */
	__u64 plain_burst_ns;
	__u8 by_cgroup; /* the verdicts on cgroups are to be asked */
	__u8 by_port;	/* its port set is to be asked */
	__u8 reserved[6];
};
TAPIO_ASSERT(sizeof(struct tapio_rule) == 48);

/* One generation. Never changed while a program may read it, but for the verdicts on cgroups, which come and go. */
struct tapio_filter {
	__u64 generation;
	__u32 slot;	      /* where it lies, which the keys of its verdicts have */
	__u32 unwanted;	      /* bit: enum tapio_kind */
	__u32 unwanted_plain; /* the same for what has not failed */
	__u32 reserved;
	struct tapio_rule rules[TAPIO_COLLECTORS];
	__u64 ports[TAPIO_PORT_SETS][TAPIO_PORT_WORDS]; /* those that are told */
};

struct tapio_verdict_key {
	__u64 id;
	__u32 is_v1; /* the id is of version 1's memory hierarchy: ids are unique within one only */
	__u32 slot;
};
TAPIO_ASSERT(sizeof(struct tapio_verdict_key) == 16);

/* A cgroup without one is not known yet, and passes. */
struct tapio_verdict {
	__u32 denied; /* bit: enum tapio_collector */
	__u32 rank;   /* how much it says of whose a task is: of a task's two cgroups the one that says more counts */
};
#define TAPIO_RANK_CONTAINER 3 /* nothing says more */

/* Each has tokens of its own: a flood of one kind cannot use up those of another, and their bursts are of different length. */
enum tapio_lane { TAPIO_LANE_USUAL, TAPIO_LANE_FAILED, TAPIO_LANE_SUMMED };

struct tapio_bucket_key {
	struct tapio_cgroups cgroups;
	__u32 collector;
	__u32 lane; /* enum tapio_lane */
};
TAPIO_ASSERT(sizeof(struct tapio_bucket_key) == 24);

struct tapio_bucket {
	__u64 full_ns; /* boot time at which it is full again */
	__u64 left_out;
};

/* Folded in the kernel: values of per-CPU maps. */

enum tapio_block_op { TAPIO_BLOCK_READ, TAPIO_BLOCK_WRITE, TAPIO_BLOCK_FLUSH, TAPIO_BLOCK_DISCARD, TAPIO_BLOCK_OTHER };

enum tapio_histogram_kind { TAPIO_RUNQUEUE_LATENCY, TAPIO_BLOCK_LATENCY, TAPIO_HTTP_LATENCY };

/* Of an answer to an HTTP request: enum tapio_direction << 4 | the first digit of its status, 0 = there was none. */
#define TAPIO_HTTP_OP(direction, digit) ((direction) << 4 | (digit))

struct tapio_histogram_key {
	struct tapio_cgroups cgroups;
	__u32 device; /* of block I/O: major << 20 | minor */
	__u16 op;     /* of block I/O: enum tapio_block_op; of HTTP: TAPIO_HTTP_OP */
	__u16 kind;   /* enum tapio_histogram_kind */
};
TAPIO_ASSERT(sizeof(struct tapio_histogram_key) == 24);

/* Bucket 0 is [0, 1) us, bucket i is [2^(i-1), 2^i) us, the last is open. */
struct tapio_histogram {
	__u64 counts[TAPIO_HISTOGRAM_BUCKETS];
};

/* Packets that were dropped, by enum skb_drop_reason; the last is for reasons beyond the list, which belong to subsystems. */
#define TAPIO_DROP_REASONS 256
#define TAPIO_DROP_OTHER (TAPIO_DROP_REASONS - 1)

struct tapio_tcp_totals {
	__u64 connects;
	__u64 connect_failures;
	__u64 accepts;
	__u64 retransmits;
	__u64 resets_sent;
	__u64 resets_received;
};
TAPIO_ASSERT(sizeof(struct tapio_tcp_totals) == 48);

#endif

// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_call.h"
#include "tapio_httprecord.h"
#include "tapio_packet.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * HTTP/1.1 as a program gives it to OpenSSL and gets it from there. What is read and written is a stream in order, so nothing
 * is seen twice but a write that OpenSSL could not finish: the program must repeat it as it was (SSL_write(3)).
 * Several libraries may turn out to be one file (overlay file systems), and then each program runs twice for a call. The beginning of
 * a request, and what is read, are told apart from what was seen already; bytes of a body that is written are not, and count twice.
 */

#define TAPIO_HTTPS_BEGINNING 16
/* Pieces that a connection is looked at before it is taken for something else. */
#define TAPIO_HTTPS_PATIENCE 8

/* Counted up by the agent when the collector is switched on again: what older connections know has holes. */
__u32 tapio_https_generation = 0;

enum tapio_https_state { TAPIO_HTTPS_UNKNOWN, TAPIO_HTTPS_SPOKEN, TAPIO_HTTPS_IGNORED };

struct tapio_https_key {
	__u64 ssl;
	__u32 tgid; /* kernel-wide */
	__u32 reserved;
};

/* How what is read, or written, begins. It may come in pieces that are too short to tell. */
struct tapio_https_beginning {
	char text[2 * TAPIO_HTTPS_BEGINNING];
	__u64 begun_ns;
	__u32 held; /* bytes of text that wait for more, below TAPIO_HTTPS_BEGINNING */
	__u32 reserved;
};

/* Requests and answers are numbered, and the same number belongs together. One request waits; more are counted only. */
struct tapio_https_connection {
	__u32 next;  /* number of the next request */
	__u32 first; /* number of the next answer */
	__u32 generation;
	__u8 state;	/* enum tapio_https_state */
	__u8 direction; /* enum tapio_direction */
	__u8 looked;
	__u8 knows_owner;
	struct tapio_process owner;
	struct tapio_ends ends; /* ports 0 = not known */
	struct tapio_https_beginning read;
	struct tapio_https_beginning written;
	struct tapio_http_request request;
	__u64 buffer; /* that the request was written from, with so many bytes at once: see is_repeated */
	__u32 buffer_length;
	__u32 reserved;
};

/* Those that were not used for longest make room. An answer whose request went that way is counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tapio_https_key);
	__type(value, struct tapio_https_connection);
} https_connections SEC(".maps");

static const struct tapio_https_connection new_connection = {};

/* A thread within SSL_read, and, of a process's first thread, whether the process has connections that are known. */
struct tapio_https_call {
	__u64 ssl; /* 0 = it is not */
	__u64 buffer;
	__u64 count;		/* where it is told how much was read (SSL_read_ex); 0 = by what is returned */
	struct tapio_ends ends; /* of the TCP socket that it received from meanwhile; ports 0 = none */
	__u8 is_known;
	__u8 reserved[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tapio_https_call);
} https_calls SEC(".maps");

/* Bytes that one call read or wrote. */
struct tapio_https_piece {
	struct tapio_counters *count;
	struct tapio_https_connection *connection;
	__u64 buffer;
	__u32 length; /* never 0 */
	bool written;
};

static __always_inline struct tapio_https_beginning *beginning_of(const struct tapio_https_piece *piece)
{
	return piece->written ? &piece->connection->written : &piece->connection->read;
}

/* At most as much as tells what it is. Written so that the verifier sees the bound: clang would compare a copy. */
static __always_inline bool read_text(char *to, const struct tapio_https_piece *piece)
{
	__u32 length = piece->length;

	asm volatile("if %0 <= 16 goto +1; %0 = 16" : "+r"(length));
	return length != 0 && !bpf_probe_read_user(to, length, (void *)piece->buffer);
}

/* Any of the methods, or an answer. */
static __always_inline bool may_begin(char first)
{
	return first == 'G' || first == 'P' || first == 'H' || first == 'D' || first == 'O' || first == 'T' || first == 'C';
}

/*
 * Where nothing else can come. Within the head or the body of a request, and behind a word in between, what is short is no beginning
 * but by chance.
 */
static __always_inline bool awaits_beginning(const struct tapio_https_connection *connection, bool written)
{
	bool on_request_side = (connection->direction == TAPIO_OUTBOUND) == written;

	return connection->state == TAPIO_HTTPS_UNKNOWN || !on_request_side || connection->first == connection->next;
}

/*
 * What the bytes begin with. Then `*have` of them lie in the text of the beginning, more than this piece's when others came before,
 * and it began at `*begun_ns`. Short pieces wait for what follows, but one that is a beginning by itself is no rest of what was before.
 */
static __always_inline enum tapio_http_sight look_at(const struct tapio_https_piece *piece, __u32 *have, __u64 *begun_ns)
{
	struct tapio_https_beginning *beginning = beginning_of(piece);
	__u32 words[TAPIO_HTTPS_BEGINNING / 4] = {}, at = beginning->held & (TAPIO_HTTPS_BEGINNING - 1);
	enum tapio_http_sight sight;

	beginning->held = 0;
	if (!read_text((char *)words, piece))
		return TAPIO_SEES_OTHER;
	sight = look(words);
	if (sight == TAPIO_SEES_OTHER && at != 0) {
		if (!read_text(beginning->text + at, piece))
			return TAPIO_SEES_OTHER;
		sight = look((const __u32 *)beginning->text);
	} else {
		at = 0;
		__builtin_memset(beginning->text, 0, sizeof(beginning->text));
		__builtin_memcpy(beginning->text, words, sizeof(words));
		beginning->begun_ns = *begun_ns;
	}
	*have = at;
	*begun_ns = beginning->begun_ns;
	if (sight == TAPIO_SEES_OTHER && at + piece->length < TAPIO_HTTPS_BEGINNING && may_begin(beginning->text[0])
	    && awaits_beginning(piece->connection, piece->written))
		beginning->held = at + piece->length;
	return sight;
}

/* The beginning: `have` bytes that came before, and this piece. The number of bytes. */
static __always_inline __u32 load_head(char *head, const struct tapio_https_piece *piece, __u32 have)
{
	__u32 length = piece->length;

	have &= TAPIO_HTTPS_BEGINNING - 1;
	if (have)
		__builtin_memcpy(head, beginning_of(piece)->text, TAPIO_HTTPS_BEGINNING);
	asm volatile("if %0 <= 240 goto +1; %0 = 240" : "+r"(length));
	if (length != 0 && !bpf_probe_read_user(head + have, length, (void *)piece->buffer))
		return have + length;
	/* The page after it is not there; what was looked at is. */
	__builtin_memcpy(head, beginning_of(piece)->text, TAPIO_HTTPS_BEGINNING);
	length = piece->length;
	return have + length < TAPIO_HTTPS_BEGINNING ? have + length : TAPIO_HTTPS_BEGINNING;
}

/* The same request again: OpenSSL could not finish the first write, and wants it repeated. */
static __always_inline bool is_repeated(const struct tapio_https_connection *connection, const struct tapio_https_piece *piece)
{
	const struct tapio_http_request *request = &connection->request;

	return piece->written && request->begun_ns && request->number + 1 == connection->next && connection->buffer == piece->buffer
	       && connection->buffer_length == piece->length;
}

static __always_inline void on_request(const struct tapio_https_piece *piece, __u32 have, __u64 begun_ns)
{
	struct tapio_https_connection *connection = piece->connection;
	struct tapio_http_request *request = &connection->request;

	if (is_repeated(connection, piece)) {
		tapio_pass_by(piece->count);
		return;
	}
	TAPIO_ADD(piece->count->seen, 1);
	TAPIO_ADD(piece->count->folded, 1);
	if (!request->begun_ns) {
		request->begun_ns = begun_ns;
		request->number = connection->next;
		request->pipelined = connection->next != connection->first;
		request->bytes = have + piece->length;
		connection->buffer = piece->buffer;
		connection->buffer_length = piece->length;
		request->length = load_head(request->head, piece, have);
	}
	connection->next++;
}

/* After the beginning of a request: what is missing of its head, or its body. */
static __always_inline void on_more(const struct tapio_https_piece *piece)
{
	struct tapio_http_request *request = &piece->connection->request;
	__u32 at = request->length, more = piece->length;

	if (!request->begun_ns || request->number + 1 != piece->connection->next)
		return;
	request->bytes += more;
	asm volatile("if %0 <= 64 goto +1; %0 = 64" : "+r"(more));
	if (request->bytes - piece->length != at)
		return;
	/* What was compared is the same number, but the verifier knows the bound of one only. */
	asm volatile("" : "+r"(at));
	if (more == 0 || at > TAPIO_HTTP_HEAD_LEN - TAPIO_HTTP_MORE_LEN)
		return;
	if (!bpf_probe_read_user(request->head + at, more, (void *)piece->buffer))
		request->length = at + more;
}

static __always_inline struct tapio_http_parties parties(const struct tapio_https_connection *connection)
{
	struct tapio_http_parties of = {.owner = &connection->owner, .ends = &connection->ends, .direction = connection->direction};

	return of;
}

static __always_inline void on_answer(const struct tapio_https_piece *piece, __u32 have)
{
	struct tapio_https_connection *connection = piece->connection;
	struct tapio_http_request *request = &connection->request;
	const char *status = beginning_of(piece)->text + 9;
	const struct tapio_http_parties of = parties(connection);
	struct tapio_http_told told;
	struct tapio_http *record;

	/* Only a word in between: 100, 102, 103 */
	if (connection->first == connection->next || (status[0] == '1' && status[2] != '1')) {
		tapio_pass_by(piece->count);
		return;
	}
	TAPIO_ADD(piece->count->seen, 1);
	if (!request->begun_ns || request->number != connection->first) {
		connection->first++;
		TAPIO_ADD(piece->count->lost, 1);
		return;
	}
	connection->first++;
	if (tapio_ends_http(status, request))
		connection->state = TAPIO_HTTPS_IGNORED;
	told = tapio_judge_http(&of, request->begun_ns, status[0] >= '4');
	tapio_settle_http(&of, request->begun_ns, status[0] - '0', &told);
	record = tapio_begin_http(TAPIO_KIND_HTTPS, &of, request, &told, piece->count);
	request->begun_ns = 0;
	if (!record)
		return;
	record->response_len = load_head(record->response, piece, have);
	tapio_submit(record);
}

static __always_inline void on_other(const struct tapio_https_piece *piece, enum tapio_http_sight sight, bool on_request_side)
{
	struct tapio_https_connection *connection = piece->connection;

	if (connection->state == TAPIO_HTTPS_SPOKEN) {
		if (on_request_side && connection->first != connection->next)
			on_more(piece);
	} else if (sight == TAPIO_SEES_ENCRYPTION || ++connection->looked >= TAPIO_HTTPS_PATIENCE) {
		connection->state = TAPIO_HTTPS_IGNORED;
	}
	tapio_pass_by(piece->count);
}

/* False when its request came before the connection was known here: before the collector, or it had to make room. */
static __always_inline bool begin_speaking(const struct tapio_https_piece *piece, bool is_request)
{
	struct tapio_https_connection *connection = piece->connection;

	connection->direction = is_request == piece->written ? TAPIO_OUTBOUND : TAPIO_INBOUND;
	connection->state = TAPIO_HTTPS_SPOKEN;
	return is_request;
}

/* So that the end of the process is the end of its connections. Where that fails, they end when they make room. */
static __always_inline void note_process(void)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	struct tapio_https_call *first = bpf_task_storage_get(&https_calls, leader, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (first)
		first->is_known = true;
}

static __always_inline void on_piece(const struct tapio_https_piece *piece)
{
	struct tapio_https_connection *connection = piece->connection;
	bool on_request_side = (connection->direction == TAPIO_OUTBOUND) == piece->written, is_request;
	__u64 begun_ns = bpf_ktime_get_boot_ns();
	enum tapio_http_sight sight;
	__u32 have = 0;

	/* The body of an answer: nothing to see before the next request. */
	if (connection->state == TAPIO_HTTPS_IGNORED
	    || (connection->state == TAPIO_HTTPS_SPOKEN && !on_request_side && connection->first == connection->next)) {
		tapio_pass_by(piece->count);
		return;
	}
	sight = look_at(piece, &have, &begun_ns);
	is_request = sight == TAPIO_SEES_REQUEST;
	if (!(is_request || sight == TAPIO_SEES_ANSWER)
	    || (connection->state == TAPIO_HTTPS_SPOKEN && is_request != on_request_side)) {
		on_other(piece, sight, on_request_side);
		return;
	}
	if (!connection->knows_owner) {
		tapio_describe_current(&connection->owner);
		connection->knows_owner = true;
		note_process();
	}
	if (connection->state == TAPIO_HTTPS_UNKNOWN && !begin_speaking(piece, is_request)) {
		TAPIO_ADD(piece->count->seen, 1);
		TAPIO_ADD(piece->count->lost, 1);
	} else if (is_request) {
		on_request(piece, have, begun_ns);
	} else {
		on_answer(piece, have);
	}
}

static __always_inline struct tapio_https_connection *connection_of(const struct tapio_https_key *key)
{
	struct tapio_https_connection *connection = bpf_map_lookup_elem(&https_connections, key);

	if (connection && connection->generation == tapio_https_generation)
		return connection;
	if (bpf_map_update_elem(&https_connections, key, &new_connection, BPF_ANY))
		return NULL;
	connection = bpf_map_lookup_elem(&https_connections, key);
	if (connection)
		connection->generation = tapio_https_generation;
	return connection;
}

static __always_inline void on_bytes(struct tapio_counters *count, __u64 ssl, __u64 buffer, __s64 length, bool written,
				     const struct tapio_ends *ends)
{
	struct tapio_https_key key = {.ssl = ssl, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct tapio_https_piece piece = {.count = count, .buffer = buffer, .written = written};

	piece.connection = connection_of(&key);
	if (!piece.connection) {
		TAPIO_ADD(count->seen, 1);
		TAPIO_ADD(count->lost, 1);
		return;
	}
	piece.length = length;
	if (ends && ends->remote_port)
		piece.connection->ends = *ends;
	on_piece(&piece);
}

/* Does the current process count? If not, or if it is the agent, the run is over. */
static __always_inline struct tapio_counters *begin(void)
{
	struct tapio_counters *count = tapio_count(TAPIO_HTTPS);

	if (count && tapio_is_own(bpf_get_current_pid_tgid() >> 32)) {
		tapio_pass_by(count);
		return NULL;
	}
	return count;
}

/* SSL_write and SSL_write_ex take the same first three arguments; of the length more than 2 GiB would be no head. */
static __always_inline int on_write(void *regs)
{
	struct tapio_counters *count = begin();
	__s32 length = TAPIO_ARGUMENT(regs, dx, 2);

	if (!count)
		return 0;
	if (length <= 0)
		tapio_pass_by(count);
	else
		on_bytes(count, TAPIO_ARGUMENT(regs, di, 0), TAPIO_ARGUMENT(regs, si, 1), length, true, NULL);
	return 0;
}

static __always_inline int on_read(void *regs, bool tells_count)
{
	struct tapio_counters *count = begin();
	struct tapio_https_call *call;

	if (!count)
		return 0;
	call = bpf_task_storage_get(&https_calls, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!call) {
		TAPIO_ADD(count->seen, 1);
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	call->ssl = TAPIO_ARGUMENT(regs, di, 0);
	call->buffer = TAPIO_ARGUMENT(regs, si, 1);
	call->count = tells_count ? TAPIO_ARGUMENT(regs, cx, 3) : 0;
	call->ends.local_port = call->ends.remote_port = 0;
	tapio_pass_by(count);
	return 0;
}

/* 0: nothing was read. */
static __always_inline __s64 bytes_read(const struct tapio_https_call *call, __s32 returned)
{
	__u64 bytes = 0;

	if (returned <= 0)
		return 0;
	if (!call->count)
		return returned;
	if (bpf_probe_read_user(&bytes, sizeof(bytes), (void *)call->count))
		return 0;
	return bytes > 0x7fffffff ? 0x7fffffff : bytes;
}

static __always_inline int on_read_return(void *regs)
{
	struct tapio_counters *count = begin();
	__s32 returned = TAPIO_RETURNED(regs);
	struct tapio_https_call *known, call;
	__s64 length;

	if (!count)
		return 0;
	known = bpf_task_storage_get(&https_calls, bpf_get_current_task_btf(), NULL, 0);
	if (!known || !known->ssl) {
		/* It began before the program was attached. Or the program has run already: see above. */
		tapio_pass_by(count);
		return 0;
	}
	call = *known;
	known->ssl = 0;
	length = bytes_read(&call, returned);
	if (length <= 0)
		tapio_pass_by(count);
	else
		on_bytes(count, call.ssl, call.buffer, length, false, &call.ends);
	return 0;
}

/* A request without an answer ends with its connection. */
static __always_inline void on_end(struct tapio_https_connection *connection, struct tapio_counters *count)
{
	const struct tapio_http_parties of = parties(connection);
	__u32 waiting = connection->next - connection->first;
	struct tapio_http_told told;
	struct tapio_http *record;

	if (waiting == 0 || connection->state != TAPIO_HTTPS_SPOKEN || connection->generation != tapio_https_generation)
		return;
	TAPIO_ADD(count->seen, waiting);
	if (connection->request.begun_ns) {
		waiting--;
		told = tapio_judge_http(&of, 0, true);
		tapio_add_up_http(&of, told.now_ns - connection->request.begun_ns, 0);
		record = tapio_begin_http(TAPIO_KIND_HTTPS, &of, &connection->request, &told, count);
		if (record)
			tapio_submit(record);
	}
	TAPIO_ADD(count->lost, waiting);
	connection->first = connection->next;
}

static __always_inline int on_free(void *regs)
{
	struct tapio_https_key key = {.ssl = TAPIO_ARGUMENT(regs, di, 0), .tgid = bpf_get_current_pid_tgid() >> 32};
	struct tapio_counters *count = begin();
	struct tapio_https_connection *connection;

	if (!count)
		return 0;
	tapio_pass_by(count);
	connection = bpf_map_lookup_elem(&https_connections, &key);
	if (!connection)
		return 0;
	on_end(connection, count);
	bpf_map_delete_elem(&https_connections, &key);
	return 0;
}

/*
 * A program for each way of attaching: as many places as there are with one link, or each by itself. The kernel tells them apart
 * when it loads them.
 */
#define PROGRAM(name, call)                               \
	SEC("uprobe") int https_##name(void *ctx)         \
	{                                                 \
		return call;                              \
	}                                                 \
	SEC("uprobe") int https_##name##_multi(void *ctx) \
	{                                                 \
		return call;                              \
	}

PROGRAM(write, on_write(ctx))
PROGRAM(read, on_read(ctx, false))
PROGRAM(read_ex, on_read(ctx, true))
PROGRAM(read_return, on_read_return(ctx))
PROGRAM(free, on_free(ctx))

/*
 * Whatever a thread receives within SSL_read is of its connection: how both ends are known, since OpenSSL's own structures
 * have no fixed layout. Every receiving of the machine comes by here. With 6.3, 6e6eda44b939.
 */
SEC("tp_btf/sock_recv_length")
int https_peer_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_HTTPS);
	struct tapio_https_call *call;
	struct sock *sk = (void *)ctx[0];

	if (!count)
		return 0;
	tapio_pass_by(count);
	call = bpf_task_storage_get(&https_calls, bpf_get_current_task_btf(), NULL, 0);
	if (!call || !call->ssl || sk->sk_protocol != TAPIO_IPPROTO_TCP)
		return 0;
	if (sk->__sk_common.skc_family == TAPIO_AF_INET6) {
		bpf_core_read(call->ends.local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(call->ends.remote, 16, &sk->__sk_common.skc_v6_daddr);
	} else if (sk->__sk_common.skc_family == TAPIO_AF_INET) {
		tapio_v4_mapped(call->ends.local, sk->__sk_common.skc_rcv_saddr);
		tapio_v4_mapped(call->ends.remote, sk->__sk_common.skc_daddr);
	} else {
		return 0;
	}
	call->ends.local_port = sk->__sk_common.skc_num;
	call->ends.remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	return 0;
}

struct bpf_map;

struct tapio_https_look {
	__u32 tgid;
	__u32 reserved;
};

static long end_of_process(struct bpf_map *map, struct tapio_https_key *key, struct tapio_https_connection *connection,
			   struct tapio_https_look *look)
{
	struct tapio_counters *count = tapio_count(TAPIO_HTTPS);
	struct tapio_https_key own_key = *key;

	if (!count || own_key.tgid != look->tgid)
		return 0;
	on_end(connection, count);
	bpf_map_delete_elem(&https_connections, &own_key);
	return 0;
}

/*
 * Most programs end without SSL_free. Several threads that end together may all come by here: what the first of them took out, the
 * others do not find.
 */
SEC("tp_btf/sched_process_exit")
int https_exit_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_HTTPS);
	struct task_struct *task = (void *)ctx[0];
	struct tapio_https_look look = {.tgid = task->tgid};
	struct tapio_https_call *first;

	if (!count)
		return 0;
	tapio_pass_by(count);
	if (task->signal->live.counter != 0)
		return 0;
	first = bpf_task_storage_get(&https_calls, task->group_leader, NULL, 0);
	if (first && first->is_known)
		bpf_for_each_map_elem(&https_connections, end_of_process, &look, 0);
	return 0;
}

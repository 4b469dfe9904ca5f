// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include <bpf/bpf_endian.h>

#include "tapio_filter.h"
#include "tapio_httpend.h"
#include "tapio_socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096); /* set by the agent */
	__type(key, struct tapio_cgroups);
	__type(value, struct tapio_tcp_totals);
} tcp_totals SEC(".maps");

static __always_inline void set_owner(struct tapio_socket *socket, struct task_struct *task)
{
	tapio_describe(&socket->owner, task, true);
	socket->is_own = tapio_is_own(task->tgid);
}

/* Kernel threads are nobody: ksoftirqd, or the idle task that was interrupted. */
static __always_inline void confirm_owner(struct tapio_socket *socket)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (socket->owner_is_certain || task->flags & TAPIO_PF_KTHREAD)
		return;
	set_owner(socket, task);
	socket->owner_is_certain = true;
}

const volatile __u32 tapio_place_mask = 8191;

/*
 * One that is not known yet. Of one that has just been made, what lies at its address is another's whose end was missed, and would
 * be found first; else it is its own, of somebody who came a moment before. False when there is no room.
 */
static __always_inline bool remember(struct sock *sk, const struct tapio_socket *socket, bool is_new)
{
	__u64 address = tapio_address_of(sk);
	struct tapio_socket_place *place = tapio_place_of(address);
	__u64 free = is_new && place && place->address == address ? address : 0;

	if (place && __sync_val_compare_and_swap(&place->address, free, TAPIO_PLACE_TAKEN) == free) {
		place->socket = *socket;
		__sync_lock_test_and_set(&place->address, address);
		return true;
	}
	return bpf_map_update_elem(&sockets, &address, socket, BPF_ANY) == 0;
}

/*
 * Of one whose beginning was not seen there may be two: its state may change at the moment in which the iterator comes upon it,
 * and who comes second finds its place taken.
 */
static __always_inline void forget(struct sock *sk, const struct tapio_socket *socket)
{
	__u64 address = tapio_address_of(sk);
	struct tapio_socket_place *place = tapio_place_of(address);
	bool once = socket->start_ns;

	if (place && place->address == address) {
		__sync_lock_test_and_set(&place->address, 0);
		if (once)
			return;
	}
	bpf_map_delete_elem(&sockets, &address);
}

static __always_inline void settle_beginning(struct tapio_counters *count, bool remembered)
{
	if (remembered)
		TAPIO_ADD(count->folded, 1);
	else
		TAPIO_ADD(count->lost, 1);
}

/* NULL when the map is full. A socket nobody is known for counts for the host. */
static __always_inline struct tapio_tcp_totals *totals_of(struct tapio_socket *socket)
{
	struct tapio_cgroups cgroups = {.v2 = TAPIO_ROOT_CGROUP};
	struct tapio_tcp_totals zero = {};
	struct tapio_tcp_totals *totals;

	if (socket && socket->owner.cgroups.v2)
		cgroups = socket->owner.cgroups;
	totals = bpf_map_lookup_elem(&tcp_totals, &cgroups);
	if (totals)
		return totals;
	bpf_map_update_elem(&tcp_totals, &cgroups, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tcp_totals, &cgroups);
}

/* Adds to one of the totals and settles the account of this run of a program. */
#define TAPIO_FOLD(socket, member, n)                                 \
	do {                                                          \
		struct tapio_tcp_totals *totals_ = totals_of(socket); \
		if ((socket) && (socket)->is_own) {                   \
			TAPIO_ADD(count->kfiltered, 1);               \
		} else if (totals_) {                                 \
			TAPIO_ADD(totals_->member, n);                \
			TAPIO_ADD(count->folded, 1);                  \
		} else {                                              \
			TAPIO_ADD(count->lost, 1);                    \
		}                                                     \
	} while (0)

/*
 * Segments since the last look, by the kernel's own figure of the connection. The tracepoint tells more: a segment that is still
 * on its way out and so is not sent again yet, from 6.16 on. And less: not the answers to a SYN, nor the runs that are missed
 * while others attach and detach (see README.md).
 */
static __always_inline __u32 sent_again(struct tapio_socket *socket, struct tcp_sock *tcp)
{
	__u32 total = tcp->total_retrans, before = socket->retransmits;

	socket->retransmits = total; /* the socket is locked */
	/* Less than before is another connection's, should the end of the last one at this address not have been seen. */
	return total > before ? total - before : 0;
}

/* One that nothing is known of: what it sent again until now was before us. */
static __always_inline struct tapio_socket begun_before_us(struct sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct tapio_socket socket = {.retransmits = tcp ? tcp->total_retrans : 0};

	return socket;
}

static __always_inline void read_addresses(struct tapio_tcp *record, struct sock *sk, struct tcp_sock *tcp)
{
	/* Not skc_num: the port is given back before the state becomes CLOSE. */
	record->local_port = bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
	record->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (sk->__sk_common.skc_family == TAPIO_AF_INET6) {
		bpf_core_read(record->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(record->remote, 16, &sk->__sk_common.skc_v6_daddr);
		return;
	}
	*(__u32 *)(record->local + 8) = *(__u32 *)(record->remote + 8) = bpf_htonl(0xffff);
	*(__u32 *)(record->local + 12) = sk->__sk_common.skc_rcv_saddr;
	*(__u32 *)(record->remote + 12) = sk->__sk_common.skc_daddr;
}

/*
 * Payload only. bytes_acked counts the SYN of a connection that went out and an acknowledged FIN too, so what was sent once
 * bounds it; bytes_received counts the peer's FIN, which SOCK_DONE tells.
 */
static __always_inline void read_figures(struct tapio_tcp *record, struct sock *sk, struct tcp_sock *tcp)
{
	__u64 sent = tcp->bytes_sent - tcp->bytes_retrans;
	__u64 acked = tcp->bytes_acked;
	__u64 received = tcp->bytes_received;
	__u64 done = 1ull << bpf_core_enum_value(enum sock_flags, SOCK_DONE);

	if (acked && record->direction == TAPIO_OUTBOUND)
		acked--;
	if (received && sk->__sk_common.skc_flags & done)
		received--;
	record->bytes_sent = acked < sent ? acked : sent;
	record->bytes_received = received;
	record->srtt_us = tcp->srtt_us >> 3;
	record->retransmits = tcp->total_retrans;
}

static __always_inline int socket_error(struct sock *sk, bool established)
{
	int error = sk->sk_err;

	return error || established ? error : sk->sk_err_soft;
}

/* The port of the side that listens; where it is not known which that is, either will do. */
static __always_inline bool is_port_told(const struct tapio_filter *filter, const struct tapio_socket *socket, __u16 local,
					 __u16 remote)
{
	if (socket->direction == TAPIO_OUTBOUND)
		return tapio_tells_port(filter, TAPIO_PORTS_TCP, remote);
	if (socket->direction == TAPIO_INBOUND)
		return tapio_tells_port(filter, TAPIO_PORTS_TCP, local);
	return tapio_tells_port(filter, TAPIO_PORTS_TCP, local) || tapio_tells_port(filter, TAPIO_PORTS_TCP, remote);
}

/* It lasted, connecting included, less than is told, and nothing was sent twice. One that began before us is told. */
static __always_inline bool is_over_soon(__u64 floor_ns, const struct tapio_socket *socket, struct tcp_sock *tcp)
{
	return socket->start_ns && socket->end_ns - socket->start_ns < floor_ns && !tcp->total_retrans;
}

static __always_inline __u32 judge(const struct tapio_filter *filter, const struct tapio_socket *socket, struct sock *sk,
				   struct tcp_sock *tcp, __u64 now_ns)
{
	const struct tapio_rule *rule = &filter->rules[TAPIO_TCP];
	bool failed = socket->error || !socket->was_established;

	if (tapio_is_unwanted(filter, TAPIO_KIND_TCP, failed))
		return TAPIO_UNWANTED;
	if (rule->by_port
	    && !is_port_told(filter, socket, bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport), bpf_ntohs(sk->__sk_common.skc_dport)))
		return TAPIO_BY_PORT;
	if (!failed && is_over_soon(rule->floor_ns, socket, tcp))
		return TAPIO_BY_FLOOR;
	return tapio_judge(filter, TAPIO_TCP, &socket->owner.cgroups, now_ns, failed,
			   !failed && is_over_soon(TAPIO_SOON_NS, socket, tcp));
}

/* At most once per run of a program, which so sees one filter. */
static __always_inline void emit(struct sock *sk, struct tcp_sock *tcp, struct tapio_socket *socket, __u64 now_ns,
				 struct tapio_counters *count)
{
	struct tapio_filter *filter = tapio_filter_of(tapio_filter_now());
	struct tapio_tcp *record;

	if (filter && tcp && tapio_is_left_out(count, judge(filter, socket, sk, tcp, now_ns)))
		return;
	record = tcp ? bpf_ringbuf_reserve(&events, sizeof(*record), 0) : NULL;
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	tapio_begin_at(&record->header, TAPIO_KIND_TCP, sizeof(*record), now_ns, tapio_generation(filter));
	record->header.process = socket->owner;
	record->direction = socket->direction;
	record->established = socket->was_established;
	record->error = socket->error;
	if (socket->start_ns)
		record->duration_ns = socket->end_ns - socket->start_ns;
	if (socket->direction == TAPIO_OUTBOUND && socket->start_ns && socket->established_ns)
		record->connect_ns = socket->established_ns - socket->start_ns;
	read_addresses(record, sk, tcp);
	read_figures(record, sk, tcp);
	tapio_submit(record);
}

/*
 * A connection that came in and that the peer or a timer ended: its process has not shown itself, but will when it closes
 * the socket, at the latest with its own end. One that no process has accepted stays with the listener's.
 */
static __always_inline bool will_show_its_owner(struct sock *sk, struct tapio_socket *socket)
{
	return socket->direction == TAPIO_INBOUND && !socket->owner_is_certain && sk->sk_socket;
}

/* Of the answers to a SYN, and of what no program was run for. */
static __always_inline void settle_retransmits(struct tapio_socket *socket, struct tcp_sock *tcp, struct tapio_counters *count)
{
	__u32 more = tcp ? sent_again(socket, tcp) : 0;

	if (!more)
		return;
	TAPIO_ADD(count->seen, 1);
	TAPIO_FOLD(socket, retransmits, more);
}

static __always_inline void end(struct sock *sk, struct tapio_socket *socket, int old, struct tapio_counters *count)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct tapio_tcp_totals *totals;

	socket->end_ns = bpf_ktime_get_boot_ns();
	if (old != TAPIO_SYN_SENT && old != TAPIO_SYN_RECV)
		socket->was_established = true;
	socket->error = socket_error(sk, socket->was_established);
	if (tapio_is_held(sk))
		confirm_owner(socket);
	if (socket->is_own) {
		TAPIO_ADD(count->kfiltered, 1);
		return;
	}
	if (old == TAPIO_SYN_SENT && socket->error) {
		totals = totals_of(socket);
		if (totals)
			TAPIO_ADD(totals->connect_failures, 1);
	}
	settle_retransmits(socket, tcp, count);
	if (will_show_its_owner(sk, socket)) {
		socket->awaits_owner = true;
		TAPIO_ADD(count->folded, 1);
		return;
	}
	emit(sk, tcp, socket, socket->end_ns, count);
}

/* One that nothing is known of is reported all the same. */
static __always_inline void on_close(struct sock *sk, int old, struct tapio_counters *count)
{
	struct tapio_socket unknown = begun_before_us(sk), *socket = tapio_socket_of(sk);

	end(sk, socket ? socket : &unknown, old, count);
}

static __always_inline void on_established(struct sock *sk, int old, struct tapio_counters *count)
{
	struct tapio_socket unknown = begun_before_us(sk), *socket = tapio_socket_of(sk);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!socket && remember(sk, &unknown, false))
		socket = tapio_socket_of(sk);
	if (!socket) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	socket->was_established = true;
	socket->established_ns = now;
	if (old == TAPIO_SYN_SENT || socket->direction == TAPIO_OUTBOUND) {
		socket->direction = TAPIO_OUTBOUND;
		TAPIO_FOLD(socket, connects, 1);
		return;
	}
	socket->direction = TAPIO_INBOUND;
	socket->start_ns = now;
	TAPIO_FOLD(socket, accepts, 1);
}

/* Both begin in a system call of the process that will own the socket. */
static __always_inline void on_begin(struct sock *sk, int new, struct tapio_counters *count)
{
	struct tapio_socket socket = {}, *known = tapio_socket_of(sk);

	set_owner(&socket, bpf_get_current_task_btf());
	if (new == TAPIO_SYN_SENT) {
		socket.direction = TAPIO_OUTBOUND;
		socket.owner_is_certain = true;
		socket.start_ns = bpf_ktime_get_boot_ns();
	}
	if (known) /* it was another connection before, or listened */
		*known = socket;
	settle_beginning(count, known || remember(sk, &socket, false));
}

/*
 * The listener of a socket that has just been copied from it: an empty list names itself, and the copy's names the listener's
 * until tcp_create_openreq_child() begins it anew, which is after this change of state. 0 where it is not known. A number to
 * look up, nothing that is followed.
 */
static __always_inline __u64 listener_of(struct sock *child)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(child);

	return tcp ? tapio_address_of(tcp->tsorted_sent_queue.next) - bpf_core_field_offset(struct tcp_sock, tsorted_sent_queue)
		   : 0;
}

static __always_inline void on_child(struct sock *sk, struct tapio_counters *count)
{
	struct tapio_socket *listener = tapio_socket_at(listener_of(sk));
	struct tapio_socket child = {.direction = TAPIO_INBOUND};

	if (listener) {
		child.owner = listener->owner;
		child.is_own = listener->is_own;
	}
	settle_beginning(count, remember(sk, &child, true));
}

static __always_inline void on_change(struct sock *sk, int new, struct tapio_counters *count)
{
	struct tapio_socket *socket = NULL;

	if (new == TAPIO_FIN_WAIT1 || new == TAPIO_LAST_ACK)
		socket = tapio_socket_of(sk);
	if (socket)
		confirm_owner(socket);
	TAPIO_ADD(count->folded, 1);
}

/* Set by the agent, before loading: there is http, which this kernel might refuse. */
const volatile bool tapio_carries_http = false;
__u32 tapio_http_carried = 0;

SEC("tp_btf/inet_sock_set_state")
int tcp_state_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_TCP);
	struct sock *sk = (void *)ctx[0];
	int old = ctx[1], new = ctx[2];

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (sk->sk_protocol != TAPIO_IPPROTO_TCP)
		TAPIO_ADD(count->kfiltered, 1);
	else if (new == TAPIO_SYN_SENT || new == TAPIO_LISTEN)
		on_begin(sk, new, count);
	else if (new == TAPIO_SYN_RECV && old == TAPIO_LISTEN)
		on_child(sk, count);
	else if (new == TAPIO_ESTABLISHED)
		on_established(sk, old, count);
	else if (new == TAPIO_CLOSE && old != TAPIO_CLOSE &&old != TAPIO_LISTEN)
		on_close(sk, old, count);
	else
		on_change(sk, new, count);
	if (tapio_carries_http && tapio_http_is_carried())
		tapio_http_on_state(sk, new);
	return 0;
}

/* Its process closes a socket whose connection had ended before. */
static __always_inline void on_late_owner(struct sock *sk, struct tapio_socket *socket, struct tapio_counters *count)
{
	confirm_owner(socket);
	if (socket->is_own)
		TAPIO_ADD(count->kfiltered, 1);
	else
		emit(sk, bpf_skc_to_tcp_sock(sk), socket, bpf_ktime_get_boot_ns(), count);
}

SEC("tp_btf/tcp_destroy_sock")
int tcp_destroy_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_TCP);
	struct sock *sk = (void *)ctx[0];
	struct tapio_socket *socket;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	socket = tapio_socket_of(sk);
	if (socket && socket->awaits_owner)
		on_late_owner(sk, socket, count);
	else
		TAPIO_ADD(count->kfiltered, 1);
	if (socket)
		forget(sk, socket);
	return 0;
}

const volatile bool tapio_retransmit_says_error = false; /* set by the agent: from 6.16 it fires for failed ones too */

static __always_inline __u32 sent_again_by_unknown(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[1];
	__u16 segments;

	if (tapio_retransmit_says_error && (int)ctx[2] != 0)
		return 0;
	segments = BPF_CORE_READ((struct tcp_skb_cb *)&skb->cb, tcp_gso_segs);
	return segments ? segments : 1;
}

SEC("tp_btf/tcp_retransmit_skb")
int tcp_retransmit_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_TCP);
	struct sock *sk = (void *)ctx[0];
	struct tapio_socket *socket;
	struct tcp_sock *tcp;
	__u32 segments;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	socket = tapio_socket_of(sk);
	tcp = socket ? bpf_skc_to_tcp_sock(sk) : NULL;
	segments = tcp ? sent_again(socket, tcp) : sent_again_by_unknown(ctx);
	if (segments)
		TAPIO_FOLD(socket, retransmits, segments);
	else
		TAPIO_ADD(count->kfiltered, 1);
	return 0;
}

/* Without a socket the reset answers a segment for a port where nobody listens. */
SEC("tp_btf/tcp_send_reset")
int tcp_send_reset_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_TCP);
	struct sock *sk = (void *)ctx[0];
	struct tapio_socket *socket = NULL;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	if (sk)
		socket = tapio_socket_of(sk);
	TAPIO_FOLD(socket, resets_sent, 1);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int tcp_receive_reset_btf(__u64 *ctx)
{
	struct tapio_counters *count = tapio_count(TAPIO_TCP);
	struct tapio_socket *socket;

	if (!count)
		return 0;
	TAPIO_ADD(count->seen, 1);
	socket = tapio_socket_of((void *)ctx[0]);
	TAPIO_FOLD(socket, resets_received, 1);
	return 0;
}

/* Run once after attaching: the sockets that were there before. */
SEC("iter/task_file")
int tcp_existing(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct tapio_socket known;
	struct socket *outer;
	struct sock *sk;
	int state;

	if (!task || !file)
		return 0;
	outer = bpf_sock_from_file(file);
	if (!outer)
		return 0;
	sk = outer->sk;
	if (!sk || sk->sk_protocol != TAPIO_IPPROTO_TCP || sk->sk_type != TAPIO_SOCK_STREAM)
		return 0;
	state = sk->__sk_common.skc_state;
	if (state == TAPIO_CLOSE || tapio_socket_of(sk))
		return 0;
	known = begun_before_us(sk);
	set_owner(&known, task);
	known.owner_is_certain = state != TAPIO_LISTEN;
	known.was_established = state != TAPIO_LISTEN && state != TAPIO_SYN_SENT;
	if (state == TAPIO_SYN_SENT)
		known.direction = TAPIO_OUTBOUND;
	remember(sk, &known, false); /* its file is held, so that it is not destroyed meanwhile */
	return 0;
}

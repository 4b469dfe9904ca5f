// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_dns.h"
#include "tapio_httpend.h"
#include "tapio_tls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TAPIO_HTTP_BEGINNING 16
#define TAPIO_HTTP_STATUS 12 /* "HTTP/1.1 200" */

/* Set by the agent, before loading: there is dns, which this kernel might refuse. */
const volatile bool tapio_carries_dns = false;
__u32 tapio_dns_carried = 0;
__u32 tapio_http_generation = 0;

/* What a segment is looked at with. */
struct tapio_http_side {
	struct tapio_counters *count;
	struct bpf_sock *sk;
	struct tapio_http_exchange *exchange;
	struct tapio_http_socket *socket; /* of that */
	struct tapio_http_looked *place;  /* of a handshake that is watched; else NULL */
};

/*
 * Who sends. For a server that is whoever answers, though another process accepted or listens. False for the agent's own,
 * which is not looked at again.
 */
static __always_inline bool note_owner(struct tapio_http_exchange *exchange, struct bpf_sock *sk)
{
	__u32 tgid;

	if (!tapio_sends(sk))
		return true;
	tgid = tapio_current_tgid();
	if (tgid == exchange->owner_tgid)
		return true;
	if (tapio_is_own(tgid))
		return false;
	tapio_describe_current(&exchange->owner);
	exchange->owner_tgid = tgid;
	return true;
}

/* Of one that has not spoken HTTP: was it looked at for long enough? */
static __always_inline bool is_something_else(struct tapio_http_side *side)
{
	__u64 address = tapio_address_of(side->sk);
	struct tapio_http_looked *place = tapio_http_looked_of(address);

	if (!place || place->address != address || place->generation != tapio_http_generation
	    || place->looked < TAPIO_HTTP_PATIENCE)
		return false;
	side->place = place->looked & TAPIO_HTTP_HANDSHAKE ? place : NULL;
	return true;
}

/* What a socket is from here on that begins to encrypt: a handshake that is watched, or something else. */
static __always_inline __u32 encryption_of(const __u32 *words, bool egress)
{
	const __u8 *bytes = (const __u8 *)words;

	if (bytes[0] != TAPIO_TLS_HANDSHAKE || (bytes[5] != TAPIO_TLS_CLIENT_HELLO && bytes[5] != TAPIO_TLS_SERVER_HELLO))
		return TAPIO_HTTP_PATIENCE;
	return TAPIO_HTTP_HANDSHAKE | (egress == (bytes[5] == TAPIO_TLS_CLIENT_HELLO) ? TAPIO_HTTP_IS_CLIENT : 0);
}

/* `is_then`: what it is; 0 = still not known. */
static __always_inline void note_look(const void *sk, __u32 is_then)
{
	__u64 address = tapio_address_of(sk);
	struct tapio_http_looked *place = tapio_http_looked_of(address);

	if (!place)
		return;
	if (place->address != address || place->generation != tapio_http_generation) {
		place->looked = 0;
		place->generation = tapio_http_generation;
		place->address = address;
	}
	place->looked = is_then ? is_then : place->looked + 1;
}

/* It speaks HTTP. False where there is no memory. */
static __always_inline bool begin_exchange(struct tapio_http_side *side, struct __sk_buff *skb)
{
	struct tapio_http_exchange *exchange = bpf_sk_storage_get(&http_exchanges, side->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!exchange)
		return false;
	if (!exchange->cookie) {
		exchange->cookie = bpf_get_socket_cookie(skb);
		tapio_ends_of(&exchange->ends, side->sk);
		exchange->socket.generation = tapio_http_generation;
	}
	side->exchange = exchange;
	side->socket = &exchange->socket;
	return true;
}

/* NULL when there is no room. */
static __always_inline struct tapio_http_request *new_request(struct tapio_http_side *side, __u32 number)
{
	struct tapio_http_key key = {.cookie = side->exchange->cookie, .number = number};

	if (!side->exchange->request.begun_ns)
		return &side->exchange->request;
	if (number - side->socket->first >= TAPIO_HTTP_DEPTH || bpf_map_update_elem(&http_pipelined, &key, &no_request, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&http_pipelined, &key);
}

static __always_inline __u32 load_head(char *head, struct __sk_buff *skb, const struct tapio_packet *packet)
{
	__u32 length = packet->length;

	/* Written so that the verifier sees it: clang would compare a copy. */
	asm volatile("if %0 <= 256 goto +1; %0 = 256" : "+r"(length));
	if (length == 0 || bpf_skb_load_bytes(skb, packet->payload, head, length))
		return 0;
	return length;
}

static __always_inline void on_request(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet)
{
	struct tapio_http_request *request;
	__u32 number = side->socket->next;

	TAPIO_ADD(side->count->seen, 1);
	side->socket->request_sequence = side->socket->request_floor = packet->sequence;
	side->socket->known |= TAPIO_HTTP_KNOWS_REQUEST;
	request = new_request(side, number);
	if (request) {
		request->number = number;
		request->bytes = packet->length;
		request->pipelined = number != side->socket->first;
		request->length = load_head(request->head, skb, packet);
		request->begun_ns = bpf_ktime_get_boot_ns();
	}
	/* Last, and as a barrier: where requests are pipelined an answer may be looked at on another CPU meanwhile. */
	TAPIO_ADD(side->socket->next, 1);
	TAPIO_ADD(side->count->folded, 1);
}

/*
 * A segment after the first of a request: what is missing of its head, or its body. By sequence, so that what is sent again
 * or out of order counts once.
 */
static __always_inline void on_more(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet)
{
	struct tapio_http_request *request = &side->exchange->request;
	__u32 begin = packet->sequence - side->socket->request_sequence;
	__u32 ahead = begin + packet->length - (__u32)request->bytes;
	__u32 at = request->length, more = packet->length;

	if (!request->begun_ns || request->number + 1 != side->socket->next || !(side->socket->known & TAPIO_HTTP_KNOWS_REQUEST))
		return;
	if ((__s32)ahead > 0)
		request->bytes += ahead;
	asm volatile("if %0 <= 64 goto +1; %0 = 64" : "+r"(more));
	if (begin != at || more == 0 || at > TAPIO_HTTP_HEAD_LEN - TAPIO_HTTP_MORE_LEN)
		return;
	if (!bpf_skb_load_bytes(skb, packet->payload, request->head + at, more))
		request->length = at + more;
}

/* A connection before it has a socket. Cookies are counted from 0, so with an address in the upper half it is none of them. */
static __always_inline struct tapio_http_key early_key(struct __sk_buff *skb, const struct tapio_packet *packet, bool egress)
{
	struct tapio_http_key key = {};
	__u32 remote[4] = {}, local[4] = {};

	tapio_read_address((__u8 *)remote, skb, egress);
	tapio_read_address((__u8 *)local, skb, !egress);
	key.cookie = (__u64)(remote[0] ^ remote[1] ^ remote[2] ^ remote[3]) << 32
		     | (__u32)(egress ? packet->target : packet->source) << 16 | (egress ? packet->source : packet->target);
	key.number = local[0] ^ local[1] ^ local[2] ^ local[3];
	return key;
}

/*
 * Where the server defers accepting until there is something to read, the first segment with payload makes the connection's
 * socket, and passes the hook on its listener. The socket fetches it from there.
 */
static __always_inline void on_early(struct tapio_counters *count, struct __sk_buff *skb, const struct tapio_packet *packet)
{
	struct tapio_http_key key = early_key(skb, packet, false);
	__u32 words[TAPIO_HTTP_BEGINNING / 4] = {};
	struct tapio_http_request *request;

	if (packet->length < TAPIO_HTTP_BEGINNING || bpf_skb_load_bytes(skb, packet->payload, words, sizeof(words))
	    || look(words) != TAPIO_SEES_REQUEST || bpf_map_update_elem(&http_pipelined, &key, &no_request, BPF_ANY))
		goto passes_by;
	request = bpf_map_lookup_elem(&http_pipelined, &key);
	if (!request)
		goto passes_by;
	request->bytes = packet->length;
	request->length = load_head(request->head, skb, packet);
	request->begun_ns = bpf_ktime_get_boot_ns();
	TAPIO_ADD(count->seen, 1);
	TAPIO_ADD(count->folded, 1);
	return;
passes_by:
	tapio_pass_by(count);
}

/* What passed before the socket of a server was there. */
static __always_inline void fetch_early(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
					bool egress)
{
	struct tapio_http_key key = early_key(skb, packet, egress);
	struct tapio_http_request *early = bpf_map_lookup_elem(&http_pipelined, &key);

	if (!early)
		return;
	side->exchange->request = *early;
	side->exchange->request.number = side->socket->first;
	side->socket->next = side->socket->first + 1;
	bpf_map_delete_elem(&http_pipelined, &key);
}

/* NULL when it could not be kept, or was pushed out. */
static __always_inline struct tapio_http_request *request_of(struct tapio_http_exchange *exchange, struct tapio_http_key *key)
{
	if (exchange->request.begun_ns && exchange->request.number == key->number)
		return &exchange->request;
	return bpf_map_lookup_elem(&http_pipelined, key);
}

static __always_inline void forget(struct tapio_http_exchange *exchange, struct tapio_http_request *request,
				   struct tapio_http_key *key)
{
	if (request == &exchange->request)
		request->begun_ns = 0;
	else
		bpf_map_delete_elem(&http_pipelined, key);
}

static __always_inline void on_answer(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
				      const char *status)
{
	struct tapio_http_key key = {.cookie = side->exchange->cookie, .number = side->socket->first};
	const struct tapio_http_parties of = tapio_http_parties_of(side->exchange, side->socket->direction);
	struct tapio_http_request *request;
	struct tapio_http_told told;
	struct tapio_http *record;
	bool is_own = false;

	side->socket->answer_floor = packet->sequence;
	side->socket->known |= TAPIO_HTTP_KNOWS_ANSWER;
	/* Only a word in between: 100, 102, 103 */
	if (side->socket->first == side->socket->next || (status[0] == '1' && status[2] != '1')) {
		tapio_pass_by(side->count);
		return;
	}
	TAPIO_ADD(side->count->seen, 1);
	side->socket->first++;
	request = request_of(side->exchange, &key);
	if (!request) {
		TAPIO_ADD(side->count->lost, 1);
		return;
	}
	if (tapio_ends_http(status, request))
		side->socket->state = TAPIO_HTTP_IGNORED;
	if (!side->exchange->owner_tgid)
		tapio_known_owner(&side->exchange->owner, side->sk, &is_own);
	if (is_own) { /* sent when its window opened, in nobody's name */
		forget(side->exchange, request, &key);
		side->socket->state = TAPIO_HTTP_IGNORED;
		TAPIO_ADD(side->count->kfiltered, 1);
		return;
	}
	told = tapio_judge_http(&of, request->begun_ns, status[0] >= '4');
	tapio_settle_http(&of, request->begun_ns, status[0] - '0', &told);
	record = tapio_begin_http(TAPIO_KIND_HTTP, &of, request, &told, side->count);
	forget(side->exchange, request, &key);
	if (!record)
		return;
	record->response_len = load_head(record->response, skb, packet);
	tapio_submit(record);
}

/* What was sent again, or out of order, was looked at before. */
static __always_inline bool is_repeated(__u32 sequence, __u32 last, bool any)
{
	return any && (__s32)(sequence - last) <= 0;
}

/* A body may be longer than sequence numbers tell apart: what is older than it must not become newer. */
static __always_inline void raise_floor(struct tapio_http_socket *socket, __u32 sequence, bool on_request_side)
{
	__u32 *floor = on_request_side ? &socket->request_floor : &socket->answer_floor;

	if ((__s32)(sequence - *floor) > (__s32)TAPIO_HTTP_WINDOW)
		*floor = sequence - TAPIO_HTTP_WINDOW;
}

static __always_inline void on_beginning(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
					 const char *text, bool egress, bool is_request)
{
	struct tapio_http_socket *socket = side->socket;

	if (is_request ? is_repeated(packet->sequence, socket->request_floor, socket->known & TAPIO_HTTP_KNOWS_REQUEST)
		       : is_repeated(packet->sequence, socket->answer_floor, socket->known & TAPIO_HTTP_KNOWS_ANSWER)) {
		tapio_pass_by(side->count);
		return;
	}
	if (egress && !note_owner(side->exchange, side->sk)) {
		socket->state = TAPIO_HTTP_IGNORED;
		tapio_pass_by(side->count);
		return;
	}
	if (is_request)
		on_request(side, skb, packet);
	else
		on_answer(side, skb, packet, text + 9);
}

/* Of one that speaks HTTP: more of a request or an answer, or another protocol's. */
static __always_inline void on_other(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
				     bool on_request_side)
{
	raise_floor(side->socket, packet->sequence, on_request_side);
	if (on_request_side && side->socket->first != side->socket->next)
		on_more(side, skb, packet);
	tapio_pass_by(side->count);
}

static __always_inline enum tapio_http_sight sight_of(struct __sk_buff *skb, const struct tapio_packet *packet, __u32 *words)
{
	__u32 enough = packet->length >= TAPIO_HTTP_BEGINNING ? TAPIO_HTTP_BEGINNING
		       : packet->length >= TAPIO_HTTP_STATUS  ? TAPIO_HTTP_STATUS
							      : TAPIO_HTTP_BEGINNING / 2;

	return bpf_skb_load_bytes(skb, packet->payload, words, enough) ? TAPIO_SEES_OTHER : look(words);
}

static __always_inline bool begins(enum tapio_http_sight sight)
{
	return sight != TAPIO_SEES_OTHER && sight != TAPIO_SEES_ENCRYPTION;
}

/* One that has not spoken HTTP, or not since the collector came on, begins to. False where there is no memory. */
static __always_inline bool begin_speaking(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
					   bool egress, bool is_request)
{
	if (!side->exchange && !begin_exchange(side, skb))
		return false;
	side->socket->direction = is_request == egress ? TAPIO_OUTBOUND : TAPIO_INBOUND;
	side->socket->state = TAPIO_HTTP_SPOKEN;
	if (side->socket->direction == TAPIO_INBOUND)
		fetch_early(side, skb, packet, egress);
	return true;
}

/* Numbers go on, so that none means two requests. A socket that speaks something else still does. */
static __always_inline void begin_again(struct tapio_http_side *side)
{
	struct tapio_http_socket *socket = side->socket;

	side->exchange->request.begun_ns = 0;
	socket->first = socket->next;
	socket->known = 0;
	if (socket->state != TAPIO_HTTP_IGNORED)
		socket->state = TAPIO_HTTP_UNKNOWN;
	socket->generation = tapio_http_generation;
}

/* Its storage, where it has one. False: it is left alone. */
static __always_inline bool find_exchange(struct tapio_http_side *side)
{
	side->exchange = bpf_sk_storage_get(&http_exchanges, side->sk, NULL, 0);
	if (!side->exchange)
		return !is_something_else(side);
	side->socket = &side->exchange->socket;
	if (side->socket->generation != tapio_http_generation)
		begin_again(side);
	return side->socket->state == TAPIO_HTTP_SPOKEN || (side->socket->state == TAPIO_HTTP_UNKNOWN && !is_something_else(side));
}

/* False for the agent's own. Whose it is remains empty where nobody is seen sending and the TCP collector does not know. */
static __always_inline bool find_owner(struct tapio_process *owner, struct bpf_sock *sk, bool egress)
{
	bool is_own = false;

	if (egress && tapio_sends(sk)) {
		is_own = tapio_is_own(tapio_current_tgid());
		tapio_describe_current(owner);
	} else {
		/* What was read of an owner that is another's by now says nothing. */
		if (!tapio_known_owner(owner, sk, &is_own)) {
			__builtin_memset(owner, 0, sizeof(*owner));
			is_own = false;
		}
	}
	return !is_own;
}

/* It failed: no rule about what goes well, or about HTTP, leaves it out. */
static __always_inline void tell_handshake(struct tapio_http_side *side, bool is_client, __u8 alert, bool egress)
{
	const struct tapio_filter *filter = tapio_filter_of(tapio_filter_now());
	__u64 now_ns = bpf_ktime_get_boot_ns();
	struct tapio_process owner = {};
	struct tapio_tls *record;

	TAPIO_ADD(side->count->seen, 1);
	if (!find_owner(&owner, side->sk, egress)) {
		TAPIO_ADD(side->count->kfiltered, 1);
		return;
	}
	if (filter && tapio_is_left_out(side->count, tapio_judge(filter, TAPIO_HTTP, &owner.cgroups, now_ns, true, false)))
		return;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(side->count->lost, 1);
		return;
	}
	tapio_begin_at(&record->header, TAPIO_KIND_TLS, sizeof(*record), now_ns, tapio_generation(filter));
	record->header.process = owner;
	tapio_ends_of(&record->ends, side->sk);
	record->ends.reserved = 0;
	record->direction = is_client ? TAPIO_OUTBOUND : TAPIO_INBOUND;
	record->alert = alert;
	record->sent = egress;
	__builtin_memset(record->reserved, 0, sizeof(record->reserved));
	tapio_submit(record);
}

static __always_inline void on_handshake(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
					 bool egress)
{
	__u32 looked = side->place->looked;
	bool is_client = looked & TAPIO_HTTP_IS_CLIENT;
	enum tapio_tls_sight sight;
	__u8 alert = 0;

	sight = tapio_tls_look(skb, packet, is_client == egress, looked & TAPIO_HTTP_IS_OLD, &alert);
	if (sight >= TAPIO_TLS_IS_OVER || (looked & TAPIO_HTTP_SEGMENTS) >= TAPIO_TLS_PATIENCE)
		looked = TAPIO_HTTP_PATIENCE;
	else
		looked = (looked + 1) | (sight == TAPIO_TLS_IS_OLD ? TAPIO_HTTP_IS_OLD : 0);
	/* Another socket may have taken the place since. */
	if (side->place->address == tapio_address_of(side->sk))
		side->place->looked = looked;
	if (sight == TAPIO_TLS_FAILS)
		tell_handshake(side, is_client, alert, egress);
	else
		tapio_pass_by(side->count);
}

static __always_inline void on_payload(struct tapio_http_side *side, struct __sk_buff *skb, const struct tapio_packet *packet,
				       bool egress)
{
	__u32 words[TAPIO_HTTP_BEGINNING / 4] = {};
	bool speaks, is_request, on_request_side = false;
	enum tapio_http_sight sight;

	if (!find_exchange(side)) {
		if (side->place)
			on_handshake(side, skb, packet, egress);
		else
			tapio_pass_by(side->count);
		return;
	}
	speaks = side->exchange && side->socket->state == TAPIO_HTTP_SPOKEN;
	if (speaks)
		on_request_side = (side->socket->direction == TAPIO_OUTBOUND) == egress;
	/* The body of an answer: nothing to see before the next request. */
	if (speaks && !on_request_side && side->socket->first == side->socket->next) {
		raise_floor(side->socket, packet->sequence, false);
		tapio_pass_by(side->count);
		return;
	}
	sight = sight_of(skb, packet, words);
	is_request = sight == TAPIO_SEES_REQUEST;
	if (speaks && (!begins(sight) || is_request != on_request_side)) {
		on_other(side, skb, packet, on_request_side);
	} else if (!begins(sight)) {
		note_look(side->sk, sight == TAPIO_SEES_ENCRYPTION ? encryption_of(words, egress) : 0);
		tapio_pass_by(side->count);
	} else if (!speaks && !begin_speaking(side, skb, packet, egress, is_request)) {
		TAPIO_ADD(side->count->seen, 1);
		TAPIO_ADD(side->count->lost, 1);
	} else {
		on_beginning(side, skb, packet, (const char *)words, egress, is_request);
	}
}

/*
 * On a stack of its own, which what is done for dns needs, too. Not static, or clang drops what it returns, and the verifier sees what is left
 * there. `packet`: NULL where it was not to be read.
 */
__noinline int tapio_http_on_segment(struct __sk_buff *skb, const struct tapio_packet *packet, bool egress)
{
	struct tapio_http_side side = {.count = tapio_count(TAPIO_HTTP)};
	struct bpf_sock *sk = skb->sk;

	if (!side.count)
		return TAPIO_LET_PASS;
	/* The cheapest first: most packets of a short connection carry nothing. */
	side.sk = sk && packet && packet->protocol == TAPIO_IPPROTO_TCP ? bpf_sk_fullsock(sk) : NULL;
	if (!side.sk || side.sk->protocol != TAPIO_IPPROTO_TCP)
		tapio_pass_by(side.count);
	else if (side.sk->state == TAPIO_LISTEN)
		on_early(side.count, skb, packet);
	else
		on_payload(&side, skb, packet, egress);
	return TAPIO_LET_PASS;
}

static __always_inline int on_packet(struct __sk_buff *skb, bool egress)
{
	struct tapio_packet packet = {};
	const struct tapio_packet *read = tapio_parse(skb, &packet) ? &packet : NULL;

	if (tapio_carries_dns && tapio_dns_is_carried())
		tapio_dns_look(skb, read, egress);
	tapio_http_on_segment(skb, read, egress);
	return TAPIO_LET_PASS;
}

SEC("cgroup_skb/egress")
int http_egress(struct __sk_buff *skb)
{
	return on_packet(skb, true);
}

SEC("cgroup_skb/ingress")
int http_ingress(struct __sk_buff *skb)
{
	return on_packet(skb, false);
}

/*
 * Verified once, apart from its caller (as it is neither static nor inlined): within the loop over them the verifier looked
 * at it anew for each, and came to half of the instructions that a kernel allows it.
 */
__noinline int tapio_http_on_abort(struct tapio_http_exchange *exchange, const struct tapio_http_told *told,
				   struct tapio_counters *count, __u32 number, __u32 direction)
{
	struct tapio_http_request *request;
	struct tapio_http_parties of;
	struct tapio_http_key key = {};
	struct tapio_http *record;

	if (!exchange || !told || !count)
		return 0;
	key.cookie = exchange->cookie;
	key.number = number;
	of = tapio_http_parties_of(exchange, direction);
	request = request_of(exchange, &key);
	TAPIO_ADD(count->seen, 1);
	if (!request) {
		TAPIO_ADD(count->lost, 1);
		return 0;
	}
	tapio_add_up_http(&of, told->now_ns - request->begun_ns, 0);
	record = tapio_begin_http(TAPIO_KIND_HTTP, &of, request, told, count);
	forget(exchange, request, &key);
	if (record)
		tapio_submit(record);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int http_state_btf(__u64 *ctx)
{
	if (!tapio_http_is_carried())
		tapio_http_on_state((void *)ctx[0], ctx[2]);
	return 0;
}

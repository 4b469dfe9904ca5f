// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "tapio_dns.h"
#include "tapio_filter.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TAPIO_DNS_HEADER 12
#define TAPIO_DNS_MOST_NAME 255
#define TAPIO_DNS_MOST_LABELS 128
#define TAPIO_DNS_PER_SEGMENT 4 /* questions that one TCP segment may carry; a resolver sends two */

/* RFC 1035 section 4.1.1, host order */
#define TAPIO_DNS_IS_ANSWER 0x8000
#define TAPIO_DNS_OPCODE 0x7800
#define TAPIO_DNS_RCODE 0x000f

const volatile __u64 tapio_dns_wait_ns = 5000000000ull; /* set by the agent */
/* Questions that are waited for: while there are none, the agent need not look for those that wait too long. */
__u64 tapio_dns_waiting = 0;

/* Two slots: two different questions of one socket may have the same id. */
struct tapio_dns_key {
	__u64 socket; /* cookie */
	__u16 id;
	__u8 tcp;
	__u8 slot;
	__u32 reserved;
};

struct tapio_dns_question {
	__u64 begun_ns; /* 0 = not filled in yet */
	struct tapio_process asker;
	__u8 server[16];
	__u32 attempts;
	__u16 server_port;
	__u16 question_len;
	__u8 question[TAPIO_DNS_QUESTION_LEN];
};

/*
 * Not an LRU one: that evicts without a word, and before it is full. Whatever is not answered leaves after the wait, and a
 * question that finds no room is counted as lost.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tapio_dns_key);
	__type(value, struct tapio_dns_question);
} dns_questions SEC(".maps");

static const struct tapio_dns_question nothing_yet = {};

struct tapio_dns_message {
	__be16 id;
	__be16 flags;
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additionals;
};

/* The question section of a message. Its last word is padded with zeros; beyond that are any bytes. */
struct tapio_dns_section {
	__u64 words[TAPIO_DNS_QUESTION_LEN / 8];
	__u32 length; /* 0 = the message has none */
};

/* Length of the name with its end; 0 when it has none, or a pointer, which points at nothing that early in a message. */
static __always_inline __u32 name_length(const __u8 *bytes, __u32 have)
{
	__u32 at = 0, label;

	for (int i = 0; i < TAPIO_DNS_MOST_LABELS; i++) {
		if (at >= have || at >= TAPIO_DNS_MOST_NAME)
			return 0;
		label = bytes[at];
		at += label + 1;
		if (label == 0)
			return at;
		if (label > 63)
			return 0;
	}
	return 0;
}

/* What follows in the packet is not the question's. */
static __always_inline void cut_last_word(struct tapio_dns_section *section)
{
	__u32 last = section->length / 8, bits = section->length % 8 * 8;

	if (last >= TAPIO_DNS_QUESTION_LEN / 8)
		return;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	section->words[last] &= (1ull << bits) - 1;
#else
	section->words[last] &= ~(~0ull >> bits);
#endif
}

/*
 * Functions that are neither static nor inlined are verified once, apart from their callers: with both loops within the
 * loops of the callers, loading the program took half a second. False when there is no such section.
 */
__noinline int tapio_dns_load_section(struct __sk_buff *skb, __u32 at, struct tapio_dns_section *section)
{
	__u32 have = skb->len > at ? skb->len - at : 0;
	__u8 *bytes;

	if (!section)
		return false;
	bytes = (__u8 *)section->words;
	__builtin_memset(section, 0, sizeof(*section));
	if (have > TAPIO_DNS_MOST_NAME + 4)
		have = TAPIO_DNS_MOST_NAME + 4;
	/* clang compares a copy, and the verifier then knows no bound of what is used. */
	asm volatile("if %0 <= 259 goto +1; %0 = 259" : "+r"(have));
	if (have < 5 || bpf_skb_load_bytes(skb, at, bytes, have))
		return false;
	section->length = name_length(bytes, have);
	if (section->length == 0 || section->length + 4 > have)
		return false;
	section->length += 4;
	cut_last_word(section);
	return true;
}

__noinline int tapio_dns_same_question(const struct tapio_dns_question *known, const struct tapio_dns_section *section)
{
	const __u64 *words;

	if (!known || !section || known->question_len != section->length)
		return false;
	words = (const __u64 *)known->question;
	for (__u32 i = 0; i < TAPIO_DNS_QUESTION_LEN / 8; i++) {
		if (i * 8 < section->length && words[i] != section->words[i])
			return false;
	}
	return true;
}

static __always_inline void remember_question(struct tapio_dns_question *known, const struct tapio_dns_section *section)
{
	__u64 *words = (__u64 *)known->question;

	known->question_len = section->length;
	for (__u32 i = 0; i < TAPIO_DNS_QUESTION_LEN / 8; i++) {
		if (i * 8 < section->length)
			words[i] = section->words[i];
	}
}

/*
 * A datagram leaves within the system call that sends it, so that the current task is who asks. TCP may send later, by an
 * acknowledgement or a timer. False for the agent's own.
 */
static __always_inline bool read_asker(struct tapio_process *asker, struct __sk_buff *skb, bool tcp)
{
	struct bpf_sock *sk = skb->sk;
	bool is_own = false;

	if (tcp) {
		sk = sk ? bpf_sk_fullsock(sk) : NULL;
		if (!sk)
			return true;
		if (!tapio_sends(sk)) {
			tapio_known_owner(asker, sk, &is_own);
			return !is_own;
		}
	}
	if (tapio_is_own(tapio_current_tgid()))
		return false;
	tapio_describe_current(asker);
	return true;
}

static __always_inline struct tapio_dns_key key_of(struct __sk_buff *skb, __u16 id, bool tcp)
{
	struct tapio_dns_key key = {.socket = bpf_get_socket_cookie(skb), .id = id, .tcp = tcp};

	return key;
}

static __always_inline void on_new_question(struct __sk_buff *skb, struct tapio_dns_key *key,
					    const struct tapio_dns_section *section, struct tapio_counters *count)
{
	struct tapio_dns_question *known;

	if (bpf_map_update_elem(&dns_questions, key, &nothing_yet, BPF_NOEXIST)) {
		TAPIO_ADD(count->lost, 1);
		return;
	}
	known = bpf_map_lookup_elem(&dns_questions, key);
	if (!known || !read_asker(&known->asker, skb, key->tcp)) {
		bpf_map_delete_elem(&dns_questions, key);
		TAPIO_ADD(count->kfiltered, 1);
		return;
	}
	remember_question(known, section);
	tapio_read_address(known->server, skb, true);
	known->server_port = TAPIO_DNS_PORT;
	known->attempts = 1;
	TAPIO_ADD(tapio_dns_waiting, 1);
	known->begun_ns = bpf_ktime_get_boot_ns();
	TAPIO_ADD(count->folded, 1);
}

/* False when it is no question. */
__noinline int tapio_dns_on_question(struct __sk_buff *skb, __u32 at, bool tcp)
{
	struct tapio_counters *count = tapio_count(TAPIO_DNS);
	struct tapio_dns_question *known;
	/* Before 6.4 the verifier asks for every byte of what a global function is to fill. */
	struct tapio_dns_section section = {};
	struct tapio_dns_message header;
	struct tapio_dns_key key;
	int free = -1;

	if (!count || bpf_skb_load_bytes(skb, at, &header, sizeof(header))
	    || header.flags & bpf_htons(TAPIO_DNS_IS_ANSWER | TAPIO_DNS_OPCODE) || header.questions != bpf_htons(1)
	    || !tapio_dns_load_section(skb, at + TAPIO_DNS_HEADER, &section))
		return false;
	TAPIO_ADD(count->seen, 1);
	key = key_of(skb, header.id, tcp);
	for (int slot = 1; slot >= 0; slot--) {
		key.slot = slot;
		known = bpf_map_lookup_elem(&dns_questions, &key);
		if (!known) {
			free = slot;
		} else if (tapio_dns_same_question(known, &section)) {
			tapio_read_address(known->server, skb, true);
			TAPIO_ADD(known->attempts, 1);
			TAPIO_ADD(count->folded, 1);
			return true;
		}
	}
	if (free < 0) {
		TAPIO_ADD(count->lost, 1);
		return true;
	}
	key.slot = free;
	on_new_question(skb, &key, &section, count);
	return true;
}

/* Not inlined: the callers have little room left on the stack. */
static __noinline __u32 judge(__u32 active, const struct tapio_dns_question *known, __u64 now_ns, bool failed)
{
	const struct tapio_filter *filter = tapio_filter_of(active);
	const struct tapio_rule *rule;

	if (!filter)
		return TAPIO_TOLD;
	rule = &filter->rules[TAPIO_DNS];
	if (tapio_is_unwanted(filter, TAPIO_KIND_DNS, failed))
		return TAPIO_UNWANTED;
	if (rule->by_port && !tapio_tells_port(filter, TAPIO_PORTS_DNS, TAPIO_DNS_PORT))
		return TAPIO_BY_PORT;
	if (!failed && now_ns - known->begun_ns < rule->floor_ns)
		return TAPIO_BY_FLOOR;
	return tapio_judge(filter, TAPIO_DNS, &known->asker.cgroups, now_ns, failed, false);
}

static __always_inline struct tapio_dns *begin_record(const struct tapio_dns_key *key, const struct tapio_dns_question *known,
						      __u64 now_ns, __u32 active)
{
	struct tapio_dns *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return NULL;
	tapio_begin_at(&record->header, TAPIO_KIND_DNS, sizeof(*record), now_ns, tapio_generation(tapio_filter_of(active)));
	record->header.process = known->asker;
	record->latency_ns = now_ns - known->begun_ns;
	record->attempts = known->attempts;
	record->server_port = known->server_port;
	record->flags = record->answers = 0;
	record->question_len = known->question_len;
	record->answered = false;
	record->tcp = key->tcp;
	record->reserved[0] = record->reserved[1] = 0;
	__builtin_memcpy(record->server, known->server, sizeof(record->server));
	__builtin_memcpy(record->question, known->question, sizeof(record->question));
	return record;
}

/*
 * Takes the question out of the map. NULL: a filter leaves it out, there is no room, or somebody else took it; all are counted.
 * `failed`: no answer, or an error.
 */
static __always_inline struct tapio_dns *conclude(struct tapio_dns_key *key, struct tapio_dns_question *known,
						  struct tapio_counters *count, __u32 active, bool failed)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();
	__u32 cause = active ? judge(active, known, now_ns, failed) : TAPIO_TOLD;
	struct tapio_dns *record = cause == TAPIO_TOLD ? begin_record(key, known, now_ns, active) : NULL;

	TAPIO_ADD(count->seen, 1);
	if (bpf_map_delete_elem(&dns_questions, key)) {
		TAPIO_ADD(count->kfiltered, 1);
		if (record)
			bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return NULL;
	}
	TAPIO_ADD(tapio_dns_waiting, -1);
	if (!record && !tapio_is_left_out(count, cause))
		TAPIO_ADD(count->lost, 1);
	return record;
}

/* False when it answers nothing that was asked. A server that understood nothing may leave out the question. */
__noinline int tapio_dns_on_answer(struct __sk_buff *skb, __u32 at, bool tcp, __u32 active)
{
	struct tapio_counters *count = tapio_count(TAPIO_DNS);
	struct tapio_dns_section section = {};
	struct tapio_dns_question *known;
	struct tapio_dns_message header;
	struct tapio_dns_key key;
	struct tapio_dns *record;

	if (!count || bpf_skb_load_bytes(skb, at, &header, sizeof(header))
	    || (header.flags & bpf_htons(TAPIO_DNS_IS_ANSWER | TAPIO_DNS_OPCODE)) != bpf_htons(TAPIO_DNS_IS_ANSWER)
	    || (header.questions && !tapio_dns_load_section(skb, at + TAPIO_DNS_HEADER, &section)))
		return false;
	key = key_of(skb, header.id, tcp);
	for (int slot = 0; slot < 2; slot++) {
		key.slot = slot;
		known = bpf_map_lookup_elem(&dns_questions, &key);
		if (!known || !known->begun_ns || (header.questions && !tapio_dns_same_question(known, &section)))
			continue;
		record = conclude(&key, known, count, active, header.flags & bpf_htons(TAPIO_DNS_RCODE));
		if (record) {
			record->answered = true;
			record->flags = bpf_ntohs(header.flags);
			record->answers = bpf_ntohs(header.answers);
			/* Some ask several servers at once, with one id: it is of the one that answers first. */
			tapio_read_address(record->server, skb, false);
			tapio_submit(record);
		}
		return true;
	}
	return false;
}

static __always_inline bool on_message(struct __sk_buff *skb, __u32 at, bool tcp, bool asks, __u32 active)
{
	return asks ? tapio_dns_on_question(skb, at, tcp) : tapio_dns_on_answer(skb, at, tcp, active);
}

/* Over TCP each message has its length before it. Some send that alone, in a segment before. */
static __always_inline bool on_segment(struct __sk_buff *skb, __u32 at, bool asks, __u32 active)
{
	bool any = false;
	__be16 length;

	for (int i = 0; i < TAPIO_DNS_PER_SEGMENT; i++) {
		if (bpf_skb_load_bytes(skb, at, &length, sizeof(length)) || !on_message(skb, at + 2, true, asks, active))
			break;
		any = true;
		at += 2 + bpf_ntohs(length);
	}
	return any || on_message(skb, at, true, asks, active);
}

/* Of a packet to or from the port. By the programs of http, too (tapio_dns.h). */
__noinline int tapio_dns_on_payload(struct __sk_buff *skb, __u32 at, bool tcp, bool asks)
{
	return tcp ? on_segment(skb, at, asks, tapio_filter_now()) : on_message(skb, at, false, asks, tapio_filter_now());
}

static __always_inline int on_packet(struct __sk_buff *skb, bool asks)
{
	struct tapio_packet packet = {};

	if (tapio_dns_is_carried())
		return TAPIO_LET_PASS;
	tapio_dns_look(skb, tapio_parse(skb, &packet) ? &packet : NULL, asks);
	return TAPIO_LET_PASS;
}

SEC("cgroup_skb/egress")
int dns_egress(struct __sk_buff *skb)
{
	return on_packet(skb, true);
}

SEC("cgroup_skb/ingress")
int dns_ingress(struct __sk_buff *skb)
{
	return on_packet(skb, false);
}

struct tapio_dns_look {
	__u64 now_ns;
	__u32 active; /* filter */
	__u32 reserved;
};

struct bpf_map;

static long look_at(struct bpf_map *map, struct tapio_dns_key *key, struct tapio_dns_question *known, struct tapio_dns_look *look)
{
	struct tapio_counters *count = tapio_count(TAPIO_DNS);
	struct tapio_dns_key own_key = *key;
	struct tapio_dns *record;

	if (!count || !known->begun_ns || known->begun_ns + tapio_dns_wait_ns > look->now_ns)
		return 0;
	record = conclude(&own_key, known, count, look->active, true);
	if (record)
		tapio_submit(record);
	return 0;
}

/*
 * Run by the agent every half second while anything is waited for. A timer for each question would be armed and stopped
 * again for the thousands that are answered, to serve the one that is not.
 */
SEC("raw_tp")
int dns_timeouts(void *ctx)
{
	struct tapio_dns_look look = {.now_ns = bpf_ktime_get_boot_ns(), .active = tapio_filter_now()};

	bpf_for_each_map_elem(&dns_questions, look_at, &look, 0);
	return 0;
}

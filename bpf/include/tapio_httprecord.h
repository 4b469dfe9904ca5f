/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_HTTPRECORD_H
#define TAPIO_HTTPRECORD_H

/* What is told, and added up, of a request and its answer, however both were seen. */

#include "tapio_filter.h"
#include "tapio_histogram.h"
#include "tapio_http.h"

struct tapio_http_request {
	__u64 begun_ns; /* 0 = not in use */
	__u64 bytes;
	__u32 number;
	__u16 length; /* of the head */
	__u8 pipelined;
	__u8 reserved;
	char head[TAPIO_HTTP_HEAD_LEN];
};

/* Who speaks with whom. */
struct tapio_http_parties {
	const struct tapio_process *owner;
	const struct tapio_ends *ends; /* ports 0 = not known */
	__u8 direction;		       /* enum tapio_direction */
};

/* What the records of one run of a program share. */
struct tapio_http_told {
	__u64 now_ns;
	__u32 cause; /* TAPIO_TOLD, or why they are left out */
	__u16 generation;
	__u16 reserved; /* no padding: before 6.4 a global function takes no byte that was not written */
};

/* The server's port counts; one that is not known is told of, as cgroups are. `failed`: no answer, or an error. */
static __always_inline struct tapio_http_told tapio_judge_http(const struct tapio_http_parties *of, __u64 begun_ns, bool failed)
{
	const struct tapio_filter *filter = tapio_filter_of(tapio_filter_now());
	struct tapio_http_told told = {bpf_ktime_get_boot_ns(), TAPIO_TOLD, tapio_generation(filter), 0};
	__u16 port = of->direction == TAPIO_OUTBOUND ? of->ends->remote_port : of->ends->local_port;

	if (!filter)
		return told;
	if (tapio_is_unwanted(filter, TAPIO_KIND_HTTP, failed))
		told.cause = TAPIO_UNWANTED;
	else if (port && filter->rules[TAPIO_HTTP].by_port && !tapio_tells_port(filter, TAPIO_PORTS_HTTP, port))
		told.cause = TAPIO_BY_PORT;
	else if (!failed && told.now_ns - begun_ns < filter->rules[TAPIO_HTTP].floor_ns)
		told.cause = TAPIO_BY_FLOOR;
	else
		told.cause = tapio_judge(filter, TAPIO_HTTP, &of->owner->cgroups, told.now_ns, failed,
					 !failed && told.now_ns - begun_ns < TAPIO_SOON_NS);
	return told;
}

/* NULL: it is left out, or there is no room; both are counted. */
static __always_inline struct tapio_http *tapio_begin_http(enum tapio_kind kind, const struct tapio_http_parties *of,
							   const struct tapio_http_request *request,
							   const struct tapio_http_told *told, struct tapio_counters *count)
{
	struct tapio_http *record;

	if (tapio_is_left_out(count, told->cause))
		return NULL;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		TAPIO_ADD(count->lost, 1);
		return NULL;
	}
	tapio_begin_at(&record->header, kind, sizeof(*record), told->now_ns, told->generation);
	record->header.process = *of->owner;
	record->latency_ns = told->now_ns - request->begun_ns;
	record->request_bytes = request->bytes;
	record->ends = *of->ends;
	record->request_len = request->length;
	record->response_len = 0;
	record->direction = of->direction;
	record->pipelined = request->pipelined;
	record->reserved[0] = record->reserved[1] = 0;
	__builtin_memcpy(record->request, request->head, sizeof(record->request));
	return record;
}

/*
 * Every request, told or not, by its status' first digit; 0 = no answer. Nobody's are the host's, as connections are. False when the
 * map is full: then a latency is missing there.
 */
static __always_inline bool tapio_add_up_http(const struct tapio_http_parties *of, __u64 latency_ns, __u32 digit)
{
	struct tapio_histogram_key key = {
		.cgroups = of->owner->cgroups, .kind = TAPIO_HTTP_LATENCY, .op = TAPIO_HTTP_OP(of->direction, digit)};

	if (!key.cgroups.v2)
		key.cgroups.v2 = TAPIO_ROOT_CGROUP;
	return tapio_observe(&key, latency_ns, false);
}

/* Of one that was answered. What cannot be left to the sums, as they have no room, is left out, and counted so. */
static __always_inline void tapio_settle_http(const struct tapio_http_parties *of, __u64 begun_ns, __u32 digit,
					      struct tapio_http_told *told)
{
	if (!tapio_add_up_http(of, told->now_ns - begun_ns, digit) && told->cause == TAPIO_INTO_SUMS)
		told->cause = TAPIO_BY_TOKENS;
}

/* The connection is no more of HTTP/1.1 after it: another protocol, or a tunnel (RFC 9110 sections 7.8 and 9.3.6). */
static __always_inline bool tapio_ends_http(const char *status, const struct tapio_http_request *request)
{
	return (status[0] == '1' && status[2] == '1')
	       || (status[0] == '2' && *(const __u32 *)request->head == FOUR('C', 'O', 'N', 'N'));
}

#endif

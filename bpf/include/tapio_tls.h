/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_TLS_H
#define TAPIO_TLS_H

/*
 * Handshakes of TLS that one side ends with an alert, as they look from outside. Before keys are agreed on an alert can be read (RFC 8446 section 6,
 * RFC 5246 section 7.2), and is told if it is fatal. With 1.3 that of a client which refuses a certificate may be encrypted: but a client's first
 * encrypted record is its Certificate or its Finished, neither as long as an alert, so one of the length of an alert is one, whatever it says. With 1.2
 * a client says something of a handshake in the open after its hello, and from there on such a record is none.
 * What a server says once the client has finished looks like what it says at any end, and is not told.
 */

#include "tapio_packet.h"

#define TAPIO_TLS_CHANGE_CIPHER 0x14
#define TAPIO_TLS_ALERT 0x15
#define TAPIO_TLS_HANDSHAKE 0x16
#define TAPIO_TLS_APPLICATION 0x17

#define TAPIO_TLS_HEADER 5 /* type, version, length */
#define TAPIO_TLS_ALERT_LEN 2
#define TAPIO_TLS_SEALED_ALERT_LEN 19 /* alert, its type, and the tag of any cipher of 1.3 but CCM_8 */
#define TAPIO_TLS_PADDED_ALERT_LEN 35 /* as Java's clients send it, with 16 bytes of padding */
#define TAPIO_TLS_FATAL 2
#define TAPIO_TLS_LONGEST 16640 /* RFC 8446 section 5.2 */

/* Segments that a handshake is looked at: a chain of certificates has some. */
#define TAPIO_TLS_PATIENCE 16

enum tapio_tls_hello { TAPIO_TLS_CLIENT_HELLO = 1, TAPIO_TLS_SERVER_HELLO = 2 };

enum tapio_tls_sight {
	TAPIO_TLS_GOES_ON,
	TAPIO_TLS_IS_OLD, /* it goes on, and is of 1.2 or before */
	TAPIO_TLS_IS_OVER,
	TAPIO_TLS_FAILS
};

/* A record that lies at this place of a segment, with what of it tells an alert. */
struct tapio_tls_record {
	__u8 type;
	__u8 version[2];
	__u8 length[2];
	__u8 level; /* of an alert in the open; of a handshake the kind of message */
	__u8 alert;
	__u8 reserved;
};
#define TAPIO_TLS_RECORD_LEN (TAPIO_TLS_HEADER + TAPIO_TLS_ALERT_LEN)

/* No other first record of a client has one of these lengths: a Certificate that is empty has 25, the end of early data 21, a Finished 45 and more. */
static __always_inline bool tapio_tls_seals_alert(__u32 length)
{
	return length == TAPIO_TLS_SEALED_ALERT_LEN || length == TAPIO_TLS_PADDED_ALERT_LEN;
}

/* False where no record begins there: a segment may begin within one. */
static __always_inline bool tapio_tls_read(struct tapio_tls_record *record, struct __sk_buff *skb,
					   const struct tapio_packet *packet, __u32 at)
{
	return packet->length >= at + TAPIO_TLS_RECORD_LEN
	       && !bpf_skb_load_bytes(skb, packet->payload + at, record, TAPIO_TLS_RECORD_LEN) && record->version[0] == 3
	       && record->version[1] <= 4 && (record->length[0] << 8 | record->length[1]) <= TAPIO_TLS_LONGEST;
}

/* How a handshake goes on with this segment. `is_old`: it is of 1.2 or before. `*alert`: 0 where it is encrypted. */
static __always_inline enum tapio_tls_sight tapio_tls_look(struct __sk_buff *skb, const struct tapio_packet *packet, bool by_client,
							   bool is_old, __u8 *alert)
{
	const __u32 change_cipher_len = TAPIO_TLS_HEADER + 1;
	struct tapio_tls_record record = {};
	__u32 at = 0, length, left;

	if (!tapio_tls_read(&record, skb, packet, at))
		return TAPIO_TLS_GOES_ON;
	if (record.type == TAPIO_TLS_CHANGE_CIPHER) {
		at = change_cipher_len;
		if (!tapio_tls_read(&record, skb, packet, at))
			return TAPIO_TLS_GOES_ON;
	}
	length = record.length[0] << 8 | record.length[1];
	left = packet->length - at - TAPIO_TLS_HEADER;
	if (record.type == TAPIO_TLS_ALERT) {
		*alert = record.alert;
		if (length != TAPIO_TLS_ALERT_LEN)
			return TAPIO_TLS_IS_OVER; /* 1.2 with its keys: an end like any other */
		return left == length && record.level == TAPIO_TLS_FATAL && record.alert ? TAPIO_TLS_FAILS : TAPIO_TLS_GOES_ON;
	}
	if (!by_client)
		return TAPIO_TLS_GOES_ON;
	/* What follows the header is the kind of message, or encrypted. */
	if (record.type == TAPIO_TLS_HANDSHAKE && record.level != TAPIO_TLS_CLIENT_HELLO)
		return TAPIO_TLS_IS_OLD;
	if (record.type != TAPIO_TLS_APPLICATION)
		return TAPIO_TLS_GOES_ON;
	*alert = 0;
	return !is_old && tapio_tls_seals_alert(length) && left == length ? TAPIO_TLS_FAILS : TAPIO_TLS_IS_OVER;
}

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef TAPIO_HTTP_TEXT_H
#define TAPIO_HTTP_TEXT_H

/* What the first bytes of a segment say about HTTP/1.1. */

#include "tapio_kernel.h"

enum tapio_http_sight { TAPIO_SEES_OTHER, TAPIO_SEES_REQUEST, TAPIO_SEES_ANSWER, TAPIO_SEES_ENCRYPTION };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FOUR(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)
#else
#define FOUR(a, b, c, d) ((__u32)(d) | (__u32)(c) << 8 | (__u32)(b) << 16 | (__u32)(a) << 24)
#endif

static __always_inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The methods of RFC 9110 section 9.3 and RFC 5789; any word in capitals could be one, and would be found everywhere. */
static __always_inline bool is_method(const __u32 *words)
{
	__u32 first = words[0], second = words[1];

	if (first == FOUR('G', 'E', 'T', ' ') || first == FOUR('P', 'U', 'T', ' '))
		return true;
	if (first == FOUR('P', 'O', 'S', 'T') || first == FOUR('H', 'E', 'A', 'D'))
		return ((const char *)words)[4] == ' ';
	return (first == FOUR('D', 'E', 'L', 'E') && (second & FOUR(255, 255, 255, 0)) == FOUR('T', 'E', ' ', 0))
	       || (first == FOUR('P', 'A', 'T', 'C') && (second & FOUR(255, 255, 0, 0)) == FOUR('H', ' ', 0, 0))
	       || (first == FOUR('O', 'P', 'T', 'I') && second == FOUR('O', 'N', 'S', ' '))
	       || (first == FOUR('T', 'R', 'A', 'C') && (second & FOUR(255, 255, 0, 0)) == FOUR('E', ' ', 0, 0))
	       || (first == FOUR('C', 'O', 'N', 'N') && second == FOUR('E', 'C', 'T', ' '));
}

static __always_inline enum tapio_http_sight look(const __u32 *words)
{
	const char *text = (const char *)words;

	if (words[0] == FOUR('H', 'T', 'T', 'P')) {
		bool fits = (words[1] & FOUR(255, 255, 255, 0)) == FOUR('/', '1', '.', 0) && text[8] == ' ' && is_digit(text[9])
			    && is_digit(text[10]) && is_digit(text[11]);

		return fits ? TAPIO_SEES_ANSWER : TAPIO_SEES_OTHER;
	}
	if (is_method(words))
		return TAPIO_SEES_REQUEST;
	/* A handshake of TLS (RFC 8446 section 5.1), or HTTP/2 (RFC 9113 section 3.4) */
	if ((words[0] & FOUR(255, 255, 0, 0)) == FOUR(0x16, 3, 0, 0) || words[0] == FOUR('P', 'R', 'I', ' '))
		return TAPIO_SEES_ENCRYPTION;
	return TAPIO_SEES_OTHER;
}

#endif

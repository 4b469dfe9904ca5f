// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/schema/session.capnp.h"
#include "protocol/wire/layout.h"
#include "protocol/wire/message.h"

namespace tapio::wire {

/// Estimate of the words that the message takes when written; never too small for a frame, which is what is frequent.
std::size_t wordsFor(const Message &from) noexcept;

void write(schema::Message::Builder to, const Message &from);
Message read(const LayoutReader &reader, schema::Message::Reader from);

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/schema/event.capnp.h"
#include "protocol/wire/event.h"
#include "protocol/wire/layout.h"

namespace tapio::wire {

/// Upper bound of the words that the batch takes when written, so that it lands in one segment.
std::size_t wordsFor(const EventBatch &from) noexcept;
std::size_t wordsFor(const std::vector<Origin> &from) noexcept;

void write(schema::Origin::Builder to, const Origin &from);
void write(schema::EventBatch::Builder to, const EventBatch &from);

Origin read(const LayoutReader &reader, schema::Origin::Reader from);
EventBatch read(const LayoutReader &reader, schema::EventBatch::Reader from);

} // namespace tapio::wire

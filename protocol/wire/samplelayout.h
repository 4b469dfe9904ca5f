// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/schema/sample.capnp.h"
#include "protocol/wire/layout.h"
#include "protocol/wire/report.h"
#include "protocol/wire/sample.h"

namespace tapio::wire {

/// Upper bound of the words that it takes when written, so that it lands in one segment.
std::size_t wordsFor(const SampleBatch &from) noexcept;
std::size_t wordsFor(const CounterReport &from) noexcept;
std::size_t wordsFor(const HookReport &from) noexcept;

void write(schema::SampleBatch::Builder to, const SampleBatch &from);
void write(schema::CounterReport::Builder to, const CounterReport &from);
void write(schema::HookReport::Builder to, const HookReport &from);

SampleBatch read(const LayoutReader &reader, schema::SampleBatch::Reader from);
CounterReport read(const LayoutReader &reader, schema::CounterReport::Reader from);
HookReport read(const LayoutReader &reader, schema::HookReport::Reader from);

} // namespace tapio::wire

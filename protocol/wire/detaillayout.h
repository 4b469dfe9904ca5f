// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/schema/event.capnp.h"
#include "protocol/wire/event.h"
#include "protocol/wire/layout.h"

/// Details as structures of event.capnp and back; see layout.h.
namespace tapio::wire {

std::size_t wordsFor(const Detail &from) noexcept;
void write(schema::Event::Detail::Builder to, const Detail &from);
/// Leaves `to` as it is for a kind that this build does not know.
void read(Detail &to, const LayoutReader &reader, schema::Event::Detail::Reader from);

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/schema/session.capnp.h"
#include "protocol/wire/layout.h"
#include "protocol/wire/message.h"

namespace tapio::wire {

std::size_t wordsFor(const Frame &from) noexcept;
void write(schema::Frame::Builder to, const Frame &from);
Frame read(const LayoutReader &reader, schema::Frame::Reader from);

} // namespace tapio::wire

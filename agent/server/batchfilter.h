// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "protocol/wire/message.h"

namespace tapio::server {

/// What one console asked for.
struct Interest {
    wire::EventFilter filter;
    bool samples = true;
    bool reports = true;
};

/// The delivery as this console is to see it: the same object when all of it is wanted, a copy with the wanted events and
/// their numbers when some are, null when nothing is.
std::shared_ptr<const wire::Delivery> wanted(const Interest &interest, const std::shared_ptr<const wire::Delivery> &delivery);

/// Events in a frame; 0 for what is not events.
std::uint64_t eventCount(const wire::Frame &frame) noexcept;
/// Likewise amendments of origins.
std::uint64_t amendmentCount(const wire::Frame &frame) noexcept;

} // namespace tapio::server

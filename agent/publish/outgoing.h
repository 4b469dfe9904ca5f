// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "protocol/wire/message.h"

namespace tapio::agent {

/// What the pipeline hands to the publisher: the body of a frame that has no number yet.
struct Outgoing {
    decltype(wire::Frame::body) body;
    /// Of an EventBatch: the source of each event, in order; static lifetime, as KernelRecord::source.
    std::vector<std::string_view> sources;
};

/// Where the pipeline puts its frames.
class Outlet {
public:
    virtual ~Outlet() = default;
    /// False when full: not taken; the caller counts it. Never blocks.
    [[nodiscard]] virtual bool push(Outgoing &&outgoing) = 0;
};

} // namespace tapio::agent

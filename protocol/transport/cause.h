// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace tapio::transport {

/// Why a connection was refused or ended: a Notice's code and sentence. Internal to the transport.
struct Cause {
    std::string code;
    std::string reason;
};

} // namespace tapio::transport

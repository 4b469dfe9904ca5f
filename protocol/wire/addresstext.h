// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "protocol/wire/details.h"

namespace tapio::wire {

/// Without its port: "10.0.0.1", "[::1]". Any thread.
inline std::string hostText(const SocketAddress &address)
{
    std::string text = toString(address);
    text.resize(text.rfind(':'));
    return text;
}

} // namespace tapio::wire

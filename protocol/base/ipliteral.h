// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace tapio {

/// Whether it is an IPv4 or IPv6 address, without brackets and port: what can be listened on without a name being looked up.
bool isIpLiteral(const std::string &text);

} // namespace tapio

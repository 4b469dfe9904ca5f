// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocol/transport/identity.h"
#include "protocol/wire/message.h"

namespace tapio::server {

struct Greeted {
    std::uint16_t version = 0;             ///< the highest in common
    std::vector<std::string> capabilities; ///< the common subset

    bool has(const std::string &capability) const;
};

/// Judges a Hello by the certificate it came with. Bye codes: "wrong-role", "spoofed-node", "version".
std::variant<Greeted, wire::Bye> judge(const wire::Hello &hello, const transport::Identity &identity);

} // namespace tapio::server

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/greeting.h"

#include <algorithm>

#include "protocol/wire/text.h"

namespace tapio::server {

namespace {

/// A refusal by configuration does not heal by itself: no hurry to come back.
constexpr std::uint32_t refusedAfterMs = 30'000;
constexpr std::size_t shownNameBytes = 64;

/// Features of this server beyond the base of its protocol version.
const std::vector<std::string> &ownCapabilities()
{
    static const std::vector<std::string> names{"filter", wire::filterRequestCapability, "store", "zstd"};
    return names;
}

std::string range(std::uint16_t least, std::uint16_t most)
{
    return least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
}

wire::Bye refuse(std::string code, std::string reason) { return {std::move(code), std::move(reason), refusedAfterMs}; }

} // namespace

bool Greeted::has(const std::string &capability) const
{
    return std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
}

std::variant<Greeted, wire::Bye> judge(const wire::Hello &hello, const transport::Identity &identity)
{
    if (hello.role != identity.role || (identity.role != Role::Node && identity.role != Role::Console)) {
        return refuse("wrong-role", "says that it is a " + std::string(roleName(hello.role)) + ", but its certificate is for a "
                                        + std::string(roleName(identity.role)));
    }
    if (hello.name != identity.name) {
        return refuse("spoofed-node", "says that it is '" + wire::toLine(hello.name, shownNameBytes) + "', but its certificate is for '"
                                          + identity.name + "'");
    }
    const std::uint16_t least = std::max(hello.versionMin, wire::protocolVersionMin);
    const std::uint16_t most = std::min(hello.versionMax, wire::protocolVersionMax);
    if (least > most) {
        return refuse("version", "speaks protocol version " + range(hello.versionMin, hello.versionMax) + ", this server "
                                     + range(wire::protocolVersionMin, wire::protocolVersionMax));
    }
    Greeted greeted{most, {}};
    for (const auto &name : ownCapabilities()) {
        if (std::find(hello.capabilities.begin(), hello.capabilities.end(), name) != hello.capabilities.end())
            greeted.capabilities.push_back(name);
    }
    return greeted;
}

} // namespace tapio::server

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "protocol/base/result.h"
#include "protocol/wire/codec.h"

namespace tapio::server {

/// The way back to one peer. The fan-in implements it over the endpoint, tests record it.
class PeerLink {
public:
    virtual ~PeerLink() = default;
    /// Never blocks. Errors: Busy (the peer reads too slowly; later may work), Disconnected.
    virtual Status send(std::span<const std::byte> bytes) = 0;
    /// What was sent before still leaves.
    virtual void close(const std::string &code, const std::string &reason) = 0;
};

/// Errors: those of encode and of PeerLink::send.
Status sendMessage(PeerLink &link, const wire::Message &message);
/// How a session ends whose peer said goodbye itself: its own words, but not its own code.
wire::Bye farewell(const wire::Bye &fromPeer);
/// The last message of a session, then the end of the connection.
void endSession(PeerLink &link, const wire::Bye &bye);

} // namespace tapio::server

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/peerlink.h"

#include "protocol/wire/text.h"

namespace tapio::server {

Status sendMessage(PeerLink &link, const wire::Message &message)
{
    const auto bytes = wire::encode(message);
    if (!bytes)
        return fail(bytes.error());
    return link.send(*bytes);
}

wire::Bye farewell(const wire::Bye &fromPeer)
{
    constexpr std::size_t shownBytes = 200;
    return {"closed", "the peer left: " + wire::toLine(fromPeer.reason, shownBytes), 0};
}

void endSession(PeerLink &link, const wire::Bye &bye)
{
    // A peer whose queue is full learns the reason from nowhere, but is closed all the same.
    static_cast<void>(sendMessage(link, bye));
    link.close(bye.code, bye.reason);
}

} // namespace tapio::server

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

namespace tapio::server {

/// Which console waits for the answer of which agent. No thread, no clock: times are given. One thread.
class FilterRequests {
public:
    static constexpr std::size_t mostWaiting = 64; ///< of all consoles
    static constexpr std::size_t mostOfOne = 4;    ///< of one connection
    static constexpr std::int64_t patienceNs = 10'000'000'000;

    struct Answer {
        transport::PeerId console = 0;
        wire::FilterReply reply; ///< with the number that the console gave its request
    };

    /// Notes a request of `consoleName`; what is to be sent to its agent. Nothing: too many wait.
    std::optional<wire::FilterRequest> pass(transport::PeerId console, const std::string &consoleName, wire::FilterRequest request,
                                            std::int64_t nowBootNs);
    /// Whom a reply of `node` is for. Nothing: nobody asked this node so, or has gone since.
    std::optional<Answer> answer(const std::string &node, wire::FilterReply reply);
    /// Those that an agent has not answered in time.
    std::vector<Answer> takeOverdue(std::int64_t nowBootNs);
    /// The session of an agent ended: those that waited for it.
    std::vector<Answer> takeOf(const std::string &node);
    void forgetConsole(transport::PeerId console);

    std::size_t waiting() const noexcept { return m_waiting.size(); }

private:
    struct Waiting {
        transport::PeerId console = 0;
        std::uint64_t consolesId = 0;
        std::string node;
        std::int64_t untilBootNs = 0;
    };
    template <typename Which> std::vector<Answer> take(Which which, const char *code, const char *reason);

    std::map<std::uint64_t, Waiting> m_waiting; ///< by our own number
    std::uint64_t m_lastId = 0;
};

/// A refusal by the server itself.
wire::FilterReply refusal(const wire::FilterRequest &request, std::string code, std::string reason);

} // namespace tapio::server

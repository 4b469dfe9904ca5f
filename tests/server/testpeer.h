// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

namespace tapio::test {

/// One end of a real connection that says what the test tells it to: an agent or a console without any logic of its own.
class TestPeer {
public:
    TestPeer(std::uint16_t port, transport::TlsFiles tls, const Clock &clock);

    /// Connects and waits for it; false after ten seconds.
    bool connect();
    /// False: the link took nothing.
    bool send(const wire::Message &message);
    /// connect(), greeting, and the answer to it: a Welcome, or nothing after ten seconds or a Bye.
    std::optional<wire::Welcome> greet(const wire::Hello &hello);

    /// The oldest message of this kind that was not taken yet; nothing after ten seconds.
    template <typename Kind> std::optional<Kind> await()
    {
        const auto end = deadline();
        do {
            const auto found = std::find_if(m_inbox.begin(), m_inbox.end(),
                                            [](const wire::Message &message) { return std::holds_alternative<Kind>(message); });
            if (found != m_inbox.end()) {
                Kind wanted = std::get<Kind>(std::move(*found));
                m_inbox.erase(found);
                return wanted;
            }
            receive();
        } while (std::chrono::steady_clock::now() < end);
        return std::nullopt;
    }
    /// True once the connection ended, within ten seconds.
    bool awaitEnd();

    transport::ClientEndpoint &endpoint() { return *m_endpoint; }

private:
    static std::chrono::steady_clock::time_point deadline() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }
    void receive();

    std::unique_ptr<transport::ClientEndpoint> m_endpoint;
    std::deque<wire::Message> m_inbox;
};

} // namespace tapio::test

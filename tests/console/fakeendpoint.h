// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "protocol/transport/endpoint.h"
#include "protocol/wire/codec.h"

namespace tapio::test {

/// The server's end as a test says it is: what arrives, whether there is room, and what was sent. The endpoint itself belongs to
/// who is tested; this is what it shares with the test.
class FakeServer {
public:
    std::unique_ptr<transport::ClientEndpoint> connect();

    /// A new connection comes up.
    void bringUp()
    {
        change([this] { ++m_generation; });
    }
    void say(const wire::Message &message)
    {
        change([&] { m_incoming.push_back(wire::encode(message).value()); });
    }
    void setRoom(bool room)
    {
        change([&] { m_room = room; });
    }
    void notice(transport::Notice notice)
    {
        change([&] { m_notices.push_back(std::move(notice)); });
    }

    template <typename Message> std::vector<Message> sent() const
    {
        const std::lock_guard lock(m_mutex);
        std::vector<Message> found;
        for (const wire::Message &message : m_sent) {
            if (const auto *wanted = std::get_if<Message>(&message))
                found.push_back(*wanted);
        }
        return found;
    }
    /// Of all that was sent, in order: which alternative of wire::Message.
    std::vector<std::size_t> sentKinds() const
    {
        const std::lock_guard lock(m_mutex);
        std::vector<std::size_t> kinds;
        for (const wire::Message &message : m_sent)
            kinds.push_back(message.index());
        return kinds;
    }
    /// How often something was refused for want of room.
    int refusals() const
    {
        const std::lock_guard lock(m_mutex);
        return m_refusals;
    }
    std::vector<std::chrono::milliseconds> pauses() const
    {
        const std::lock_guard lock(m_mutex);
        return m_pauses;
    }

private:
    class Endpoint;

    template <typename Change> void change(const Change &what)
    {
        {
            const std::lock_guard lock(m_mutex);
            what();
            m_changed = true;
        }
        m_wake.notify_all();
    }

    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_changed = false, m_room = true;
    std::uint64_t m_generation = 0;
    int m_refusals = 0;
    std::deque<transport::Bytes> m_incoming;
    std::vector<wire::Message> m_sent;
    std::vector<transport::Notice> m_notices;
    std::vector<std::chrono::milliseconds> m_pauses;
};

class FakeServer::Endpoint final : public transport::ClientEndpoint {
public:
    explicit Endpoint(FakeServer &server) : m_server(server) {}

    transport::LinkPhase phase() const override
    {
        return m_generation > 0 ? transport::LinkPhase::Connected : transport::LinkPhase::Waiting;
    }
    std::uint64_t generation() const override { return m_generation; }
    Result<std::optional<transport::Bytes>> receive(std::chrono::milliseconds timeout) override
    {
        std::unique_lock lock(m_server.m_mutex);
        m_server.m_wake.wait_for(lock, timeout, [this] { return m_server.m_changed || !m_server.m_incoming.empty(); });
        m_server.m_changed = false;
        if (m_generation != m_server.m_generation) {
            m_generation = m_server.m_generation;
            return std::nullopt;
        }
        if (m_server.m_incoming.empty())
            return std::nullopt;
        transport::Bytes bytes = std::move(m_server.m_incoming.front());
        m_server.m_incoming.pop_front();
        return bytes;
    }
    Status send(std::span<const std::byte> payload) override
    {
        const std::lock_guard lock(m_server.m_mutex);
        if (!m_server.m_room) {
            ++m_server.m_refusals;
            return fail(Errc::Busy, "the queue to this peer is full");
        }
        m_server.m_sent.push_back(wire::decode(payload).value());
        return {};
    }
    void confirm() override {}
    void reconnect(std::chrono::milliseconds delay) override
    {
        const std::lock_guard lock(m_server.m_mutex);
        m_server.m_pauses.push_back(delay);
    }
    void dialNow() override { reconnect({}); }
    std::vector<transport::Notice> takeNotices() override
    {
        const std::lock_guard lock(m_server.m_mutex);
        return std::exchange(m_server.m_notices, {});
    }
    void wake() override
    {
        m_server.change([] {});
    }

private:
    FakeServer &m_server;
    std::uint64_t m_generation = 0;
};

inline std::unique_ptr<transport::ClientEndpoint> FakeServer::connect() { return std::make_unique<Endpoint>(*this); }

} // namespace tapio::test

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "protocol/transport/endpoint.h"

/// Endpoints on threads of their own, and a connection that must not notice anything of what a test does to the server.
namespace tapio::test {

using transport::Notice;
using transport::NoticeKind;

/// A server endpoint in its receive loop. Records notices and numbered messages; every payload of eight bytes is a number.
class ServerRig {
public:
    ServerRig(transport::ServerOptions options, const Clock &clock);
    ~ServerRig();

    std::uint16_t port() const { return m_port; }
    std::vector<Notice> notices() const;
    /// The first notice with that kind and code; its code is empty when none comes.
    Notice waitFor(NoticeKind kind, const std::string &code, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

    struct Stream {
        std::uint64_t received = 0;
        std::uint64_t gaps = 0; ///< numbers that were not the one before plus one
        std::uint64_t last = 0;
        transport::PeerId peer = 0;
        std::size_t otherMessages = 0; ///< payloads that are no number
    };
    Stream stream(const std::string &nodeName) const;
    /// Runs on the endpoint's thread, with the endpoint.
    void run(std::function<void(transport::ServerEndpoint &)> call);
    /// While false, the loop does not receive: a slow application.
    void setReceiving(bool receiving);

private:
    void loop(transport::ServerOptions options, const Clock &clock, std::promise<std::uint16_t> opened);
    void record(const transport::Incoming &incoming);

    mutable std::mutex m_mutex;
    mutable std::condition_variable m_changed;
    std::vector<Notice> m_notices;
    std::map<std::string, Stream> m_streams;
    std::vector<std::function<void(transport::ServerEndpoint &)>> m_calls;
    std::atomic<bool> m_receiving{true};
    std::atomic<bool> m_stopping{false};
    std::uint16_t m_port = 0;
    transport::ServerEndpoint *m_endpoint = nullptr;
    std::thread m_thread;
};

/// A client endpoint that sends one number after the other, 200 per second, until it is stopped.
class NumberSender {
public:
    NumberSender(transport::ClientOptions options, const Clock &clock);
    ~NumberSender();

    /// Waits until the connection is up.
    bool waitConnected(std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
    struct Report {
        std::uint64_t sent = 0;
        std::uint64_t busy = 0;
        std::uint64_t generations = 0;
    };
    /// Stops sending, keeps the connection until destroyed.
    Report finish();
    std::vector<Notice> notices() const;

private:
    void loop(const transport::ClientOptions &options, const Clock &clock);

    mutable std::mutex m_mutex;
    mutable std::condition_variable m_changed;
    Report m_report;
    std::vector<Notice> m_notices;
    std::atomic<bool> m_sending{true};
    bool m_finished = false;
    std::atomic<bool> m_stopping{false};
    std::thread m_thread;
};

} // namespace tapio::test

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/transport/sockets.h"

namespace tapio::transport {

/// A name being looked up, on a thread of the C library's (getaddrinfo_a). Destroying it abandons the look-up, which may go on
/// for as long as the machine's name servers let it, and frees itself at its end: nobody waits for it. Internal to the transport.
class Resolution {
public:
    using Done = std::function<void(Result<std::vector<SocketAddress>>)>;

    /// `done` is called once, from another thread, unless this object is destroyed before.
    /// Errors of the result: NotFound, TimedOut (try again), Io.
    static Result<std::unique_ptr<Resolution>> start(const std::string &host, std::uint16_t port, Done done);
    ~Resolution();
    Resolution(const Resolution &) = delete;
    Resolution &operator=(const Resolution &) = delete;

private:
    struct Job;
    explicit Resolution(std::shared_ptr<Job> job) : m_job(std::move(job)) {}
    std::shared_ptr<Job> m_job;
};

} // namespace tapio::transport

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "protocol/transport/sockets.h"

namespace tapio::transport {

/// A name being looked up on a thread of its own. Destroying it abandons the look-up: nobody waits for a name server that
/// does not answer. Internal to the transport.
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
    Resolution(std::shared_ptr<Job> job, std::thread thread) : m_job(std::move(job)), m_thread(std::move(thread)) {}
    std::shared_ptr<Job> m_job;
    std::thread m_thread;
};

} // namespace tapio::transport

// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/resolver.h"

#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include <netdb.h>

namespace tapio::transport {

/// Shared by the look-up's thread and the one that asked, whichever lasts longer.
struct Resolution::Job {
    std::string host;
    std::string service;
    std::mutex mutex;
    Done done; ///< empty once abandoned
    bool finished = false;

    void run();
};

namespace {

Result<std::vector<SocketAddress>> lookUp(const std::string &host, const std::string &service)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo *list = nullptr;
    if (const int problem = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list); problem != 0) {
        const Errc code = problem == EAI_AGAIN ? Errc::TimedOut : problem == EAI_NONAME ? Errc::NotFound : Errc::Io;
        return fail(code, "the name " + host + " cannot be resolved: " + ::gai_strerror(problem));
    }
    std::vector<SocketAddress> addresses;
    for (const addrinfo *each = list; each != nullptr; each = each->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
        addresses.push_back(address);
    }
    ::freeaddrinfo(list);
    return addresses;
}

} // namespace

void Resolution::Job::run()
{
    auto addresses = lookUp(host, service);
    const std::lock_guard lock(mutex);
    finished = true;
    if (done)
        std::exchange(done, nullptr)(std::move(addresses));
}

Result<std::unique_ptr<Resolution>> Resolution::start(const std::string &host, std::uint16_t port, Done done)
{
    auto job = std::make_shared<Job>();
    job->host = host;
    job->service = std::to_string(port);
    job->done = std::move(done);
    try {
        std::thread thread([job] { job->run(); });
        return std::unique_ptr<Resolution>(new Resolution(std::move(job), std::move(thread)));
    } catch (const std::system_error &problem) {
        return failErrno("cannot start a thread to look up " + host, problem.code().value());
    }
}

Resolution::~Resolution()
{
    {
        const std::lock_guard lock(m_job->mutex);
        m_job->done = nullptr;
        if (!m_job->finished) {
            // getaddrinfo() cannot be interrupted and may wait for name servers for half a minute; a program that stops
            // must not. The thread touches nothing but its job, which it keeps alive.
            m_thread.detach();
            return;
        }
    }
    m_thread.join();
}

} // namespace tapio::transport

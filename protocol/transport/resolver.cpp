// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/resolver.h"

#include <csignal>
#include <cstring>
#include <mutex>
#include <utility>

#include <netdb.h>

namespace tapio::transport {

struct Resolution::Job {
    std::string host;
    std::string service;
    addrinfo hints{};
    gaicb request{};
    std::mutex mutex;
    Done done;                       ///< empty once abandoned
    std::shared_ptr<Job> self;       ///< alive until the C library is through with `request`

    ~Job()
    {
        if (request.ar_result != nullptr)
            ::freeaddrinfo(request.ar_result);
    }

    Result<std::vector<SocketAddress>> result() const
    {
        const int problem = ::gai_error(const_cast<gaicb *>(&request));
        if (problem != 0) {
            const Errc code = problem == EAI_AGAIN ? Errc::TimedOut : problem == EAI_NONAME ? Errc::NotFound : Errc::Io;
            return fail(code, "the name " + host + " cannot be resolved: " + ::gai_strerror(problem));
        }
        std::vector<SocketAddress> addresses;
        for (const addrinfo *each = request.ar_result; each != nullptr; each = each->ai_next) {
            SocketAddress address;
            std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
            address.size = each->ai_addrlen;
            addresses.push_back(address);
        }
        return addresses;
    }

    void finish()
    {
        const std::shared_ptr<Job> last = std::exchange(self, nullptr);
        const std::lock_guard lock(mutex);
        if (done)
            done(result());
    }
};

Result<std::unique_ptr<Resolution>> Resolution::start(const std::string &host, std::uint16_t port, Done done)
{
    auto job = std::make_shared<Job>();
    job->host = host;
    job->service = std::to_string(port);
    job->hints.ai_family = AF_UNSPEC;
    job->hints.ai_socktype = SOCK_STREAM;
    job->hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    job->request.ar_name = job->host.c_str();
    job->request.ar_service = job->service.c_str();
    job->request.ar_request = &job->hints;
    job->done = std::move(done);
    job->self = job;
    sigevent notification{};
    notification.sigev_notify = SIGEV_THREAD;
    notification.sigev_value.sival_ptr = job.get();
    notification.sigev_notify_function = [](sigval value) { static_cast<Job *>(value.sival_ptr)->finish(); };
    gaicb *requests[] = {&job->request};
    if (const int problem = ::getaddrinfo_a(GAI_NOWAIT, requests, 1, &notification); problem != 0) {
        job->self.reset();
        return fail(Errc::Io, "the name " + host + " cannot be looked up: " + ::gai_strerror(problem));
    }
    return std::unique_ptr<Resolution>(new Resolution(std::move(job)));
}

Resolution::~Resolution()
{
    const std::lock_guard lock(m_job->mutex);
    m_job->done = nullptr;
}

} // namespace tapio::transport

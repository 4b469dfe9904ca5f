// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "agent/observe/httprequest.h"
#include "protocol/base/clock.h"
#include "protocol/base/hostport.h"

namespace tapio::agent {

struct HttpLimits {
    std::size_t connections = 32;             ///< at a time; one more ends the oldest
    std::chrono::milliseconds deadline{5000}; ///< from accepting a connection to its end
};

/// What the server counted since it began.
struct HttpFigures {
    std::map<int, std::uint64_t> responses; ///< by status; those of encodeResponse only
    std::uint64_t timedOut = 0;             ///< connections that were not done by the deadline
    std::uint64_t crowdedOut = 0;           ///< ended for a newer one
};

/// Answers GET and HEAD, one request per connection, for a few local programs that scrape and probe. One thread of its own waits for all
/// sockets and never for one: whoever is slow, talks nonsense or opens many connections takes nothing from the others.
class HttpServer {
public:
    /// Makes the answer to GET of a path, on the server's thread; while it runs nobody else is answered.
    using Handler = std::function<HttpResponse(const std::string &path, const HttpFigures &figures)>;

    /// Listens at once. Errors: Busy (the address is in use), PermissionDenied, InvalidArgument (no literal), those of errcFromErrno.
    /// `clock` outlives the server.
    static Result<std::unique_ptr<HttpServer>> start(const HostPort &address, Handler handler, const Clock &clock, HttpLimits limits = {});
    /// Ends the thread and every connection.
    ~HttpServer();
    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    /// With the port that the system chose. Any thread.
    const HostPort &address() const noexcept { return m_address; }

private:
    struct Connection;

    HttpServer(Handler handler, const Clock &clock, HttpLimits limits);
    Status listen(const HostPort &address);
    void run(const std::stop_token &stop);
    void acceptAll();
    void admit(int fd);
    void serve(Connection &connection);
    void readFrom(Connection &connection);
    void answer(Connection &connection);
    void respond(Connection &connection, const HttpResponse &response, bool withBody);
    void writeTo(Connection &connection);
    void drain(Connection &connection);
    void endLateOnes();
    int untilDueMs() const;

    Handler m_handler;
    const Clock &m_clock;
    HttpLimits m_limits;
    HttpFigures m_figures;
    HostPort m_address;
    int m_listener = -1;
    int m_wake = -1;
    std::int64_t m_acceptAgainBootNs = 0; ///< after running out of descriptors
    std::list<Connection> m_connections;  ///< oldest first
    std::jthread m_thread;
};

} // namespace tapio::agent

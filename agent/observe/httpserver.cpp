// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/httpserver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tapio::agent {

namespace {

constexpr int waitingConnections = 64;
/// What a client may still send after its request; more is cut off.
constexpr std::size_t mostDrained = 64u << 10;
constexpr std::int64_t acceptPauseNs = 100 * nsPerMs;

bool wouldBlock(int errnum) { return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR; }

struct SocketName {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

Result<SocketName> socketName(const HostPort &address)
{
    SocketName name;
    auto *v4 = reinterpret_cast<sockaddr_in *>(&name.storage);
    auto *v6 = reinterpret_cast<sockaddr_in6 *>(&name.storage);
    if (inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address.port);
        name.length = sizeof(*v4);
    } else if (inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address.port);
        name.length = sizeof(*v6);
    } else {
        return fail(Errc::InvalidArgument, "\"" + address.host + "\" is no IPv4 or IPv6 address to listen on");
    }
    return name;
}

} // namespace

struct HttpServer::Connection {
    enum class State : std::uint8_t { Reading, Writing, Draining, Done };

    explicit Connection(int socket, std::int64_t untilNs) noexcept : fd(socket), untilBootNs(untilNs) {}
    ~Connection() { close(fd); }
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    int fd;
    std::int64_t untilBootNs;
    State state = State::Reading;
    std::string bytes; ///< the head as far as it came; then the answer
    std::size_t written = 0;
    std::size_t drained = 0;
};

HttpServer::HttpServer(Handler handler, const Clock &clock, HttpLimits limits)
    : m_handler(std::move(handler)), m_clock(clock), m_limits(limits)
{}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HostPort &address, Handler handler, const Clock &clock, HttpLimits limits)
{
    std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler), clock, limits));
    if (const Status status = server->listen(address); !status)
        return fail(status.error());
    server->m_thread = std::jthread([self = server.get()](const std::stop_token &stop) { self->run(stop); });
    return server;
}

HttpServer::~HttpServer()
{
    m_thread.request_stop();
    const std::uint64_t one = 1;
    // Fails only when the count is at its maximum, and then a wake-up is pending anyway.
    [[maybe_unused]] const auto woken = m_wake < 0 ? 0 : write(m_wake, &one, sizeof(one));
    if (m_thread.joinable())
        m_thread.join();
    m_connections.clear();
    for (const int fd : {m_listener, m_wake}) {
        if (fd >= 0)
            close(fd);
    }
}

Status HttpServer::listen(const HostPort &address)
{
    auto name = socketName(address);
    if (!name)
        return fail(name.error());
    const std::string text = toText(address);
    m_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m_listener = socket(name->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (m_wake < 0 || m_listener < 0)
        return failErrno("listening on " + text, errno);
    const int yes = 1;
    if (setsockopt(m_listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0
        || bind(m_listener, reinterpret_cast<sockaddr *>(&name->storage), name->length) != 0
        || ::listen(m_listener, waitingConnections) != 0) {
        if (errno == EADDRINUSE)
            return fail(Errc::Busy, text + " is in use by another program", errno);
        return failErrno("listening on " + text, errno);
    }
    if (getsockname(m_listener, reinterpret_cast<sockaddr *>(&name->storage), &name->length) != 0)
        return failErrno("listening on " + text, errno);
    m_address = address;
    m_address.port = ntohs(name->storage.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in &>(name->storage).sin_port
                                                              : reinterpret_cast<const sockaddr_in6 &>(name->storage).sin6_port);
    return {};
}

void HttpServer::run(const std::stop_token &stop)
{
    std::vector<pollfd> ready;
    while (!stop.stop_requested()) {
        const bool accepts = m_clock.bootNs() >= m_acceptAgainBootNs;
        ready = {{m_wake, POLLIN, 0}, {accepts ? m_listener : -1, POLLIN, 0}};
        for (const Connection &connection : m_connections)
            ready.push_back({connection.fd, static_cast<short>(connection.state == Connection::State::Writing ? POLLOUT : POLLIN), 0});
        if (poll(ready.data(), ready.size(), untilDueMs()) < 0)
            continue; // EINTR; nothing else can be, and the deadline of a connection bounds the turns
        auto polled = ready.begin() + 2;
        for (Connection &connection : m_connections) {
            if ((polled++)->revents != 0)
                serve(connection);
        }
        if (ready[1].revents != 0)
            acceptAll();
        endLateOnes();
    }
}

void HttpServer::acceptAll()
{
    for (int i = 0; i < waitingConnections; ++i) {
        const int fd = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            admit(fd);
            continue;
        }
        if (errno == ECONNABORTED)
            continue;
        // Out of descriptors or memory: the connection stays in the queue, and asking again at once would spin.
        if (!wouldBlock(errno))
            m_acceptAgainBootNs = m_clock.bootNs() + acceptPauseNs;
        return;
    }
}

void HttpServer::admit(int fd)
{
    while (m_connections.size() >= m_limits.connections) {
        ++m_figures.crowdedOut;
        m_connections.pop_front();
    }
    m_connections.emplace_back(fd, m_clock.bootNs() + std::chrono::nanoseconds(m_limits.deadline).count());
    serve(m_connections.back()); // most send their request at once: then no later connection can crowd them out
}

void HttpServer::serve(Connection &connection)
{
    using State = Connection::State;
    if (connection.state == State::Reading)
        readFrom(connection);
    if (connection.state == State::Writing)
        writeTo(connection);
    if (connection.state == State::Draining)
        drain(connection);
}

void HttpServer::readFrom(Connection &connection)
{
    std::array<char, 4096> chunk;
    bool isOver = false;
    while (connection.bytes.size() <= mostHeadBytes) {
        const ssize_t count = recv(connection.fd, chunk.data(), chunk.size(), 0);
        if (count > 0) {
            connection.bytes.append(chunk.data(), static_cast<std::size_t>(count));
            continue;
        }
        isOver = count == 0 || !wouldBlock(errno);
        break;
    }
    answer(connection); // a client may close its half once it has asked
    if (isOver && connection.state == Connection::State::Reading)
        connection.state = Connection::State::Done;
}

void HttpServer::answer(Connection &connection)
{
    const auto request = parseRequestHead(connection.bytes);
    if (!request)
        respond(connection, plainText(request.error().code() == Errc::NoSpace ? 431 : 400, request.error().context()), true);
    else if (*request && (*request)->method != "GET" && (*request)->method != "HEAD")
        respond(connection, plainText(405, "only GET and HEAD"), true);
    else if (*request)
        respond(connection, m_handler((*request)->path, m_figures), (*request)->method == "GET");
}

void HttpServer::respond(Connection &connection, const HttpResponse &response, bool withBody)
{
    ++m_figures.responses[response.status];
    connection.bytes = encodeResponse(response, withBody);
    connection.state = Connection::State::Writing;
}

void HttpServer::writeTo(Connection &connection)
{
    while (connection.written < connection.bytes.size()) {
        const ssize_t count =
            send(connection.fd, connection.bytes.data() + connection.written, connection.bytes.size() - connection.written, MSG_NOSIGNAL);
        if (count < 0) {
            if (!wouldBlock(errno))
                connection.state = Connection::State::Done;
            return;
        }
        connection.written += static_cast<std::size_t>(count);
    }
    // Closing while bytes of the client are unread would reset the connection, and it might never see the answer (RFC 9112, section 9.6).
    shutdown(connection.fd, SHUT_WR);
    connection.state = Connection::State::Draining;
}

void HttpServer::drain(Connection &connection)
{
    std::array<char, 4096> chunk;
    while (connection.drained < mostDrained) {
        const ssize_t count = recv(connection.fd, chunk.data(), chunk.size(), 0);
        if (count < 0 && wouldBlock(errno))
            return;
        if (count <= 0)
            break;
        connection.drained += static_cast<std::size_t>(count);
    }
    connection.state = Connection::State::Done;
}

void HttpServer::endLateOnes()
{
    const std::int64_t now = m_clock.bootNs();
    std::erase_if(m_connections, [&](const Connection &connection) {
        if (connection.state == Connection::State::Done)
            return true;
        const bool isLate = now >= connection.untilBootNs;
        m_figures.timedOut += isLate ? 1 : 0;
        return isLate;
    });
}

int HttpServer::untilDueMs() const
{
    std::int64_t dueBootNs = m_connections.empty() ? INT64_MAX : m_connections.front().untilBootNs; // the oldest is due first
    const std::int64_t now = m_clock.bootNs();
    if (m_acceptAgainBootNs > now)
        dueBootNs = std::min(dueBootNs, m_acceptAgainBootNs);
    if (dueBootNs == INT64_MAX)
        return -1;
    return static_cast<int>(std::max<std::int64_t>(dueBootNs - now, 0) / nsPerMs) + 1;
}

} // namespace tapio::agent

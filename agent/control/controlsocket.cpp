// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/control/controlsocket.h"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tapio::agent {

namespace {

Result<sockaddr_un> addressOf(const std::filesystem::path &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.native().size() >= sizeof(address.sun_path))
        return fail(Errc::InvalidArgument, "'" + path.native() + "' is no path for a socket, or too long for one");
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    return address;
}

const sockaddr *generic(const sockaddr_un &address) { return reinterpret_cast<const sockaddr *>(&address); }

/// What an agent that was killed left there. Anything that is no socket, or that answers, stays.
Status removeStale(const std::filesystem::path &path, const sockaddr_un &address)
{
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return errno == ENOENT ? Status() : failErrno("looking at " + path.native(), errno);
    if (!S_ISSOCK(info.st_mode))
        return fail(Errc::AlreadyExists, path.native() + " is there and is no socket");
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool refused = probe >= 0 && ::connect(probe, generic(address), sizeof(address)) != 0 && errno == ECONNREFUSED;
    if (probe >= 0)
        ::close(probe);
    if (!refused)
        return fail(Errc::Busy, "another agent answers at " + path.native());
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return failErrno("removing " + path.native(), errno);
    return {};
}

} // namespace

ControlSocket::ControlSocket(ControlOptions options, Answer answer, const Clock &clock)
    : m_options(std::move(options)), m_answer(std::move(answer)), m_clock(clock)
{
    if (!m_options.mayAsk)
        m_options.mayAsk = [own = ::geteuid()](std::uint32_t uid) { return uid == 0 || uid == own; };
}

ControlSocket::~ControlSocket()
{
    for (const Client &client : m_clients)
        ::close(client.fd);
    if (m_isBound)
        ::unlink(m_options.path.c_str());
    for (const int fd : {m_listener, m_poll}) {
        if (fd >= 0)
            ::close(fd);
    }
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(ControlOptions options, Answer answer, const Clock &clock)
{
    std::unique_ptr<ControlSocket> self(new ControlSocket(std::move(options), std::move(answer), clock));
    if (const Status listening = self->listen(); !listening)
        return fail(listening.error());
    return self;
}

Status ControlSocket::listen()
{
    const auto address = addressOf(m_options.path);
    if (!address)
        return fail(address.error());
    if (Status free = removeStale(m_options.path, *address); !free)
        return free;
    m_poll = ::epoll_create1(EPOLL_CLOEXEC);
    m_listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // The mode of an unbound socket is what its file gets: at no time may others connect.
    if (m_poll < 0 || m_listener < 0 || ::fchmod(m_listener, S_IRUSR | S_IWUSR) != 0)
        return failErrno("making the control socket", errno);
    if (::bind(m_listener, generic(*address), sizeof(*address)) != 0)
        return failErrno("making " + m_options.path.native(), errno);
    m_isBound = true;
    epoll_event event{};
    event.events = EPOLLIN;
    if (::listen(m_listener, static_cast<int>(m_options.mostClients)) != 0 || ::epoll_ctl(m_poll, EPOLL_CTL_ADD, m_listener, &event) != 0)
        return failErrno("listening at " + m_options.path.native(), errno);
    return {};
}

bool ControlSocket::mayAsk(int fd) const
{
    ucred peer{};
    socklen_t bytes = sizeof(peer);
    return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && bytes == sizeof(peer) && m_options.mayAsk(peer.uid);
}

void ControlSocket::acceptAll()
{
    // Bounded: whoever connects without end must not keep the agent from its other work.
    for (std::size_t i = 0; i < 4 * m_options.mostClients; ++i) {
        const int fd = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        const bool isStranger = !mayAsk(fd);
        epoll_event event{};
        event.events = EPOLLIN;
        if (isStranger || m_clients.size() >= m_options.mostClients || ::epoll_ctl(m_poll, EPOLL_CTL_ADD, fd, &event) != 0) {
            ++(isStranger ? m_counts.strangers : m_counts.crowded);
            ::close(fd);
            continue;
        }
        m_clients.push_back({fd, m_clock.bootNs() + m_options.patienceNs, {}});
    }
}

void ControlSocket::reply(const Client &client)
{
    const std::string answer = m_answer(client.line);
    // Short, and into an empty buffer: what does not fit at once goes to somebody who does not read.
    const bool sent = ::send(client.fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(answer.size());
    ++(sent ? m_counts.answered : m_counts.gone);
}

bool ControlSocket::serve(Client &client)
{
    std::array<char, 512> block{};
    while (client.line.size() <= m_options.lineBytes) {
        const ssize_t got = ::recv(client.fd, block.data(), block.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN) {
            const bool late = m_clock.bootNs() >= client.untilBootNs;
            m_counts.late += late ? 1 : 0;
            return late;
        }
        if (got <= 0) {
            ++m_counts.gone;
            return true;
        }
        client.line.append(block.data(), static_cast<std::size_t>(got));
        if (const std::size_t end = client.line.find('\n'); end != std::string::npos && end < m_options.lineBytes) {
            client.line.resize(end); // what follows was not asked for
            reply(client);
            return true;
        }
    }
    ++m_counts.overlong;
    return true;
}

void ControlSocket::turn()
{
    acceptAll();
    for (auto client = m_clients.begin(); client != m_clients.end();) {
        if (serve(*client)) {
            ::close(client->fd);
            client = m_clients.erase(client);
        } else {
            ++client;
        }
    }
}

} // namespace tapio::agent

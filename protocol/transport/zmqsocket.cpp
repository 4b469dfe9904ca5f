// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/zmqsocket.h"

#include <array>
#include <cerrno>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tapio::transport {

namespace {

// Messages per connection in libzmq's own queues: enough to keep the pipe full, few enough that what the kernel measured a
// moment ago is not stuck behind seconds of older data. Flow is governed above, by credit.
constexpr int queuedMessages = 64;
constexpr int backlog = 1024;
constexpr int lingerMs = 250;

tl::unexpected<Error> failZmq(std::string context, int errnum)
{
    if (errnum < ZMQ_HAUSNUMERO)
        return failErrno(std::move(context), errnum);
    return fail(Errc::Io, std::move(context) + ": " + zmq_strerror(errnum)); // libzmq's own numbers are no errno
}

} // namespace

std::string_view propertyOf(const zmq::message_t &message, const char *name) noexcept
{
    const char *value = zmq_msg_gets(message.handle(), name);
    return value != nullptr ? std::string_view(value) : std::string_view();
}

Result<std::unique_ptr<ZmqSocket>> ZmqSocket::open(const Options &options)
{
    std::unique_ptr<ZmqSocket> socket(new ZmqSocket);
    auto folder = IpcFolder::make();
    if (!folder)
        return fail(folder.error());
    socket->m_folder = std::move(*folder);
    socket->m_wake = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!socket->m_wake)
        return failErrno("cannot make an eventfd", errno);
    if (auto configured = socket->configure(options); !configured)
        return fail(configured.error());
    return socket;
}

Status ZmqSocket::configure(const Options &options)
{
    try {
        m_context = std::make_unique<zmq::context_t>(1);
        m_socket = std::make_unique<zmq::socket_t>(*m_context, options.type);
        m_socket->set(zmq::sockopt::linger, lingerMs);
        m_socket->set(zmq::sockopt::rcvhwm, queuedMessages);
        m_socket->set(zmq::sockopt::sndhwm, queuedMessages);
        m_socket->set(zmq::sockopt::backlog, backlog);
        m_socket->set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.maxMessageBytes));
        m_socket->set(zmq::sockopt::handshake_ivl, 0); // the bridge keeps that deadline
        // PINGs from here keep the other bridge's timer quiet; the bridge, which knows when we are not listening, decides.
        m_socket->set(zmq::sockopt::heartbeat_ivl, static_cast<int>(options.heartbeatInterval.count()));
        m_socket->set(zmq::sockopt::heartbeat_timeout, 0);
        if (options.type == zmq::socket_type::router)
            m_socket->set(zmq::sockopt::router_mandatory, true);
        const int own = ::getpid(); // a process of the same user must not speak past TLS
        if (zmq_setsockopt(m_socket->handle(), ZMQ_IPC_FILTER_PID, &own, sizeof own) != 0)
            return failZmq("cannot keep other processes off the local socket", zmq_errno());
        m_socket->bind("ipc://" + path());
    } catch (const zmq::error_t &problem) {
        return failZmq("cannot set up ZeroMQ", problem.num());
    }
    return {};
}

ZmqSocket::~ZmqSocket() { close(); }

void ZmqSocket::close()
{
    m_socket.reset();
    m_context.reset(); // waits for the linger
}

Result<std::optional<zmq::message_t>> ZmqSocket::receiveFrame()
{
    zmq::message_t frame;
    if (zmq_msg_recv(frame.handle(), m_socket->handle(), ZMQ_DONTWAIT) >= 0)
        return std::optional(std::move(frame));
    const int problem = zmq_errno();
    if (problem == EAGAIN || problem == EINTR)
        return std::nullopt;
    return failZmq("cannot receive from ZeroMQ", problem);
}

Status ZmqSocket::sendFrame(std::span<const std::byte> frame, bool more)
{
    const int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    int sent = -1;
    do {
        sent = zmq_send(m_socket->handle(), frame.data(), frame.size(), flags);
    } while (sent < 0 && zmq_errno() == EINTR);
    if (sent >= 0)
        return {};
    switch (zmq_errno()) {
    case EAGAIN: return fail(Errc::Busy, "the queue to this peer is full");
    case EHOSTUNREACH: return fail(Errc::Disconnected, "this peer is no longer connected");
    default: return failZmq("cannot send by ZeroMQ", zmq_errno());
    }
}

bool ZmqSocket::canSend() const
{
    int events = 0;
    std::size_t size = sizeof events;
    return zmq_getsockopt(m_socket->handle(), ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT) != 0;
}

Result<bool> ZmqSocket::wait(std::chrono::milliseconds timeout, bool untilRoom)
{
    const auto events = static_cast<short>(ZMQ_POLLIN | (untilRoom ? ZMQ_POLLOUT : 0));
    std::array<zmq_pollitem_t, 2> items{{{m_socket->handle(), 0, events, 0}, {nullptr, m_wake.get(), ZMQ_POLLIN, 0}}};
    if (zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(timeout.count())) < 0) {
        if (zmq_errno() != EINTR)
            return failZmq("cannot wait for ZeroMQ", zmq_errno());
        return false;
    }
    eventfd_t ignored = 0;
    return items[1].revents != 0 && ::eventfd_read(m_wake.get(), &ignored) == 0;
}

void ZmqSocket::wake() noexcept { ::eventfd_write(m_wake.get(), 1); }

} // namespace tapio::transport

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/controlclient.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/drill/controlmessage.h"
#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

/// The folder of the socket may be anybody's: a drill whose label went to a stranger would look like the real thing to everybody else.
Status checkListener(int fd, const std::filesystem::path &socket, const Trusts &trusts)
{
    ucred peer{}; // of whoever called listen(2): unix(7)
    socklen_t bytes = sizeof(peer);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return failErrno("asking who listens at " + socket.native(), errno);
    const bool trusted = trusts ? trusts(peer.uid) : peer.uid == 0 || peer.uid == ::geteuid();
    return trusted ? Status()
                   : fail(Errc::PermissionDenied, "what listens at " + socket.native() + " belongs to user " + std::to_string(peer.uid));
}

} // namespace

Status sendLabel(const std::filesystem::path &socket, const wire::DrillLabel &label, const Trusts &trusts)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.native().size() >= sizeof(address.sun_path))
        return fail(Errc::InvalidArgument, socket.native() + " is too long for a socket");
    socket.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    constexpr timeval patience{2, 0};
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0
        || ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0
        || ::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
        return failErrno("asking the agent at " + socket.native(), errno);
    if (Status listener = checkListener(fd.get(), socket, trusts); !listener)
        return listener;
    const std::string request = formatLabelRequest(label);
    if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        return failErrno("asking the agent at " + socket.native(), errno);
    std::string answer;
    std::array<char, 512> block{};
    while (answer.find('\n') == std::string::npos && answer.size() <= controlLineBytes) {
        const ssize_t got = ::recv(fd.get(), block.data(), block.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN ? fail(Errc::TimedOut, "the agent at " + socket.native() + " does not answer")
                                   : failErrno("waiting for the agent at " + socket.native(), errno);
        if (got == 0)
            return fail(Errc::Disconnected, "the agent at " + socket.native() + " closed the connection");
        answer.append(block.data(), static_cast<std::size_t>(got));
    }
    return parseAnswer(std::string_view(answer).substr(0, answer.find('\n')));
}

} // namespace tapio::drill

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/controlclient.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/un.h>

#include "agent/drill/controlmessage.h"
#include "agent/drill/system.h"

namespace tapio::drill {

Status sendLabel(const std::filesystem::path &socket, const wire::DrillLabel &label)
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

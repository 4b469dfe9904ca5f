// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

/// What the tests of filters share.
namespace tapio::test {

inline constexpr int notDone = 9; ///< exit code of a child that could not do its part

inline agent::KernelFilter filterWith(agent::Filtered collector, const std::function<void(agent::KernelRule &)> &change)
{
    agent::KernelFilter filter;
    change(filter.of(collector));
    return filter;
}

inline std::shared_ptr<const agent::PortSet> allBut(std::uint16_t port)
{
    auto ports = std::make_shared<agent::PortSet>();
    ports->set();
    ports->reset(port);
    return ports;
}

inline std::shared_ptr<const agent::PortSet> only(std::uint16_t port)
{
    auto ports = std::make_shared<agent::PortSet>();
    ports->set(port);
    return ports;
}

/// Takes `connections` of them, answers the first bytes of each with `answer` where there is one, and ends when the client does.
inline int serveOnce(int listener, int connections, const std::string &answer = {})
{
    for (int i = 0; i < connections; ++i) {
        const int fd = ::accept(listener, nullptr, nullptr);
        char text[512];
        if (!answer.empty() && (::recv(fd, text, sizeof(text), 0) <= 0 || ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0))
            return notDone;
        receiveAll(fd);
        ::close(fd);
    }
    return 0;
}

inline Child connectOnce(std::uint16_t port)
{
    return Child::run([port] {
        ::close(connectTo(Family::V4, port));
        return 0;
    });
}

inline std::uint16_t listenersPort(const agent::KernelRecord &record)
{
    const auto *tcp = std::get_if<wire::TcpConnection>(&record.event.detail);
    if (tcp == nullptr)
        return 0;
    return tcp->direction == wire::TcpDirection::Outbound ? tcp->remote.port : tcp->local.port;
}

inline std::size_t countOf(const KernelFixture &kernel, const std::function<bool(const agent::KernelRecord &)> &fits)
{
    return static_cast<std::size_t>(std::count_if(kernel.records().begin(), kernel.records().end(), fits));
}

inline Child endWith(int code, const MemoryCgroup *cgroup = nullptr)
{
    return Child::run([code, cgroup] { return cgroup != nullptr && !cgroup->enter() ? notDone : code; });
}

inline agent::CgroupVerdict verdict(std::initializer_list<agent::Filtered> denied, std::uint8_t rank = 1)
{
    agent::CgroupVerdict made;
    made.rank = rank;
    for (const agent::Filtered one : denied)
        made.denied.set(static_cast<std::size_t>(one));
    return made;
}

} // namespace tapio::test

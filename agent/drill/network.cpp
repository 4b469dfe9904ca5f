// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/network.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tapio::drill {

namespace {

Fd controlSocket() { return Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

ifreq requestFor(const std::string &interface)
{
    ifreq request{};
    interface.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    return request;
}

Status setFlags(const std::string &interface, int flags)
{
    const Fd socket = controlSocket();
    ifreq request = requestFor(interface);
    if (!socket || ::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
        return failErrno("looking at the interface " + interface, errno);
    request.ifr_flags = static_cast<short>(request.ifr_flags | flags);
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return failErrno("bringing up the interface " + interface, errno);
    return {};
}

Status setAddress(const std::string &interface, const char *address, const char *mask)
{
    const Fd socket = controlSocket();
    const auto apply = [&](unsigned long what, const char *text) {
        ifreq request = requestFor(interface);
        sockaddr_in in{};
        in.sin_family = AF_INET;
        ::inet_pton(AF_INET, text, &in.sin_addr);
        std::memcpy(&request.ifr_addr, &in, sizeof(in));
        return ::ioctl(socket.get(), what, &request) == 0;
    };
    if (!socket || !apply(SIOCSIFADDR, address) || !apply(SIOCSIFNETMASK, mask))
        return failErrno("giving the interface " + interface + " an address", errno);
    return {};
}

/// RTM_NEWLINK as rtnetlink(7) has it, built into a fixed buffer.
class LinkRequest {
public:
    LinkRequest()
    {
        m_header.nlmsg_len = NLMSG_LENGTH(sizeof(ifinfomsg));
        m_header.nlmsg_type = RTM_NEWLINK;
        m_header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    }
    std::size_t open(std::uint16_t type) { return add(type, nullptr, 0); }
    void close(std::size_t at)
    {
        rtattr attribute{static_cast<std::uint16_t>(m_used - at), 0};
        std::memcpy(m_attributes.data() + at, &attribute.rta_len, sizeof(attribute.rta_len));
    }
    std::size_t add(std::uint16_t type, const void *data, std::size_t bytes)
    {
        const std::size_t at = m_used;
        const rtattr attribute{static_cast<std::uint16_t>(RTA_LENGTH(bytes)), type};
        std::memcpy(m_attributes.data() + at, &attribute, sizeof(attribute));
        if (bytes > 0)
            std::memcpy(m_attributes.data() + at + RTA_LENGTH(0), data, bytes);
        m_used = at + RTA_ALIGN(RTA_LENGTH(bytes));
        return at;
    }
    std::string bytes()
    {
        const ifinfomsg info{};
        m_header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(info)) + m_used);
        std::string all(NLMSG_LENGTH(sizeof(info)), '\0');
        std::memcpy(all.data(), &m_header, sizeof(m_header));
        std::memcpy(all.data() + NLMSG_HDRLEN, &info, sizeof(info));
        return all.append(m_attributes.data(), m_used);
    }

private:
    nlmsghdr m_header{};
    std::array<char, 128> m_attributes{};
    std::size_t m_used = 0;
};

/// The errno in the kernel's answer, 0 when it did it.
int ask(const std::string &message)
{
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket || ::send(socket.get(), message.data(), message.size(), 0) != static_cast<ssize_t>(message.size()))
        return errno;
    std::array<char, 1024> answer{};
    const ssize_t got = ::recv(socket.get(), answer.data(), answer.size(), 0);
    nlmsgerr error{};
    if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof(error)))
        return got < 0 ? errno : EPROTO;
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof(error));
    return -error.error;
}

} // namespace

sockaddr_in loopback(std::uint16_t port) noexcept
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Status bringUp(const std::string &interface) { return setFlags(interface, IFF_UP); }

Status makeOutlet(const std::string &name)
{
    LinkRequest request;
    request.add(IFLA_IFNAME, name.c_str(), name.size() + 1);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add(IFLA_INFO_KIND, "veth", 4);
    request.close(info);
    if (const int error = ask(request.bytes()); error != 0) {
        if (error == EOPNOTSUPP)
            return fail(Errc::Unsupported, "this kernel has no veth interfaces", error);
        return failErrno("making a pair of interfaces", error);
    }
    // The kernel names the other end; it is the only veth left, and needs to be up for the first to carry anything.
    std::string peer;
    struct if_nameindex *const all = ::if_nameindex();
    for (const struct if_nameindex *one = all; one != nullptr && one->if_index != 0; ++one) {
        if (one->if_name != name && std::string_view(one->if_name).starts_with("veth"))
            peer = one->if_name;
    }
    ::if_freenameindex(all);
    if (Status addressed = setAddress(name, "198.18.0.1", "255.255.255.0"); !addressed)
        return addressed;
    if (Status up = setFlags(peer, IFF_UP); !up)
        return up;
    return setFlags(name, IFF_UP | IFF_NOARP);
}

Result<Fd> bindLoopback(int kind, std::uint16_t port)
{
    Fd fd(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
        return failErrno("binding port " + std::to_string(port), errno);
    return fd;
}

Result<std::uint16_t> portOf(const Fd &socket)
{
    sockaddr_in address{};
    socklen_t bytes = sizeof(address);
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&address), &bytes) != 0)
        return failErrno("asking for a port", errno);
    return ntohs(address.sin_port);
}

Status losePackets(const Fd &socket, unsigned percent)
{
    const auto most = static_cast<std::uint32_t>((std::uint64_t(UINT32_MAX) * (100 - std::min(percent, 100u))) / 100);
    constexpr std::uint16_t load = BPF_LD | BPF_W | BPF_ABS, isAbove = BPF_JMP | BPF_JGT | BPF_K, give = BPF_RET | BPF_K;
    std::array<sock_filter, 4> program{{
        {load, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)},
        {isAbove, 1, 0, most},
        {give, 0, 0, UINT32_MAX}, // all of the packet
        {give, 0, 0, 0},          // none of it
    }};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0)
        return failErrno("giving a socket a filter", errno);
    return {};
}

std::uint64_t packetsLost(const Fd &socket)
{
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t bytes = sizeof(info);
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &bytes) == 0 ? info[SK_MEMINFO_DROPS] : 0;
}

std::uint64_t segmentsSentAgain(const Fd &socket)
{
    tcp_info info{};
    socklen_t bytes = sizeof(info);
    return ::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0 ? info.tcpi_total_retrans : 0;
}

} // namespace tapio::drill

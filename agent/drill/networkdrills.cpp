// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include "agent/drill/drill.h"
#include "agent/drill/network.h"

namespace tapio::drill {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mayBindLowPorts = 1ull << 10; // CAP_NET_BIND_SERVICE

template <typename Address> const sockaddr *generic(const Address &address) { return reinterpret_cast<const sockaddr *>(&address); }

/// In a namespace of its own nobody else can be hit, whatever is connected to.
class NetworkDrill : public Drill {
public:
    std::vector<std::string> needs() const override { return {"root", "cgroup memory", "cgroup cpu", "cgroup pids", "network namespace"}; }
    Status probe(const Place &place) const override
    {
        if (::access((place.proc / "self/ns/net").c_str(), F_OK) != 0)
            return fail(Errc::Unsupported, "this kernel has no network namespaces");
        return {};
    }
    Status prepare(Workplace &) const override { return bringUp("lo"); }
};

class RefusedBurst final : public NetworkDrill {
public:
    std::string_view name() const override { return "refused-burst"; }
    std::string_view summary() const override { return "50 connections per second to a port where nobody listens"; }
    Result<std::string> run(Workplace &work) const override
    {
        constexpr std::uint16_t port = 9; // discard: nothing listens in a new namespace
        do {
            const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const sockaddr_in address = loopback(port);
            if (!fd)
                return failErrno("making a socket", errno);
            if (::connect(fd.get(), generic(address), sizeof(address)) != 0 && errno == ECONNREFUSED)
                work.count();
        } while (pause(20ms, work.untilBootNs));
        return std::to_string(*work.effects) + " connections refused";
    }
};

class ResetBurst final : public NetworkDrill {
public:
    std::string_view name() const override { return "reset-burst"; }
    std::string_view summary() const override { return "a server resets 50 connections per second that it had accepted"; }
    Result<std::string> run(Workplace &work) const override
    {
        const auto listener = bindLoopback(SOCK_STREAM, 0);
        if (!listener)
            return fail(listener.error());
        const auto port = portOf(*listener);
        if (!port || ::listen(listener->get(), 8) != 0)
            return failErrno("listening", errno);
        do {
            if (connectAndReset(*listener, loopback(*port)))
                work.count();
        } while (pause(20ms, work.untilBootNs));
        return std::to_string(*work.effects) + " connections reset";
    }

private:
    static bool connectAndReset(const Fd &listener, const sockaddr_in &address)
    {
        const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!client || ::connect(client.get(), generic(address), sizeof(address)) != 0)
            return false;
        {
            const Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            constexpr linger atOnce{1, 0}; // close(2) then sends RST instead of FIN
            if (!server || ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof(atOnce)) != 0)
                return false;
        }
        char byte = 0;
        return ::recv(client.get(), &byte, 1, 0) < 0 && errno == ECONNRESET;
    }
};

/// A name server that answers every question with an error, and a client that goes on asking.
class DnsFailure final : public NetworkDrill {
public:
    std::string_view name() const override { return "dns-failure"; }
    std::string_view summary() const override { return "a name server answers SERVFAIL and NXDOMAIN in turns, 10 questions per second"; }
    Limits limits() const override
    {
        Limits limits;
        limits.capabilities = mayBindLowPorts;
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        const auto server = bindLoopback(SOCK_DGRAM, 53);
        const auto client = bindLoopback(SOCK_DGRAM, 0);
        if (!server || !client)
            return fail(server ? client.error() : server.error());
        const sockaddr_in address = loopback(53);
        if (::connect(client->get(), generic(address), sizeof(address)) != 0)
            return failErrno("connecting to the name server", errno);
        do {
            if (askOnce(*server, *client, static_cast<std::uint16_t>(*work.effects + 1)))
                work.count();
        } while (pause(100ms, work.untilBootNs));
        return std::to_string(*work.effects) + " questions answered with an error";
    }

private:
    /// RFC 1035: header, and one question: drill.tapio.invalid (RFC 2606: a name that never is), A, IN.
    static std::string question(std::uint16_t id)
    {
        std::string packet{static_cast<char>(id >> 8), static_cast<char>(id & 0xff), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        for (const std::string_view label : {"drill", "tapio", "invalid"})
            packet.append(1, static_cast<char>(label.size())).append(label);
        return packet.append(std::string{0, 0, 1, 0, 1});
    }
    static bool askOnce(const Fd &server, const Fd &client, std::uint16_t id)
    {
        constexpr timeval patience{1, 0};
        for (const Fd *fd : {&server, &client})
            ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        const std::string packet = question(id);
        std::array<char, 512> got{};
        sockaddr_in from{};
        socklen_t fromBytes = sizeof(from);
        if (::send(client.get(), packet.data(), packet.size(), 0) < 0)
            return false;
        const ssize_t bytes = ::recvfrom(server.get(), got.data(), got.size(), 0, reinterpret_cast<sockaddr *>(&from), &fromBytes);
        if (bytes < 12)
            return false;
        constexpr char answer = static_cast<char>(0x81); // QR, RD
        const char code = id % 2 == 0 ? 3 : 2;           // NXDOMAIN, SERVFAIL
        got[2] = answer;
        got[3] = static_cast<char>(0x80 | code);
        if (::sendto(server.get(), got.data(), static_cast<std::size_t>(bytes), 0, generic(from), fromBytes) != bytes)
            return false;
        return ::recv(client.get(), got.data(), got.size(), 0) == bytes && (got[3] & 15) == code;
    }
};

/// Over a virtual interface: it leaves the sender's namespace as it would leave a pod's, and ends there.
class LargeEgress final : public NetworkDrill {
public:
    std::string_view name() const override { return "large-egress"; }
    std::string_view summary() const override
    {
        return "8 MiB per second leave through an interface of its own to an address that nobody has";
    }
    std::vector<std::string> needs() const override
    {
        auto needs = NetworkDrill::needs();
        needs.emplace_back("veth");
        return needs;
    }
    /// Tried, in a namespace that ends with the attempt: that the kernel could load a module for it is seen in no file.
    Status probe(const Place &place) const override
    {
        if (Status there = NetworkDrill::probe(place); !there)
            return there;
        const pid_t pid = forkInto([] { return ::unshare(CLONE_NEWNET) == 0 && makeOutlet("drill0") ? 0 : 1; });
        return pid > 0 && waitFor(pid) == 0 ? Status() : fail(Errc::Unsupported, "this kernel makes no veth interfaces");
    }
    Status prepare(Workplace &) const override { return makeOutlet("drill0"); }
    Result<std::string> run(Workplace &work) const override
    {
        constexpr std::size_t datagram = 1400;
        constexpr int perTurn = 60; // each 10 ms
        const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in address = loopback(9);
        ::inet_pton(AF_INET, "198.18.0.2", &address.sin_addr);
        const std::string data(datagram, 'x');
        std::uint64_t sent = 0;
        do {
            for (int i = 0; i < perTurn; ++i) {
                if (::sendto(fd.get(), data.data(), data.size(), 0, generic(address), sizeof(address)) > 0)
                    sent += data.size();
                else if (errno != ENOBUFS && errno != EAGAIN)
                    return failErrno("sending", errno);
            }
            work.effects->store(sent);
        } while (pause(10ms, work.untilBootNs));
        return std::to_string(sent >> 20) + " MiB sent";
    }
    Status verify(const Evidence &evidence) const override
    {
        return evidence.effects >= 1u << 20 ? Status() : fail(Errc::Unsupported, "less than 1 MiB was sent");
    }
};

/// A stream that the kernel loses a tenth of, before it comes to the receiver: TCP notices and sends it again, as on a bad line. Not by
/// netem(8), which many kernels are built without, nor by a rule of the firewall: a filter of the socket takes no module, and ends with it.
/// A path that loses is felt by all that go over it.
class PacketLoss final : public NetworkDrill {
public:
    std::string_view name() const override { return "packet-loss"; }
    std::string_view summary() const override
    {
        return "the kernel drops one in ten packets of eight TCP connections, of hundreds per second";
    }
    Status probe(const Place &place) const override
    {
        if (Status there = NetworkDrill::probe(place); !there)
            return there;
        const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const Status lost = losePackets(fd, lostPercent);
        return lost ? Status() : fail(Errc::Unsupported, "packets cannot be lost: " + lost.error().message());
    }
    /// Here, since some kernels take a filter only of who has CAP_BPF.
    Status prepare(Workplace &work) const override
    {
        if (Status up = NetworkDrill::prepare(work); !up)
            return up;
        const auto listener = bindLoopback(SOCK_STREAM, 0);
        if (!listener)
            return fail(listener.error());
        const auto port = portOf(*listener);
        if (!port || ::listen(listener->get(), 1) != 0)
            return failErrno("listening", errno);
        for (std::size_t i = 0; i < connections; ++i) {
            if (Status connected = connectLossily(*listener, loopback(*port), work); !connected)
                return connected;
        }
        return {};
    }
    Result<std::string> run(Workplace &work) const override
    {
        std::array<Fd, connections> clients, servers;
        for (std::size_t i = 0; i < connections; ++i) {
            clients[i] = Fd(work.descriptors.at(2 * i));
            servers[i] = Fd(work.descriptors.at(2 * i + 1));
        }
        std::size_t next = 0;
        do {
            if (const Status sent = sendAndTake(clients[next], servers[next]); !sent)
                return fail(sent.error());
            next = (next + 1) % connections;
            work.effects->store(sumOver(clients, segmentsSentAgain));
        } while (pause(2ms, work.untilBootNs));
        return std::to_string(sumOver(servers, packetsLost)) + " packets lost, " + std::to_string(*work.effects) + " segments sent again";
    }
    Status verify(const Evidence &evidence) const override
    {
        constexpr std::uint64_t least = 5; // a single one may be of anything
        return evidence.effects >= least ? Status() : fail(Errc::Unsupported, "hardly a segment was sent again: " + evidence.told);
    }

private:
    static constexpr unsigned lostPercent = 10;
    static constexpr std::size_t connections = 8;

    static std::uint64_t sumOver(const std::array<Fd, connections> &sockets, std::uint64_t (*figure)(const Fd &))
    {
        std::uint64_t sum = 0;
        for (const Fd &socket : sockets)
            sum += figure(socket);
        return sum;
    }

    static Status connectLossily(const Fd &listener, const sockaddr_in &address, Workplace &work)
    {
        Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!client || ::connect(client.get(), generic(address), sizeof(address)) != 0)
            return failErrno("connecting", errno);
        Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!server)
            return failErrno("accepting", errno);
        constexpr int atOnce = 1; // a packet each: the kernel would join what is small
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &atOnce, sizeof(atOnce));
        Status lost = losePackets(server, lostPercent);
        work.descriptors.push_back(client.release());
        work.descriptors.push_back(server.release());
        return lost;
    }

    /// Neither waits: what is lost holds up the stream.
    static Status sendAndTake(const Fd &client, const Fd &server)
    {
        const std::array<char, 1000> data{};
        const auto isFull = [] { return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS; };
        if (::send(client.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && !isFull())
            return failErrno("sending", errno);
        std::array<char, 16'384> got{};
        if (::recv(server.get(), got.data(), got.size(), MSG_DONTWAIT) < 0 && !isFull())
            return failErrno("receiving", errno);
        return {};
    }
};

} // namespace

void addNetworkDrills(DrillList &list)
{
    list.push_back(std::make_unique<RefusedBurst>());
    list.push_back(std::make_unique<ResetBurst>());
    list.push_back(std::make_unique<DnsFailure>());
    list.push_back(std::make_unique<LargeEgress>());
    list.push_back(std::make_unique<PacketLoss>());
}

} // namespace tapio::drill

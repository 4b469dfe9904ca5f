// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/dnspeer.h"

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tapio::test {

namespace {

constexpr std::uint16_t dnsPort = 53;
constexpr std::size_t headerBytes = 12;
constexpr unsigned noError = 0, formErr = 1, servFail = 2, nxDomain = 3;

struct ServerAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    explicit ServerAddress(Family family)
    {
        const sockaddr_in v4{AF_INET, htons(dnsPort), {htonl(INADDR_LOOPBACK)}, {}};
        const sockaddr_in6 v6{AF_INET6, htons(dnsPort), 0, in6addr_loopback, 0};
        size = family == Family::V4 ? sizeof(v4) : sizeof(v6);
        std::memcpy(&storage, family == Family::V4 ? static_cast<const void *>(&v4) : &v6, size);
    }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

int serverSocket(Family family, int type)
{
    const ServerAddress address(family);
    const int fd = ::socket(address.storage.ss_family, type, 0);
    const bool bound = ::bind(fd, address.get(), address.size) == 0;
    return bound && (type == SOCK_DGRAM || ::listen(fd, 8) == 0) ? fd : -1;
}

std::string sixteen(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }

/// From the end of the header to that of the first question.
std::string questionOf(const std::string &message)
{
    std::size_t at = headerBytes;
    while (at < message.size() && message[at] != 0)
        at += static_cast<unsigned char>(message[at]) + 1u;
    return at + 5 <= message.size() ? message.substr(headerBytes, at + 5 - headerBytes) : std::string();
}

class Answers {
public:
    /// Empty for none.
    std::string to(const std::string &message)
    {
        const std::string question = questionOf(message);
        if (question.empty())
            return {};
        const std::string what = question.substr(1, static_cast<std::size_t>(question[0]));
        if (what == "silent" || (what == "second" && ++m_times[question] < 2))
            return {};
        if (what == "bare")
            return answer(message, formErr, "", 0);
        if (what == "nx" || what == "fail")
            return answer(message, what == "nx" ? nxDomain : servFail, question, 0);
        if (what == "tc")
            return answer(message, noError | 0x0200, question, 0);
        return answer(message, noError, question, what == "two" ? 2 : 1);
    }

private:
    static std::string answer(const std::string &message, unsigned flags, const std::string &question, unsigned records)
    {
        static const std::string record("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1", 16);
        std::string all = message.substr(0, 2) + sixteen(0x8180 | flags) + sixteen(question.empty() ? 0 : 1) + sixteen(records) + sixteen(0)
                          + sixteen(0) + question;
        for (unsigned i = 0; i < records; ++i)
            all += record;
        return all;
    }

    std::map<std::string, int> m_times;
};

void serveDatagram(int fd, Answers &answers)
{
    std::array<char, 2048> bytes;
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    const ssize_t count = ::recvfrom(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&from), &size);
    if (count <= 0)
        return;
    const std::string answer = answers.to(std::string(bytes.data(), static_cast<std::size_t>(count)));
    if (!answer.empty())
        ::sendto(fd, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr *>(&from), size);
}

bool receiveExactly(int fd, std::string &bytes, std::size_t count)
{
    bytes.resize(count);
    return ::recv(fd, bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count);
}

bool receiveMessage(int fd, std::string &message)
{
    std::string length;
    return receiveExactly(fd, length, 2)
           && receiveExactly(fd, message, static_cast<unsigned char>(length[0]) * 256u + static_cast<unsigned char>(length[1]));
}

bool sendWhole(int fd, const std::string &bytes)
{
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

/// In a child of its own, until the client goes.
int serveConnection(int fd)
{
    Answers answers;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    for (std::string message; receiveMessage(fd, message);) {
        const std::string answer = answers.to(message);
        if (answer.empty())
            continue;
        const std::string length = sixteen(static_cast<unsigned>(answer.size()));
        if (message.find("split") == std::string::npos)
            sendWhole(fd, length + answer);
        else if (!sendWhole(fd, length) || !drained(fd) || !sendWhole(fd, answer))
            return 1;
    }
    return 0;
}

int serve(Pipe &started)
{
    if (!ownNetwork())
        return started.send(2) ? 1 : 2;
    std::vector<pollfd> sockets;
    for (const Family family : {Family::V4, Family::V6}) {
        sockets.push_back({serverSocket(family, SOCK_DGRAM), POLLIN, 0});
        sockets.push_back({serverSocket(family, SOCK_STREAM), POLLIN, 0});
    }
    bool all = true;
    for (const pollfd &one : sockets)
        all = all && one.fd >= 0;
    started.send(all ? 1 : 2);
    Answers answers;
    std::vector<Child> connections;
    while (all && ::poll(sockets.data(), sockets.size(), -1) > 0) {
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            if (sockets[i].revents == 0)
                continue;
            if (i % 2 == 0) {
                serveDatagram(sockets[i].fd, answers);
            } else {
                const int fd = ::accept(sockets[i].fd, nullptr, nullptr);
                connections.push_back(Child::run([&] { return serveConnection(fd); }));
                ::close(fd);
            }
        }
    }
    return 1;
}

} // namespace

NameServer::NameServer() : m_child(Child::run([this] { return serve(m_started); })), m_ready(m_started.receive() == 1) {}

bool NameServer::enter() const
{
    const int space = ::open(("/proc/" + std::to_string(m_child.pid()) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = space >= 0 && ::setns(space, CLONE_NEWNET) == 0;
    ::close(space);
    return entered;
}

std::string dnsQueryOf(std::uint16_t id, const std::string &wireName)
{
    return sixteen(id) + sixteen(0x0100) + sixteen(1) + sixteen(0) + sixteen(0) + sixteen(0) + wireName + std::string("\0\1\0\1", 4);
}

std::string dnsQuery(std::uint16_t id, const std::string &name)
{
    std::string labels;
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t end = std::min(name.find('.', at), name.size());
        labels += static_cast<char>(end - at) + name.substr(at, end - at);
        at = end + 1;
    }
    return dnsQueryOf(id, labels + '\0');
}

int dnsSocket(Family family, Transport transport)
{
    const ServerAddress server(family);
    const int fd = ::socket(server.storage.ss_family, transport == Transport::Tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    return transport == Transport::Udp || ::connect(fd, server.get(), server.size) == 0 ? fd : -1;
}

bool dnsSend(int fd, Family family, Transport transport, const std::string &message)
{
    const ServerAddress server(family);
    if (transport == Transport::Tcp)
        return sendWhole(fd, sixteen(static_cast<unsigned>(message.size())) + message);
    const bool named = transport == Transport::Udp;
    return ::sendto(fd, message.data(), message.size(), 0, named ? server.get() : nullptr, named ? server.size : 0)
           == static_cast<ssize_t>(message.size());
}

bool dnsReceive(int fd, Transport transport)
{
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, 10'000) != 1)
        return false;
    std::string message(2048, '\0');
    return transport == Transport::Tcp ? receiveMessage(fd, message) : ::recv(fd, message.data(), message.size(), 0) > 0;
}

} // namespace tapio::test

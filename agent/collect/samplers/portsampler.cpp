// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/portsampler.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "agent/collect/cgroupprocess.h"
#include "agent/collect/procparse.h"
#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

constexpr std::size_t blockBytes = 16u << 10;
/// The kernel gives less than a page at a time, and all that was read is looked at again: not after each page.
constexpr std::size_t parsedBytes = 64u << 10;
constexpr std::size_t mostBytes = 1u << 20;

struct File {
    const char *name;
    const char *protocol;
    bool isTcp;
};
constexpr std::array<File, 4> files{{{"tcp", "tcp ", true}, {"tcp6", "tcp ", true}, {"udp", "udp ", false}, {"udp6", "udp ", false}}};

bool isPodOrContainer(const CgroupNode &node)
{
    const std::string_view segment = std::string_view(node.path).substr(node.path.rfind('/') + 1);
    return podUidOfSegment(segment).has_value() || containerIdOfSegment(segment).has_value();
}

} // namespace

PortSampler::PortSampler(std::filesystem::path procRoot, const CgroupInventory &inventory, OriginResolver &resolver, const Clock &clock,
                         std::int64_t intervalNs)
    : m_procRoot(std::move(procRoot)), m_inventory(inventory), m_resolver(resolver), m_clock(clock), m_intervalNs(intervalNs),
      m_hostHook(m_hooks.add("ports", "/proc/1/net/{tcp,tcp6,udp,udp6}")),
      m_podHook(m_hooks.add("ports", "/proc/PID/net/{tcp,tcp6,udp,udp6} of pods"))
{}

void PortSampler::sample(SampleWriter &out)
{
    const std::int64_t now = m_clock.bootNs();
    if (now < m_nextBootNs)
        return;
    m_nextBootNs = now + m_intervalNs;
    m_hooks.begin();
    readEphemeralRange();
    // The first process may be guarded even from root; kthreadd (2) lives in the first namespaces as well.
    const std::string host = spaceOf("1").empty() ? "2" : "1";
    std::vector<std::string> told{spaceOf(host)};
    sampleSpace(out, m_resolver.host(), host, m_hostHook);
    if (told.front().empty())
        return; // the host's ports would pass for those of pods
    const auto &nodes = m_inventory.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!isPodOrContainer(nodes[i]))
            continue;
        const auto pid = processBelow(m_inventory, i, m_reader);
        const std::string space = pid ? spaceOf(std::to_string(*pid)) : std::string();
        // A pod comes before its containers, which share its namespace.
        if (space.empty() || std::find(told.begin(), told.end(), space) != told.end())
            continue;
        told.push_back(space);
        sampleSpace(out, m_resolver.originOf(nodes[i]), std::to_string(*pid), m_podHook);
    }
}

void PortSampler::sampleSpace(SampleWriter &out, const OriginPtr &origin, const std::string &pid, FileHooks::Id hook)
{
    for (const File &file : files) {
        std::vector<wire::SocketAddress> ports;
        const int errnum = readFile(m_procRoot / pid / "net" / file.name, file.isTcp, ports);
        // Without IPv6 there are no files of it; a pod's process may have ended.
        const bool isExcused = errnum == ENOENT && (hook == m_podHook || std::string_view(file.name).ends_with('6'));
        m_hooks.note(hook, isExcused ? ESRCH : errnum);
        for (const wire::SocketAddress &port : ports)
            out.add(origin, wire::Metric::NetListeningPort, 1, file.protocol + wire::toString(port));
    }
}

int PortSampler::readFile(const std::filesystem::path &path, bool isTcp, std::vector<wire::SocketAddress> &ports)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    m_buffer.clear();
    ListenList list;
    int errnum = 0;
    std::size_t nextParse = 0; // the first page tells enough of most
    for (;;) {
        const std::size_t length = m_buffer.size();
        m_buffer.resize(length + blockBytes);
        const ssize_t got = ::read(fd, m_buffer.data() + length, blockBytes);
        if (got < 0)
            errnum = errno;
        m_buffer.resize(length + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        const bool isOver = got <= 0 || m_buffer.size() >= mostBytes;
        if (!isOver && m_buffer.size() < nextParse)
            continue;
        nextParse = m_buffer.size() + parsedBytes;
        list = parse(isTcp);
        if (isOver || list.isWhole)
            break;
    }
    ::close(fd);
    ports = std::move(list.ports);
    return errnum;
}

ListenList PortSampler::parse(bool isTcp) const
{
    return isTcp ? parseListeningTcp(m_buffer) : parseListeningUdp(m_buffer, m_ephemeralFirst, m_ephemeralLast);
}

void PortSampler::readEphemeralRange()
{
    const FileText file = m_reader.read(m_procRoot / "sys/net/ipv4/ip_local_port_range");
    const std::size_t tab = file.text.find('\t');
    if (!file || tab == std::string_view::npos)
        return;
    const auto first = parseUnsigned(file.text.substr(0, tab));
    const auto last = parseUnsigned(file.text.substr(tab + 1));
    if (!first || !last || *first > *last || *last > UINT16_MAX)
        return;
    m_ephemeralFirst = static_cast<std::uint16_t>(*first);
    m_ephemeralLast = static_cast<std::uint16_t>(*last);
}

std::string PortSampler::spaceOf(const std::string &pid) const
{
    std::error_code error;
    return std::filesystem::read_symlink(m_procRoot / pid / "ns/net", error).native();
}

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/shedder.h"

#include <iterator>
#include <limits>

#include "agent/pipeline/severity.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

namespace {

constexpr std::uint64_t shortNs = nsPerSecond;
constexpr std::uint64_t sampleOneIn = 10;

/// splitmix64 (Steele, Lea, Flood 2014): neighbouring pids must not be in the sample together.
std::uint64_t mixed(std::uint64_t x) noexcept
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/// Where the process is not known, each connection or request for itself.
std::uint64_t sampleKey(const wire::Event &event) noexcept
{
    if (event.process.pid != 0)
        return event.process.pid;
    const auto *connection = std::get_if<wire::TcpConnection>(&event.detail);
    if (connection == nullptr)
        return static_cast<std::uint64_t>(event.timeNs);
    std::uint64_t key = (std::uint64_t{connection->local.port} << 32) | connection->remote.port;
    for (const std::uint8_t byte : connection->remote.bytes)
        key = mixed(key ^ byte);
    return key;
}

} // namespace

bool isSheddable(const wire::Event &event) noexcept
{
    if (const auto *exit = std::get_if<wire::ProcessExit>(&event.detail))
        return exit->signal == 0 && !exit->coreDumped;
    if (const auto *exec = std::get_if<wire::ProcessExec>(&event.detail))
        return !exec->writtenAfterStart;
    return std::holds_alternative<wire::TcpConnection>(event.detail) || std::holds_alternative<wire::DnsQuery>(event.detail)
           || std::holds_alternative<wire::HttpRequest>(event.detail);
}

bool isHealthyAndShort(const wire::TcpConnection &connection) noexcept
{
    return connection.outcome == wire::TcpOutcome::Closed && connection.established && connection.socketError == 0
           && connection.retransmits == 0 && connection.durationNs < shortNs;
}

bool isCleanAndShort(const wire::ProcessExit &exit) noexcept
{
    return exit.exitCode == 0 && exit.signal == 0 && !exit.coreDumped && exit.durationNs > 0 && exit.durationNs < shortNs;
}

bool isInSample(const wire::Event &event) noexcept { return mixed(sampleKey(event)) % sampleOneIn == 0; }

bool trimDetail(wire::Event &event)
{
    auto *exec = std::get_if<wire::ProcessExec>(&event.detail);
    if (exec == nullptr)
        return false;
    const std::size_t slash = exec->filename.rfind('/');
    // The name alone still says what ran; "/" by itself, or at the end, is no name.
    const bool hasFolder = slash != std::string::npos && slash + 1 < exec->filename.size();
    if (exec->arguments.empty() && !hasFolder)
        return false;
    exec->argumentsTruncated = exec->argumentsTruncated || !exec->arguments.empty();
    exec->arguments.clear();
    if (hasFolder)
        exec->filename.erase(0, slash + 1);
    return true;
}

bool Shedder::foldsExit(const wire::Event &event, const wire::ProcessExit &exit) const
{
    return isCleanAndShort(exit) && m_held.contains(keyOf(event.process));
}

bool Shedder::sheds(const wire::Event &event, const Cgroup &cgroup, std::vector<HeldEvent> &alongWith)
{
    if (!isSheddable(event))
        return false;
    ++m_sheddable;
    if (m_step < ShedStep::Fold)
        return false;
    const auto *exit = std::get_if<wire::ProcessExit>(&event.detail);
    // What failed is what somebody looks for: it goes last, and never all of a cgroup.
    const bool failed = severityOf(event, m_nowhere) > wire::Severity::Info;
    const bool isSampledOut = failed ? m_step >= ShedStep::Limit && !takesTurn(cgroup) : m_step >= ShedStep::Sample && !isInSample(event);
    if (const auto *connection = std::get_if<wire::TcpConnection>(&event.detail);
        connection != nullptr && !isSampledOut && isHealthyAndShort(*connection)) {
        ++m_folded.connections;
        m_folded.connectionBytesSent += connection->bytesSent;
        m_folded.connectionBytesReceived += connection->bytesReceived;
        return true;
    }
    const bool isFolded = exit != nullptr && !isSampledOut && foldsExit(event, *exit);
    if (isFolded) {
        ++m_folded.processes;
        m_folded.processNs += exit->durationNs;
    }
    if (exit != nullptr && (isFolded || isSampledOut))
        alongWith = takeOf(event.process);
    return isFolded || isSampledOut;
}

bool Shedder::takesTurn(const Cgroup &cgroup)
{
    // Forgetting them fills them again: so many cgroups that fail are told more of, and memory stays what it is.
    if (m_turns.size() >= mostCgroups && !m_turns.contains(cgroup))
        m_turns.clear();
    return m_turns.try_emplace(cgroup, failedPerSecond, failedPerSecond, m_clock).first->second.take();
}

bool Shedder::holds(const wire::Event &event) const noexcept
{
    return m_step >= ShedStep::Fold && event.process.pid != 0 && std::holds_alternative<wire::ProcessExec>(event.detail)
           && isSheddable(event);
}

std::vector<HeldEvent> Shedder::hold(HeldEvent &&event)
{
    std::vector<HeldEvent> gone;
    constexpr std::size_t mostOrdered = 4 * mostHeld;
    if (m_count >= mostHeld || m_order.size() >= mostOrdered)
        gone = takeOldest();
    const Key key = keyOf(event.event.process);
    std::vector<HeldEvent> &ofProcess = m_held[key];
    if (ofProcess.empty())
        m_order.emplace_back(event.sinceBootNs, key);
    ofProcess.push_back(std::move(event));
    ++m_count;
    return gone;
}

std::vector<HeldEvent> Shedder::takeOf(const wire::Process &process)
{
    const auto found = m_held.find(keyOf(process));
    if (found == m_held.end())
        return {};
    std::vector<HeldEvent> events = std::move(found->second);
    m_held.erase(found);
    m_count -= events.size();
    return events;
}

/// Also drops what the order still names of processes that are gone, so it stays as short as the map.
std::vector<HeldEvent> Shedder::takeOldest()
{
    while (!m_order.empty()) {
        const auto [sinceBootNs, key] = m_order.front();
        m_order.pop_front();
        const auto found = m_held.find(key);
        if (found == m_held.end() || found->second.front().sinceBootNs != sinceBootNs)
            continue;
        std::vector<HeldEvent> events = std::move(found->second);
        m_held.erase(found);
        m_count -= events.size();
        return events;
    }
    return {};
}

std::vector<HeldEvent> Shedder::takeDue(std::int64_t bootNs)
{
    std::vector<HeldEvent> due;
    const std::int64_t heldSince = bootNs - std::chrono::nanoseconds(longestHold).count();
    while (!m_order.empty() && m_order.front().first <= heldSince) {
        const auto found = m_held.find(m_order.front().second);
        const bool isThere = found != m_held.end() && found->second.front().sinceBootNs == m_order.front().first;
        if (!isThere) {
            m_order.pop_front();
            continue;
        }
        std::vector<HeldEvent> events = takeOldest();
        due.insert(due.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    }
    return due;
}

std::vector<HeldEvent> Shedder::takeAll() { return takeDue(std::numeric_limits<std::int64_t>::max()); }

std::vector<HeldEvent> Shedder::setStep(ShedStep step)
{
    m_step = step;
    if (step < ShedStep::Limit)
        m_turns.clear();
    return step < ShedStep::Fold ? takeAll() : std::vector<HeldEvent>();
}

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <charconv>
#include <limits>

#include "protocol/base/clock.h"
#include "protocol/wire/addresstext.h"
#include "protocol/wire/containerexec.h"
#include "protocol/wire/event.h"
#include "protocol/wire/signalname.h"
#include "protocol/wire/summaryline.h"
#include "protocol/wire/text.h"

namespace tapio::wire {

namespace {

constexpr std::size_t summaryBytes = 400;
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// "12.3 ms" of 123 tenths, "12.34 %" of 1234 hundredths. By whole numbers: to_chars() of a double costs as much as the rest of a line.
template <unsigned digits> std::string decimal(std::uint64_t units, std::string_view unit)
{
    constexpr std::uint64_t perOne = digits == 0 ? 1 : digits == 1 ? 10 : 100;
    std::array<char, 20> whole{};
    std::string line(whole.data(), std::to_chars(whole.data(), whole.data() + whole.size(), units / perOne).ptr);
    line.append(digits == 0 ? 0 : 1, '.');
    for (std::uint64_t place = perOne / 10; place > 0; place /= 10)
        line += static_cast<char>('0' + units / place % 10);
    return line.append(" ").append(unit);
}

/// Exact halves go to the even one.
constexpr std::uint64_t rounded(std::uint64_t value, std::uint64_t divisor) noexcept
{
    const std::uint64_t whole = value / divisor, rest = value % divisor;
    return whole + (rest > divisor - rest || (rest == divisor - rest && whole % 2 == 1) ? 1 : 0);
}

std::string bytesText(std::uint64_t bytes)
{
    static constexpr std::array<std::string_view, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    std::size_t unit = 0;
    unsigned shift = 10;
    for (; bytes >> shift >= 1024 && unit + 1 < units.size(); ++unit)
        shift += 10;
    const std::uint64_t one = std::uint64_t{1} << shift, whole = bytes >> shift;
    return decimal<1>(whole * 10 + rounded(bytes % one * 10, one), units[unit]);
}

std::string durationText(std::uint64_t ns)
{
    constexpr auto us = static_cast<std::uint64_t>(nsPerUs), ms = static_cast<std::uint64_t>(nsPerMs), second = std::uint64_t{nsPerSecond};
    if (ns < ms)
        return decimal<0>(rounded(ns, us), "us");
    return ns < second ? decimal<1>(rounded(ns, ms / 10), "ms") : decimal<1>(rounded(ns, second / 10), "s");
}

/// "2d 3h", "5h 10m", "9m": of what is days away, seconds say nothing.
std::string longSpanText(std::uint64_t ns)
{
    constexpr std::uint64_t minutesPerHour = 60, minutesPerDay = 24 * minutesPerHour;
    const std::uint64_t minutes = ns / static_cast<std::uint64_t>(60 * nsPerSecond);
    const std::uint64_t hours = minutes % minutesPerDay / minutesPerHour;
    if (minutes >= minutesPerDay)
        return std::to_string(minutes / minutesPerDay) + "d " + std::to_string(hours) + 'h';
    const std::string left = std::to_string(minutes % minutesPerHour) + 'm';
    return hours == 0 ? left : std::to_string(hours) + "h " + left;
}

/// " from sh (812)"; a sender that is not known is not named.
void appendSender(std::string &line, std::string_view comm, std::uint32_t pid)
{
    if (pid == 0)
        return;
    line += " from ";
    appendLine(line, comm.empty() ? std::string_view("pid") : comm);
    line += " (" + std::to_string(pid) + ')';
}

/// "SIGKILL (9)"; a number without a name says what it numbers: "signal 34".
std::string signalWords(int signal)
{
    const std::string text = signalText(signal);
    return signalName(signal).empty() ? "signal " + text : text;
}

/// ", 3 times"; once is not told.
void appendRepeats(std::string &line, std::uint32_t repeats)
{
    if (repeats > 1)
        line += ", " + std::to_string(repeats) + " times";
}

/// ", at its memory limit 3 times" in a list that begins with the line; what did not happen is not told.
void appendTimes(std::string &line, std::uint64_t times, std::string_view what)
{
    if (times == 0)
        return;
    line.append(line.empty() ? "" : ", ").append(what);
    if (times > 1)
        line.append(" ").append(std::to_string(times)).append(" times");
}

/// What does not fit is as long as can be said.
std::uint64_t usInNs(std::uint64_t us)
{
    constexpr auto perUs = static_cast<std::uint64_t>(nsPerUs);
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return us > most / perUs ? most : us * perUs;
}

/// " from sshd", the text made to keep to its line; an empty text is left out with its word.
void appendPart(std::string &line, std::string_view word, std::string_view text)
{
    if (text.empty())
        return;
    line += word;
    appendLine(line, text);
}

std::string_view insightWord(InsightState state) noexcept
{
    switch (state) {
    case InsightState::Open: return "opened";
    case InsightState::Updated:
    case InsightState::Resolved:
    case InsightState::Expired: return insightStateName(state);
    case InsightState::Unknown: break;
    }
    return "insight";
}

/// ", uid 1000 to 0"; an id that stayed is not told.
void appendChange(std::string &line, std::string_view what, std::uint32_t before, std::uint32_t after)
{
    if (before != after)
        line.append(", ").append(what).append(" ").append(std::to_string(before)).append(" to ").append(std::to_string(after));
}

struct Writer {
    std::string &line;
    EventType type;

    void operator()(std::monostate) const { line += eventTypeName(type) + ": details are not known to this version"; }

    void operator()(const ProcessExec &exec) const
    {
        line += "exec ";
        appendLine(line, exec.filename);
        if (exec.writtenAfterStart)
            line += " (changed after the container started)";
        for (std::size_t i = 1; i < exec.arguments.size() && line.size() <= summaryBytes; ++i) {
            line += ' ';
            appendLine(line, exec.arguments[i]);
        }
        if (exec.argumentsTruncated)
            line.append(" ").append(ellipsis);
    }

    void operator()(const ProcessExit &exit) const
    {
        if (exit.signal == 0) {
            line += "exited with code " + std::to_string(exit.exitCode);
        } else {
            line += "killed by " + signalWords(exit.signal);
            appendSender(line, exit.killerComm, exit.killerPid);
        }
        if (exit.coreDumped)
            line += ", core dumped";
        if (exit.durationNs != 0)
            line += ", lived " + durationText(exit.durationNs);
    }

    void operator()(const OomKill &kill) const
    {
        line.append("killed for lack of memory, anonymous ").append(bytesText(kill.anonRssBytes)).append(", file ");
        line.append(bytesText(kill.fileRssBytes)).append(", shared ").append(bytesText(kill.shmemRssBytes));
        if (kill.triggerPid != 0) {
            line += ", allocation by ";
            appendLine(line, kill.triggerComm);
            line += " (" + std::to_string(kill.triggerPid) + ')';
        }
    }

    void operator()(const FatalSignal &fatal) const
    {
        line += signalWords(fatal.signal);
        if (fatal.senderPid == 0)
            line += " from the kernel";
        else
            appendSender(line, fatal.senderComm, fatal.senderPid);
    }

    void operator()(const TcpConnection &tcp) const
    {
        const bool inbound = tcp.direction == TcpDirection::Inbound;
        const bool isOfSeveral = tcp.more != 0;
        if (isOfSeveral)
            line += std::to_string(std::uint64_t{tcp.more} + 1) + " times ";
        line += inbound ? "accept " : "connect ";
        line += AddressText(inbound ? tcp.local : tcp.remote).view();
        if (inbound)
            line.append(" from ").append(isOfSeveral ? hostText(tcp.remote) : toString(tcp.remote));
        line += ' ';
        line += tcp.outcome == TcpOutcome::TimedOut ? std::string_view("timed out") : tcpOutcomeName(tcp.outcome);
        if (tcp.durationNs != 0)
            line.append(" after ").append(durationText(tcp.durationNs)).append(isOfSeveral ? " on average" : "");
        if (tcp.established) {
            line.append(", sent ").append(bytesText(tcp.bytesSent)).append(", received ").append(bytesText(tcp.bytesReceived));
            line += isOfSeveral ? " in all" : "";
        }
        if (tcp.retransmits != 0)
            line += ", " + std::to_string(tcp.retransmits) + " retransmits";
    }

    void operator()(const DnsQuery &dns) const
    {
        const bool isOfSeveral = dns.more != 0;
        if (isOfSeveral)
            line += std::to_string(std::uint64_t{dns.more} + 1) + " times ";
        line += "dns " + dnsTypeName(dns.queryType) + ' ';
        appendLine(line, dns.name);
        line.append(" at ").append(AddressText(dns.server).view()).append(dns.tcp ? " over tcp: " : ": ");
        if (dns.outcome == DnsOutcome::Answered)
            line.append(dnsResponseName(dns.responseCode)).append(", ").append(std::to_string(dns.answers)).append(" answers");
        else
            line += dns.outcome == DnsOutcome::TimedOut ? std::string_view("timed out") : dnsOutcomeName(dns.outcome);
        if (dns.latencyNs != 0)
            line.append(" after ").append(durationText(dns.latencyNs)).append(isOfSeveral ? " on average" : "");
        if (dns.truncated)
            line += ", truncated";
        if (dns.attempts > 1)
            line += ", asked " + std::to_string(dns.attempts) + " times";
    }

    void operator()(const HttpRequest &http) const
    {
        const bool inbound = http.direction == TcpDirection::Inbound;
        appendLine(line, http.texts->method.empty() ? std::string_view("request") : http.texts->method);
        appendPart(line, " ", http.texts->target);
        appendPart(line, " of ", http.texts->host);
        // Within the TLS library the other end is not always to be seen.
        const bool unknownPeer = http.tls && http.remote == SocketAddress();
        line.append(inbound ? " from " : " to ").append(unknownPeer ? "an unknown peer" : AddressText(http.remote).view());
        line += http.tls ? " over tls: " : ": ";
        if (http.status != 0)
            line += std::to_string(http.status);
        else
            line += http.aborted ? "ended before an answer" : "no answer seen";
        if (http.status != 0 && http.aborted)
            line += ", aborted";
        if (http.latencyNs != 0)
            line.append(" after ").append(durationText(http.latencyNs));
        if (http.responseBytes != 0)
            line.append(", ").append(bytesText(http.responseBytes));
    }

    void operator()(const FileFailure &failure) const
    {
        if (failure.isFullFileSystem()) {
            appendLine(line, failure.path.empty() ? std::string_view("a file system") : failure.path);
            const std::string of = failure.limitIsInodes ? std::to_string(failure.limit) : bytesText(failure.limit);
            if (failure.left != 0)
                line += " is all but full: " + bytesText(failure.left) + " left of " + of;
            else
                line += std::string(" is full: no ") + (failure.limitIsInodes ? "inode" : "space") + " left of " + of;
            return;
        }
        if (failure.limit != 0) {
            line += "all " + std::to_string(failure.limit) + " descriptors are in use, " + errnoName(failure.error) + " for one more";
            return;
        }
        appendLine(line, failure.operation);
        appendPart(line, " ", failure.path);
        line += " failed: " + errnoName(failure.error);
        appendRepeats(line, failure.repeats);
    }

    void operator()(const CapabilityUse &use) const
    {
        line += capabilityName(use.capability) + (use.granted ? " granted" : " denied");
        appendRepeats(line, use.repeats);
    }

    void operator()(const PrivilegeGain &gain) const
    {
        line += "gained privileges";
        appendPart(line, " by ", gain.how);
        appendPart(line, " of ", gain.filename);
        appendChange(line, "uid", gain.oldUid, gain.newUid);
        appendChange(line, "euid", gain.oldEuid, gain.newEuid);
        appendChange(line, "gid", gain.oldGid, gain.newGid);
        if (gain.gainedCapabilities != 0)
            line += ", " + capabilityNames(gain.gainedCapabilities, 3);
    }

    void operator()(const TlsFailure &failure) const
    {
        line += "tls handshake " + std::string(failure.direction == TcpDirection::Inbound ? "from " : "to ") + toString(failure.remote)
                + " failed: " + tlsAlertName(failure.alert) + (failure.sent ? ", said by this end" : ", said by the other end");
    }

    void operator()(const PtraceAttach &attach) const
    {
        line += ptraceRequestName(attach.request) + " of ";
        appendLine(line, attach.targetComm.empty() ? std::string_view("pid") : attach.targetComm);
        line += " (" + std::to_string(attach.targetPid) + ')';
        if (attach.error != 0)
            line += " failed: " + errnoName(attach.error);
    }

    void operator()(const ModuleLoad &load) const
    {
        line += "module ";
        appendLine(line, load.name);
        line += " loaded";
        if (load.taints != 0)
            line += ", taints the kernel: " + taintNames(load.taints);
    }

    void operator()(const Mount &mount) const
    {
        line += mount.unmount ? "unmount" : "mount";
        if (!mount.unmount)
            appendPart(line, " ", mount.source);
        appendPart(line, mount.unmount ? " " : " on ", mount.target);
        appendPart(line, " type ", mount.fsType);
        if (!mount.unmount && mount.flags != 0)
            line += " (" + mountFlagNames(mount.flags) + ')';
        if (mount.error != 0)
            line += " failed: " + errnoName(mount.error);
    }

    void operator()(const Login &login) const
    {
        if (login.service == containerExecService) {
            line += "put into the container from outside, ";
            line += login.method == terminalMethod ? "with a terminal" : "without a terminal";
            appendRepeats(line, login.repeats);
            return;
        }
        line += login.success ? "login" : "failed login";
        appendPart(line, " of ", login.user);
        appendPart(line, " to ", login.service);
        appendPart(line, " by ", login.method);
        appendPart(line, " from ", login.remote);
        appendRepeats(line, login.repeats);
    }

    void operator()(const KernelLog &log) const
    {
        line.append(kernelPriorityName(log.priority)).append(": ");
        appendLine(line, log.text);
    }

    void operator()(const AgentNotice &notice) const
    {
        line += agentNoticeKindName(notice.kind);
        appendPart(line, " ", notice.what);
        appendPart(line, ": ", notice.text);
        if (!notice.unit.empty()) {
            line += ", " + std::to_string(notice.measured);
            if (notice.limit != 0)
                line += " of " + std::to_string(notice.limit);
            appendPart(line, " ", notice.unit);
        }
    }

    void operator()(const DrillLabel &label) const
    {
        line += "drill ";
        appendLine(line, label.drill);
        appendPart(line, " ", label.phase);
        appendPart(line, " on ", label.target);
    }

    void operator()(const MemoryEvents &memory) const
    {
        const std::size_t before = line.size();
        appendTimes(line, memory.oomKill, "killed for lack of memory");
        appendTimes(line, memory.oomGroupKill, "killed as a whole");
        appendTimes(line, memory.oom, "out of memory");
        appendTimes(line, memory.max, "at its memory limit");
        appendTimes(line, memory.high, "throttled above memory.high");
        appendTimes(line, memory.low, "reclaimed below memory.low");
        if (memory.underOom)
            line.append(line.size() == before ? "" : ", ").append("stands still for lack of memory");
        if (line.size() == before)
            line += "no longer stands still for lack of memory";
        if (memory.currentBytes != 0)
            line.append(", uses ").append(bytesText(memory.currentBytes));
        if (memory.limitBytes != 0)
            line.append(memory.currentBytes != 0 ? " of " : ", limit ").append(bytesText(memory.limitBytes));
        if (memory.cacheBytes != 0)
            line.append(", ").append(bytesText(memory.cacheBytes)).append(" of it file cache");
    }

    void operator()(const PressureStall &stall) const
    {
        line.append(pressureResourceName(stall.resource)).append(stall.ended ? " pressure ended" : " pressure");
        if (stall.durationNs != 0)
            line += (stall.ended ? " after " : " for ") + durationText(stall.durationNs);
        line += stall.full ? ": all tasks stalled " : ": some tasks stalled ";
        if (stall.ended || stall.durationNs != 0)
            line += durationText(usInNs(stall.stallUs));
        else
            line += durationText(usInNs(stall.thresholdUs)) + " or more within " + durationText(usInNs(stall.windowUs));
        line += ", " + decimal<2>(stall.avg10BasisPoints, "% of the last 10 s");
    }

    void operator()(const Boxed<Insight> &insight) const
    {
        line += insightWord(insight->state);
        appendPart(line, ": ", insight->text.empty() ? insight->rule : insight->text);
    }

    void operator()(const Boxed<KubernetesFact> &fact) const
    {
        switch (fact->kind) {
        case KubernetesFactKind::PodEvicted:
            line += "pod evicted";
            appendPart(line, ", the node is low on ", fact->resource);
            appendPart(line, ": ", fact->message);
            return;
        case KubernetesFactKind::VolumeChanged:
            appendLine(line, fact->source);
            appendPart(line, " volume ", fact->volume);
            line += " changed";
            return;
        case KubernetesFactKind::CertificateExpiry: appendExpiry(*fact); return;
        case KubernetesFactKind::NodeNotReady: appendNode(*fact, " is not Ready"); return;
        case KubernetesFactKind::NodeReady: appendNode(*fact, " is Ready"); return;
        case KubernetesFactKind::NodeRemoved: appendNode(*fact, " was removed from the cluster"); return;
        case KubernetesFactKind::Unknown: break;
        }
        line += kubernetesFactKindName(fact->kind);
    }

private:
    void appendNode(const KubernetesFact &fact, std::string_view what) const
    {
        line += "node ";
        appendLine(line, fact.node.empty() ? "unknown" : fact.node);
        line += what;
        appendPart(line, ", ", fact.reason);
        appendPart(line, ": ", fact.message);
    }

    void appendExpiry(const KubernetesFact &fact) const
    {
        const bool isOver = fact.leftNs < 0;
        const auto left = static_cast<std::uint64_t>(fact.leftNs);
        line += "certificate";
        appendPart(line, " of ", fact.subject);
        line += isOver ? " expired " + longSpanText(0 - left) + " ago" : " expires in " + longSpanText(left);
        appendPart(line, ", ", fact.file);
        appendPart(line, " of volume ", fact.volume);
    }
};

} // namespace

void summary(const Event &event, std::string &line)
{
    constexpr std::size_t usualBytes = 96;
    line.clear();
    line.reserve(usualBytes);
    std::visit(Writer{line, event.type}, event.detail);
    if (line.size() > summaryBytes) {
        line.resize(truncateUtf8(line, summaryBytes - ellipsis.size()).size());
        line += ellipsis;
    }
}

std::string summary(const Event &event)
{
    std::string line;
    summary(event, line);
    return line;
}

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <charconv>

#include "protocol/base/clock.h"
#include "protocol/wire/event.h"
#include "protocol/wire/signalname.h"
#include "protocol/wire/text.h"

namespace tapio::wire {

namespace {

constexpr std::size_t summaryBytes = 400;
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

std::string fixed(double value, int digits, std::string_view unit)
{
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
    return std::string(text.data(), end).append(" ").append(unit);
}

std::string bytesText(std::uint64_t bytes)
{
    static constexpr std::array<std::string_view, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    return fixed(value, 1, units[unit]);
}

std::string durationText(std::uint64_t ns)
{
    const auto value = static_cast<double>(ns);
    if (ns < static_cast<std::uint64_t>(nsPerMs))
        return fixed(value / static_cast<double>(nsPerUs), 0, "us");
    if (ns < static_cast<std::uint64_t>(nsPerSecond))
        return fixed(value / static_cast<double>(nsPerMs), 1, "ms");
    return fixed(value / static_cast<double>(nsPerSecond), 1, "s");
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

struct Writer {
    std::string &line;
    EventType type;

    void operator()(std::monostate) const { line += eventTypeName(type) + ": details are not known to this version"; }

    void operator()(const ProcessExec &exec) const
    {
        line += "exec ";
        appendLine(line, exec.filename);
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
        line += "killed for lack of memory, anonymous " + bytesText(kill.anonRssBytes) + ", file "
            + bytesText(kill.fileRssBytes) + ", shared " + bytesText(kill.shmemRssBytes);
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
        line += inbound ? "accept " : "connect ";
        line += toString(inbound ? tcp.local : tcp.remote);
        line += inbound ? " from " + toString(tcp.remote) : std::string();
        line += ' ';
        line += tcp.outcome == TcpOutcome::TimedOut ? std::string_view("timed out") : tcpOutcomeName(tcp.outcome);
        if (tcp.durationNs != 0)
            line += " after " + durationText(tcp.durationNs);
        if (tcp.established)
            line += ", sent " + bytesText(tcp.bytesSent) + ", received " + bytesText(tcp.bytesReceived);
        if (tcp.retransmits != 0)
            line += ", " + std::to_string(tcp.retransmits) + " retransmits";
    }
};

} // namespace

std::string summary(const Event &event)
{
    std::string line;
    std::visit(Writer{line, event.type}, event.detail);
    if (line.size() > summaryBytes) {
        line.resize(truncateUtf8(line, summaryBytes - ellipsis.size()).size());
        line += ellipsis;
    }
    return line;
}

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <functional>
#include <set>

#include "tests/correlation/kubeplays.h"
#include "tests/correlation/plays.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::TcpOutcome;

namespace {

wire::DnsQuery question(wire::DnsOutcome outcome, std::uint16_t code = 0)
{
    wire::DnsQuery dns;
    dns.server = address(53, 53);
    dns.name = "db.shop.svc.cluster.local";
    dns.outcome = outcome;
    dns.responseCode = code;
    return dns;
}

wire::DnsQuery answered(std::uint64_t latencyMs)
{
    wire::DnsQuery dns = question(wire::DnsOutcome::Answered);
    dns.latencyNs = latencyMs * 1'000'000;
    return dns;
}

wire::HttpRequest request(std::uint16_t status)
{
    wire::HttpRequest http;
    http.local = address(1, 40'000);
    http.remote = address(9, 80);
    http.direction = wire::TcpDirection::Outbound;
    http.status = status;
    return http;
}

wire::FileFailure fileFailure(int error)
{
    wire::FileFailure failure;
    failure.error = error;
    failure.path = "/etc/app/app.yaml";
    failure.operation = "open";
    failure.repeats = 1;
    return failure;
}

/// Of a limit of 100 MB, which is full.
wire::MemoryEvents memory(std::uint64_t max, std::uint64_t cacheMb = 0)
{
    wire::MemoryEvents events;
    events.currentBytes = events.limitBytes = 100'000'000;
    events.cacheBytes = cacheMb * 1'000'000;
    events.max = max;
    return events;
}

/// A stall of the node itself that is told again each minute.
Script wholeMachine(wire::PressureResource resource, int minutes)
{
    return [=](Stage &stage) {
        for (int i = 0; i < minutes; ++i)
            stage.event(60 * i, stall(resource, false, i * std::chrono::seconds(60)), host());
    };
}

wire::PrivilegeGain gain(const std::string &how)
{
    wire::PrivilegeGain gain;
    gain.oldEuid = 1000;
    gain.how = how;
    gain.filename = "/tmp/id";
    return gain;
}

wire::Login login(bool success, const std::string &user, const std::string &remote)
{
    wire::Login login;
    login.success = success;
    login.user = user;
    login.remote = remote;
    login.repeats = 1;
    return login;
}

wire::AgentNotice notice(wire::AgentNoticeKind kind, const std::string &what = "fold")
{
    wire::AgentNotice notice;
    notice.kind = kind;
    notice.what = what;
    return notice;
}

constexpr double mega = 1e6, kibi = 1024, mebi = kibi * kibi, gibi = kibi * mebi;
using wire::Metric;

/// Readings each 15 seconds for so many minutes: read(reading, minutes since the beginning).
template <typename Read> Script readings(double minutes, Read read)
{
    return [=](Stage &stage) {
        for (double at = 0; at <= minutes * 60; at += 15) {
            Reading reading;
            read(reading, at / 60);
            stage.samples(at, reading.take());
        }
    };
}

/// A working set in MiB by the minute; 0 as a limit is none.
template <typename Used> Script memoryUse(double minutes, double limit, Used used)
{
    return readings(minutes, [=](Reading &reading, double at) {
        reading.add(pod("a"), Metric::MemoryWorkingSetBytes, used(at) * mebi);
        if (limit > 0)
            reading.add(pod("a"), Metric::MemoryLimitBytes, limit * mebi);
    });
}

/// Of a pod whose other container sleeps, as the one does that only holds its name spaces.
template <typename Used> Script besideOneThatSleeps(double minutes, double limit, Used used)
{
    return readings(minutes, [=](Reading &reading, double at) {
        reading.add(pod("a", "pause"), Metric::MemoryWorkingSetBytes, mebi);
        reading.add(pod("a"), Metric::MemoryWorkingSetBytes, used(at) * mebi);
        if (limit > 0)
            reading.add(pod("a"), Metric::MemoryLimitBytes, limit * mebi);
    });
}

Script throttledBesideAnIdleOne()
{
    return readings(8, [=](Reading &reading, double at) {
        reading.add(pod("a", "idle"), Metric::CpuPeriods, at * 600).add(pod("a", "idle"), Metric::CpuThrottledPeriods, 0);
        reading.add(pod("a"), Metric::CpuPeriods, at * 600).add(pod("a"), Metric::CpuThrottledPeriods, at * 600 * 0.3);
    });
}

Script throttledFor(double minutes, double share)
{
    return readings(8, [=](Reading &reading, double at) {
        reading.add(pod("a"), Metric::CpuPeriods, at * 600);
        reading.add(pod("a"), Metric::CpuThrottledPeriods, std::min(at, minutes) * 600 * share);
    });
}

Script neighbours(int waiting, double shareOfOne)
{
    return readings(5, [=](Reading &reading, double at) {
        reading.add(host(), Metric::NodeCpuCount, 2).add(host(), Metric::CpuUsageNs, at * 60e9 * 1.8);
        reading.add(pod("loud"), Metric::CpuUsageNs, at * 60e9 * 2 * shareOfOne);
        for (int i = 0; i < waiting; ++i) {
            wire::Histogram waits;
            waits.kind = wire::HistogramKind::RunQueueLatency;
            Reading::count(waits, 40, static_cast<std::uint64_t>(at * 400));
            reading.add(pod("w" + std::to_string(i)), waits);
        }
    });
}

/// So many a minute that took `usual`, and after ten minutes, for `slowFor` minutes, `slow` milliseconds.
Script latencies(wire::HistogramKind kind, const std::string &label, double perMinute, double usual, double slow, double slowFor)
{
    return readings(10 + slowFor, [=](Reading &reading, double at) {
        wire::Histogram counts;
        counts.kind = kind;
        Reading::count(counts, usual, static_cast<std::uint64_t>(std::min(at, 10.0) * perMinute));
        Reading::count(counts, slow, static_cast<std::uint64_t>(std::max(at - 10, 0.0) * perMinute));
        reading.add(pod("a"), counts, label);
    });
}

/// Requests of a disk, 200 a minute of a millisecond, and after ten minutes besides two in half a minute that take 165 ms.
Script slowOnesNowAndThen(double minutes)
{
    return readings(10 + minutes, [](Reading &reading, double at) {
        wire::Histogram counts;
        counts.kind = wire::HistogramKind::BlockIoLatency;
        Reading::count(counts, 1, static_cast<std::uint64_t>(at * 200));
        Reading::count(counts, 165, static_cast<std::uint64_t>(std::max(at - 10, 0.0) * 4));
        reading.add(pod("a"), counts, "vda write");
    });
}

/// A counter that grows by so much a minute, and after ten minutes by another amount.
Script rates(Metric metric, double before, double after, double minutes)
{
    return readings(10 + minutes, [=](Reading &reading, double at) {
        reading.add(pod("a"), metric, std::min(at, 10.0) * before + std::max(at - 10, 0.0) * after, "eth0");
    });
}

/// Connections of which each sends so many segments again, for ten minutes, and then for two so many others.
Script losses(std::uint32_t before, std::uint32_t after, int perHalfMinute = 20)
{
    return [=](Stage &stage) {
        for (double at = 0; at < 720; at += 30) {
            stage.pass(at);
            for (int i = 0; i < perHalfMinute; ++i)
                stage.event(at + i, connection(TcpOutcome::Closed, at < 600 ? before : after));
        }
        stage.pass(720);
    };
}

template <typename Used> Script fileSystem(Used usedGib)
{
    return readings(12, [=](Reading &reading, double at) {
        reading.add(host(), Metric::FilesystemTotalBytes, 100 * gibi, "/")
            .add(host(), Metric::FilesystemUsedBytes, usedGib(at) * gibi, "/");
    });
}

/// A new image, and then some of its containers are back.
Script rollout(int restartsAfter, bool isNewImage)
{
    return [=](Stage &stage) {
        stage.event(0, written(false), pod("old"));
        for (int i = 0; i <= restartsAfter; ++i) {
            wire::Origin origin = pod("new", "c" + std::to_string(i));
            origin.image = isNewImage ? "web:2" : "web:1";
            stage.event(10 + i, written(false), origin);
        }
    };
}

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Play> ownPlays()
{
    const auto oom = [](int) { return wire::OomKill(); };
    const auto refused = [](int) { return connection(TcpOutcome::Refused); };
    const auto reset = [](int i) { return connection(i % 2 == 0 ? TcpOutcome::Reset : TcpOutcome::Closed); };
    const auto lossy = [](int) { return connection(TcpOutcome::Closed, 4); };
    const auto unanswered = [](int) { return question(wire::DnsOutcome::TimedOut); };
    const auto http = [](int every) { return [every](int i) { return request(i % every == 0 ? 503 : 200); }; };
    const auto file = [](int error) { return [error](int) { return fileFailure(error); }; };
    const auto logins = [](bool success) { return [success](int) { return login(success, "root", "192.0.2.7"); }; };
    return {
        {"oom-kill", "find", "one", times(1, 1, oom), 1},
        {"oom-kill", "find", "many of one pod are one", times(30, 1, oom), 1},
        {"oom-kill", "find", "of two pods", ofPods(2, 1, oom), 2},
        {"oom-kill", "quiet", "at the limit without a kill", times(30, 1, [](int) { return memory(3); })},
        {"oom-kill", "near", "killed by somebody, with the same signal", times(5, 1, [](int) { return ended(SIGKILL); })},
        {"oom-cascade", "find", "two pods of a node", ofPods(2, 60, oom), 1},
        {"oom-cascade", "quiet", "many kills in one pod", times(20, 1, oom)},
        {"oom-cascade", "near", "two pods, but apart", ofPods(2, 601, oom)},
        {"oom-cascade", "near", "two pods of two nodes",
         [](Stage &stage) {
             stage.event(0, wire::OomKill(), pod("a"), "n1");
             stage.event(1, wire::OomKill(), pod("b"), "n2");
         }},
        {"crash-loop", "find", "faults of its own", times(3, 60, [](int) { return ended(SIGSEGV); }), 1},
        {"crash-loop", "quiet", "ended on request", times(50, 1, [](int) { return ended(SIGTERM); })},
        {"crash-loop", "quiet", "jobs that fail", times(50, 1, [](int) { return ended(0, 1); })},
        {"crash-loop", "near", "two", times(2, 60, [](int) { return ended(SIGSEGV); })},
        {"crash-loop", "near", "three, but slowly", times(3, 901, [](int) { return ended(SIGSEGV); })},
        {"container-restarts", "find", "three", restarts(3, 60), 1},
        {"container-restarts", "quiet", "another pod each time", ofPods(10, 1, [](int) { return written(false); })},
        {"container-restarts", "near", "two", restarts(2, 60)},
        {"rollout-errors", "find", "two restarts of the new pod", rollout(2, true), 1},
        {"rollout-errors", "quiet", "a rollout that goes well", rollout(0, true)},
        {"rollout-errors", "near", "restarts without a rollout", rollout(3, false)},
        {"rollout-errors", "near", "one restart", rollout(1, true)},
        {"config-crash", "find", "a missing file, then a failing start",
         [](Stage &stage) {
             stage.event(0, fileFailure(ENOENT));
             stage.event(1, ended(0, 1));
         },
         1},
        {"config-crash", "quiet", "files that are missing while all goes well",
         [](Stage &stage) {
             for (int i = 0; i < 20; ++i) {
                 stage.event(2 * i, fileFailure(ENOENT));
                 stage.event(2 * i + 1, ended(0, 0));
             }
         }},
        {"config-crash", "near", "the failure came first",
         [](Stage &stage) {
             stage.event(0, ended(0, 1));
             stage.event(1, fileFailure(ENOENT));
         }},
        {"dns-failures", "find", "no answers", times(3, 5, unanswered), 1},
        {"dns-failures", "find", "the server fails", times(3, 5, [](int) { return question(wire::DnsOutcome::Answered, 2); }), 1},
        {"dns-failures", "quiet", "no such name, as search lists bring with them",
         times(50, 1, [](int) { return question(wire::DnsOutcome::Answered, 3); })},
        {"dns-failures", "near", "two", times(2, 5, unanswered)},
        {"dns-slow", "find", "most answers", times(40, 1, [](int i) { return answered(i % 4 == 0 ? 3 : 150); }), 1},
        {"dns-slow", "quiet", "answers as they should be", times(200, 0.5, [](int) { return answered(3); })},
        {"dns-slow", "near", "one in three", times(60, 1, [](int i) { return answered(i % 3 == 0 ? 150 : 3); })},
        {"dns-slow", "near", "all, but few", times(15, 1, [](int) { return answered(150); })},
        {"dns-slow", "near", "just quicker", times(60, 1, [](int) { return answered(99); })},
        {"dns-failures", "near", "three of three pods", ofPods(3, 5, unanswered)},
        {"dns-server", "find", "three pods", ofPods(3, 5, unanswered), 1},
        {"dns-server", "quiet", "answers", ofPods(20, 1, [](int) { return question(wire::DnsOutcome::Answered); })},
        {"dns-server", "near", "one pod, often", times(30, 1, unanswered)},
        {"refused-burst", "find", "five", times(5, 5, refused), 1},
        {"refused-burst", "quiet", "connections that go well", times(100, 0.1, [](int) { return connection(TcpOutcome::Closed); })},
        {"refused-burst", "near", "four", times(4, 5, refused)},
        {"refused-burst", "near", "given up, which is no refusal", times(20, 1, [](int) { return connection(TcpOutcome::Aborted); })},
        {"refused-burst", "near", "five at five destinations",
         times(5, 1, [](int i) { return connection(TcpOutcome::Refused, 0, static_cast<std::uint8_t>(10 + i)); })},
        {"reset-burst", "find", "half of them", times(40, 0.5, reset), 1},
        {"reset-burst", "quiet", "connections that go well", times(200, 0.1, [](int) { return connection(TcpOutcome::Closed); })},
        {"reset-burst", "near", "a small share of many",
         times(400, 0.1, [](int i) { return connection(i % 30 == 0 ? TcpOutcome::Reset : TcpOutcome::Closed); })},
        {"reset-burst", "near", "a small share of many that are told together",
         times(24, 2,
               [](int i) {
                   const bool isReset = i % 2 == 0;
                   auto one = connection(isReset ? TcpOutcome::Reset : TcpOutcome::Closed);
                   one.more = isReset ? 0 : 29;
                   return one;
               })},
        {"packet-loss", "find", "all", times(8, 2, lossy), 1},
        {"packet-loss", "quiet", "single retransmissions", times(100, 0.5, [](int) { return connection(TcpOutcome::Closed, 1); })},
        {"packet-loss", "near", "a small share",
         times(200, 0.5, [](int i) { return connection(TcpOutcome::Closed, i % 10 == 0 ? 5 : 0); })},
        {"packet-loss", "find", "two each, of which there were none", losses(0, 2), 1},
        {"packet-loss", "near", "two each, as ever", losses(2, 2)},
        {"packet-loss", "near", "one each, of which there were none, of ten", losses(0, 1, 5)},
        {"unreachable", "find", "three destinations",
         times(3, 30, [](int i) { return connection(TcpOutcome::TimedOut, 0, static_cast<std::uint8_t>(10 + i)); }), 1},
        {"unreachable", "quiet", "given up without an answer",
         times(30, 1, [](int i) { return connection(TcpOutcome::Aborted, 0, static_cast<std::uint8_t>(10 + i)); })},
        {"unreachable", "near", "one destination, often", times(30, 1, [](int) { return connection(TcpOutcome::TimedOut); })},
        {"http-errors", "find", "one in ten", times(100, 0.5, http(10)), 1},
        {"http-errors", "quiet", "what clients asked wrongly", times(100, 0.5, [](int) { return request(404); })},
        {"http-errors", "near", "one in forty", times(400, 0.5, http(40))},
        {"http-errors", "near", "all, but few", times(5, 1, http(1))},
        {"disk-full", "find", "no space", times(1, 1, file(ENOSPC)), 1},
        {"disk-full", "quiet", "missing files", times(50, 1, file(ENOENT))},
        {"disk-full", "near", "a failing disk", times(5, 1, file(EIO))},
        {"descriptors", "find", "all are used", times(1, 1, file(EMFILE)), 1},
        {"descriptors", "quiet", "missing files", times(50, 1, file(ENOENT))},
        {"descriptors", "near", "no space", times(5, 1, file(ENOSPC))},
        {"memory-limit", "find", "again and again", times(5, 10, [](int) { return memory(3); }), 1},
        {"memory-limit", "quiet", "held back by memory.high", times(50, 1, [](int) { return memory(0); })},
        {"memory-limit", "near", "four", times(4, 10, [](int) { return memory(3); })},
        {"memory-limit", "near", "a limit that is full of files", times(50, 10, [](int) { return memory(3, 11); })},
        {"memory-limit", "find", "nearly no files in it", times(5, 10, [](int) { return memory(3, 10); }), 1},
        {"memory-pressure", "find", "a stall", times(1, 1, [](int) { return stall(wire::PressureResource::Memory, false); }), 1},
        {"memory-pressure", "quiet", "of something else", times(9, 1, [](int) { return stall(wire::PressureResource::Cpu, false); })},
        {"memory-pressure", "near", "an end without a beginning",
         times(3, 1, [](int) { return stall(wire::PressureResource::Memory, true); })},
        {"disk-pressure", "find", "a stall", times(1, 1, [](int) { return stall(wire::PressureResource::Io, false); }), 1},
        {"disk-pressure", "quiet", "of something else", times(9, 1, [](int) { return stall(wire::PressureResource::Memory, false); })},
        {"disk-pressure", "near", "an end without a beginning", times(3, 1, [](int) { return stall(wire::PressureResource::Io, true); })},
        {"disk-pressure", "near", "the whole machine, for seconds", wholeMachine(wire::PressureResource::Io, 1)},
        {"disk-pressure", "find", "the whole machine, for minutes", wholeMachine(wire::PressureResource::Io, 3), 1},
        {"cpu-pressure", "near", "the whole machine, for as long as a build", wholeMachine(wire::PressureResource::Cpu, 14)},
        {"cpu-pressure", "find", "the whole machine, for longer", wholeMachine(wire::PressureResource::Cpu, 17), 1},
        {"cpu-pressure", "find", "a stall that goes on",
         times(3, 60, [](int i) { return stall(wire::PressureResource::Cpu, false, i * std::chrono::seconds(60)); }), 1},
        {"cpu-pressure", "quiet", "of something else", times(9, 1, [](int) { return stall(wire::PressureResource::Io, false); })},
        {"cpu-pressure", "near", "an end without a beginning", times(3, 1, [](int) { return stall(wire::PressureResource::Cpu, true); })},
        {"cpu-pressure", "near", "moments, each over before a minute",
         times(8, 30, [](int i) { return stall(wire::PressureResource::Cpu, i % 2 == 1, i % 2 * std::chrono::seconds(29)); })},
        {"privilege-gain", "find", "by a program", times(3, 1, [](int) { return gain("exec"); }), 1},
        {"privilege-gain", "quiet", "programs that are as they were", times(50, 1, [](int) { return written(false); })},
        {"privilege-gain", "near", "the host's own",
         [](Stage &stage) {
             for (int i = 0; i < 5; ++i)
                 stage.event(i, gain("exec"), host());
         }},
        {"written-program", "find", "one", times(2, 1, [](int) { return written(true); }), 1},
        {"written-program", "quiet", "the image's", times(50, 1, [](int) { return written(false); })},
        {"written-program", "near", "on the host", [](Stage &stage) { stage.event(0, written(true), host()); }},
        {"kernel-module", "find", "one",
         times(1, 1,
               [](int) {
                   return wire::ModuleLoad{"wireguard", 0};
               }),
         1},
        {"kernel-module", "quiet", "mounts", times(20, 1, [](int) { return wire::Mount(); })},
        {"kernel-module", "near", "programs that might load one", times(5, 1, [](int) { return written(false); })},
        {"brute-force-address", "find", "five", times(5, 10, logins(false)), 1},
        {"brute-force-address", "quiet", "logins", times(50, 1, logins(true))},
        {"brute-force-address", "near", "four", times(4, 10, logins(false))},
        {"brute-force-address", "near", "of five addresses",
         times(5, 1, [](int i) { return login(false, "root", "192.0.2." + std::to_string(i)); })},
        {"brute-force-account", "find", "from anywhere",
         times(5, 1, [](int i) { return login(false, "root", "192.0.2." + std::to_string(i)); }), 1},
        {"brute-force-account", "quiet", "logins", times(50, 1, logins(true))},
        {"brute-force-account", "near", "of five accounts",
         times(5, 1, [](int i) { return login(false, "user" + std::to_string(i), "192.0.2.7"); })},
        {"oom-forecast", "find", "grows", memoryUse(8, 512, [](double at) { return 380 + 12 * at; }), 1},
        {"oom-forecast", "find", "beside one that sleeps", besideOneThatSleeps(8, 512, [](double at) { return 380 + 12 * at; }), 1},
        {"oom-forecast", "quiet", "is large", memoryUse(20, 512, [](double) { return 480.0; })},
        {"oom-forecast", "near", "no limit is known", memoryUse(8, 0, [](double at) { return 380 + 12 * at; })},
        {"oom-forecast", "near", "half is free", memoryUse(8, 512, [](double at) { return 130 + 12 * at; })},
        {"oom-forecast", "near", "it takes hours", memoryUse(8, 512, [](double at) { return 380 + at; })},
        {"oom-forecast", "near", "four minutes only", memoryUse(4, 512, [](double at) { return 380 + 12 * at; })},
        {"memory-leak", "find", "fast", memoryUse(20, 0, [](double at) { return 100 + 2 * at; }), 1},
        {"memory-leak", "find", "beside one that sleeps", besideOneThatSleeps(20, 0, [](double at) { return 100 + 2 * at; }), 1},
        {"memory-leak", "find", "slowly", memoryUse(180, 0, [](double at) { return 100 + 0.1 * at; }), 1},
        {"memory-leak", "quiet", "as before", memoryUse(30, 0, [](double at) { return 100 + 3 * std::sin(at * 7); })},
        {"memory-leak", "near", "is given back", memoryUse(30, 0, [](double at) { return 100 + 20 * std::fmod(at, 5); })},
        {"memory-leak", "near", "ten minutes only", memoryUse(10, 0, [](double at) { return 100 + 2 * at; })},
        {"memory-leak", "near", "a step", memoryUse(30, 0, [](double at) { return at < 5 ? 100.0 : 160.0; })},
        {"cpu-throttling", "find", "a fifth", throttledFor(8, 0.2), 1},
        {"cpu-throttling", "find", "beside an idle one", throttledBesideAnIdleOne(), 1},
        {"cpu-throttling", "quiet", "never", throttledFor(8, 0)},
        {"cpu-throttling", "near", "a tenth", throttledFor(8, 0.1)},
        {"cpu-throttling", "near", "for two minutes", throttledFor(2, 0.5)},
        {"noisy-neighbour", "find", "three wait", neighbours(3, 0.7), 1},
        {"noisy-neighbour", "quiet", "nobody waits", neighbours(0, 0.7)},
        {"noisy-neighbour", "near", "two wait", neighbours(2, 0.7)},
        {"noisy-neighbour", "near", "nobody dominates", neighbours(4, 0.3)},
        {"disk-latency", "find", "became slow", latencies(wire::HistogramKind::BlockIoLatency, "vda write", 200, 1, 60, 3), 1},
        {"disk-latency", "find", "was always", latencies(wire::HistogramKind::BlockIoLatency, "vda write", 200, 140, 140, 3), 1},
        {"disk-latency", "quiet", "as before", latencies(wire::HistogramKind::BlockIoLatency, "vda write", 200, 1, 1, 10)},
        {"disk-latency", "near", "for a minute", latencies(wire::HistogramKind::BlockIoLatency, "vda write", 200, 1, 60, 1)},
        {"disk-latency", "near", "a few", latencies(wire::HistogramKind::BlockIoLatency, "vda write", 20, 1, 60, 5)},
        {"disk-latency", "near", "a slow one now and then, and nobody waits", slowOnesNowAndThen(10)},
        {"disk-latency", "near", "flushes", latencies(wire::HistogramKind::BlockIoLatency, "vda flush", 200, 1, 60, 5)},
        {"unusual-egress", "find", "hundredfold", rates(Metric::NetTxBytes, 6 * mega, 600 * mega, 3), 1},
        {"unusual-egress", "quiet", "as before", rates(Metric::NetTxBytes, 600 * mega, 600 * mega, 10)},
        {"unusual-egress", "near", "fivefold", rates(Metric::NetTxBytes, 100 * mega, 500 * mega, 5)},
        {"unusual-egress", "near", "of very little", rates(Metric::NetTxBytes, 60e3, 6 * mega, 5)},
        {"unusual-egress", "near", "for a minute", rates(Metric::NetTxBytes, 6 * mega, 600 * mega, 1)},
        {"retransmissions", "find", "where there were none", rates(Metric::TcpRetransmits, 0, 300, 3), 1},
        {"retransmissions", "quiet", "none", rates(Metric::TcpRetransmits, 0, 0, 10)},
        {"retransmissions", "near", "as always", rates(Metric::TcpRetransmits, 300, 300, 10)},
        {"retransmissions", "near", "below the floor", rates(Metric::TcpRetransmits, 2, 40, 10)},
        {"filesystem-forecast", "find", "grows", fileSystem([](double at) { return 84 + 0.3 * at; }), 1},
        {"filesystem-forecast", "quiet", "is nearly full", fileSystem([](double) { return 97.0; })},
        {"filesystem-forecast", "near", "half is free", fileSystem([](double at) { return 50 + at; })},
        {"filesystem-forecast", "near", "it takes days", fileSystem([](double at) { return 84 + 0.003 * at; })},
        {"slow-service", "find", "became slow", latencies(wire::HistogramKind::HttpLatency, "server 2xx", 100, 10, 400, 2), 1},
        {"slow-service", "quiet", "as before", latencies(wire::HistogramKind::HttpLatency, "server 2xx", 100, 10, 10, 10)},
        {"slow-service", "near", "always slow", latencies(wire::HistogramKind::HttpLatency, "server 2xx", 100, 400, 400, 5)},
        {"slow-service", "near", "as a client", latencies(wire::HistogramKind::HttpLatency, "client 2xx", 100, 10, 400, 5)},
        {"slow-service", "near", "a few", latencies(wire::HistogramKind::HttpLatency, "server 2xx", 20, 10, 400, 5)},
        {"event-loss", "find", "a collector is thinned", times(1, 1, [](int) { return notice(wire::AgentNoticeKind::ShedBegin); }), 1},
        {"event-loss", "find", "the spool is full", times(1, 1, [](int) { return notice(wire::AgentNoticeKind::SpoolDropped, "spool"); }),
         1},
        {"event-loss", "near", "arguments are left out, and no event",
         times(3, 1, [](int) { return notice(wire::AgentNoticeKind::ShedBegin, "detail"); })},
        {"event-loss", "quiet", "a configuration is applied",
         times(5, 1, [](int) { return notice(wire::AgentNoticeKind::ConfigApplied); })},
        {"event-loss", "near", "an end without a beginning", times(3, 1, [](int) { return notice(wire::AgentNoticeKind::ShedEnd); })},
    };
}

std::vector<Play> plays()
{
    std::vector<Play> all = ownPlays();
    for (Play &play : kubernetesPlays())
        all.push_back(std::move(play));
    return all;
}

} // namespace

class tst_Rules : public QObject {
    Q_OBJECT

private slots:
    void allAreUnderstood();
    void shippedOnes_areTheSame();
    void plays_data();
    void plays();
    void oomKill_isOfTheVictim();
    void oomKill_withARestart_isOneChain();
    void bruteForce_withASuccess_isCritical();
    void refusal_withASuccess_countsLess();
    void pressure_resolvesWithItsEnd();
    void everyRule_isPlayedThreeWays();
};

void tst_Rules::allAreUnderstood()
{
    const LoadedRules loaded = loadRules(TAPIO_RULES);
    for (const RuleProblem &problem : loaded.problems)
        qWarning("%s", toString(problem).c_str());
    QVERIFY(loaded.problems.empty());
    QVERIFY(loaded.rules.size() >= 20);
    for (const Rule &rule : loaded.rules)
        QCOMPARE(rule.file, std::string(TAPIO_RULES "/") + rule.id + ".toml");
}

void tst_Rules::shippedOnes_areTheSame()
{
    const LoadedRules shipped = shippedRules(), read = loadRules(TAPIO_RULES);
    QVERIFY(shipped.problems.empty());
    QCOMPARE(shipped.rules.size(), read.rules.size());
    for (std::size_t i = 0; i < read.rules.size(); ++i) {
        QCOMPARE(shipped.rules[i].id, read.rules[i].id);
        QCOMPARE(shipped.rules[i].digest, read.rules[i].digest);
    }
}

void tst_Rules::plays_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const Play &play : ::plays())
        QTest::addRow("%s, %s: %s", play.rule, play.kind, play.name) << index++;
}

void tst_Rules::plays()
{
    QFETCH(int, index);
    const Play play = ::plays()[static_cast<std::size_t>(index)];
    Stage stage(ofScope(loadRules(TAPIO_RULES), RuleScope::Node).rules);
    play.script(stage);
    QCOMPARE(static_cast<int>(stage.opened(play.rule)), play.opened);
    QCOMPARE(play.opened > 0, play.kind == std::string("find"));
    for (const Finding &finding : stage.found) {
        QVERIFY(!finding.insight.evidence.empty()); // no insight without evidence
        QVERIFY(finding.insight.text.find('{') == std::string::npos);
    }
}

/// The event is the victim's, whoever's allocation it was.
void tst_Rules::oomKill_isOfTheVictim()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    wire::OomKill kill;
    kill.triggerPid = 1;
    kill.triggerComm = "neighbour";
    stage.event(0, kill, pod("victim"));
    QCOMPARE(stage.of("oom-kill", wire::InsightState::Open).at(0).insight.root, std::string("shop/victim"));
}

void tst_Rules::oomKill_withARestart_isOneChain()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.event(0, memory(3), pod("a", "c1"));
    stage.event(1, wire::OomKill(), pod("a", "c1"));
    stage.event(20, written(false), pod("a", "c2"));
    const auto updated = stage.of("oom-kill", wire::InsightState::Updated);
    QCOMPARE(updated.size(), std::size_t(1));
    QCOMPARE(updated[0].insight.evidence.size(), std::size_t(3));
    QVERIFY(updated[0].insight.score > stage.of("oom-kill", wire::InsightState::Open).at(0).insight.score);
}

void tst_Rules::bruteForce_withASuccess_isCritical()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    for (int i = 0; i < 6; ++i)
        stage.event(i, login(false, "root", "192.0.2.7"), host());
    stage.event(7, login(true, "root", "192.0.2.7"), host());
    const auto updated = stage.of("brute-force-address", wire::InsightState::Updated);
    QCOMPARE(updated.size(), std::size_t(1));
    QCOMPARE(updated[0].severity, wire::Severity::Critical);
}

void tst_Rules::refusal_withASuccess_countsLess()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    for (int i = 0; i < 5; ++i)
        stage.event(i, connection(TcpOutcome::Refused));
    const int before = stage.found.at(0).insight.score;
    stage.event(6, connection(TcpOutcome::Closed));
    QVERIFY(stage.found.back().insight.score < before);
    QCOMPARE(stage.found.back().insight.contradicting.size(), std::size_t(1));
}

void tst_Rules::pressure_resolvesWithItsEnd()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.event(0, stall(wire::PressureResource::Memory, false));
    stage.event(20, stall(wire::PressureResource::Memory, true));
    QCOMPARE(stage.of("memory-pressure", wire::InsightState::Resolved).size(), std::size_t(1));
}

void tst_Rules::everyRule_isPlayedThreeWays()
{
    std::map<std::string, std::set<std::string>> kinds;
    for (const Play &play : ::plays())
        kinds[play.rule].insert(play.kind);
    for (const Rule &rule : ofScope(loadRules(TAPIO_RULES), RuleScope::Node).rules) // the others: tst_clusterrules
        QVERIFY2(kinds[rule.id] == (std::set<std::string>{"find", "near", "quiet"}), rule.id.c_str());
}

QTEST_GUILESS_MAIN(tst_Rules)
#include "tst_rules.moc"

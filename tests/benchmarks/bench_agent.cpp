// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent costs (the real program, real kernel events) and how much its user-space half can carry (synthetic
// records through pipeline, publisher and TLS into a fan-in).
#include <csignal>
#include <iostream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/null_sink.h>

#include "agent/agent.h"
#include "tests/benchmarks/support/process.h"
#include "tests/benchmarks/support/realevents.h"
#include "tests/benchmarks/support/sinkserver.h"
#include "tests/benchmarks/support/spoolrate.h"

using namespace tapio;
using namespace tapio::bench;
using namespace std::chrono_literals;

namespace {

const SystemClock systemClock;

void pauseFor(std::chrono::nanoseconds duration) { std::this_thread::sleep_until(std::chrono::steady_clock::now() + duration); }

struct Cost {
    double corePercent = 0;
    std::uint64_t rssKib = 0;
    double eventsPerSecond = 0; ///< as processed by the server
};

template <typename Work> Cost measure(pid_t pid, const SinkServer &server, Work work)
{
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t cpuBefore = cpuNs(pid);
    const std::uint64_t before = server.processed();
    work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return {static_cast<double>(cpuNs(pid) - cpuBefore) / 1e9 / seconds * 100, statusKib(pid, "VmRSS"),
            static_cast<double>(server.processed() - before) / seconds};
}

nlohmann::json costOfTheProgram(const std::string &program, double rate, std::chrono::seconds seconds)
{
    SinkServer server(systemClock);
    const pid_t pid = spawn(agentCommand(program, server.port(), server.pki().node(), server.pki().path().toStdString()));
    pauseFor(3s);
    const std::uint64_t peak = statusKib(pid, "VmHWM");
    const Cost idle = measure(pid, server, [&] { pauseFor(seconds); });
    std::uint64_t made = 0;
    const Cost busy = measure(pid, server, [&] { made = makeEvents(rate, seconds); });
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
    const auto shown = [](const Cost &cost) {
        return nlohmann::json{{"corePercent", cost.corePercent}, {"rssKib", cost.rssKib}, {"eventsPerSecond", cost.eventsPerSecond}};
    };
    return {{"startPeakRssKib", peak},
            {"idle", shown(idle)},
            {"busy", shown(busy)},
            {"madePerSecond", static_cast<double>(made) / static_cast<double>(seconds.count())}};
}

/// Waits instead of dropping, so that what is measured is what can be sustained.
class PatientOutlet final : public agent::Outlet {
public:
    explicit PatientOutlet(agent::Publisher &publisher) : m_publisher(publisher) {}
    bool push(agent::Outgoing &&outgoing) override
    {
        m_pushed += outgoing.sources.size();
        while (m_pushed > m_publisher.status().ackedEvents + mostUnacknowledged || !m_publisher.push(std::move(outgoing)))
            pauseFor(100us);
        return true;
    }

private:
    static constexpr std::uint64_t mostUnacknowledged = 24'576; // 4 MiB of a ring of 8
    agent::Publisher &m_publisher;
    std::uint64_t m_pushed = 0;
};

agent::KernelRecord record(std::uint64_t number, std::uint64_t nowBootNs)
{
    agent::KernelRecord record;
    record.cgroupId = 1;
    record.bootNs = nowBootNs - 1'000'000;
    record.drainedBootNs = nowBootNs;
    record.event.process = {static_cast<std::uint32_t>(1000 + number % 30'000), 1000, record.bootNs, "curl"};
    if (number % 2 == 0) {
        record.source = "process";
        record.event.type = wire::EventType::ProcessExec;
        record.event.detail = wire::ProcessExec{1000, "bash", "/usr/bin/curl", {"curl", "-s", "http://10.0.0.1/healthz"}, false};
    } else {
        record.source = "tcp";
        record.event.type = wire::EventType::TcpConnection;
        wire::TcpConnection connection;
        connection.outcome = wire::TcpOutcome::Closed;
        connection.durationNs = 1'234'567;
        connection.bytesSent = number;
        record.event.detail = connection;
    }
    return record;
}

nlohmann::json maximumRate(std::chrono::seconds seconds)
{
    SinkServer server(systemClock);
    spdlog::logger log("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    agent::PublisherOptions options;
    options.endpoint.port = server.port();
    options.endpoint.tls = server.pki().node();
    options.session.node = "node-1";
    options.session.streamId = 4711;
    agent::Publisher publisher(options, systemClock, log);
    if (const auto status = publisher.start(); !status)
        throw std::runtime_error(status.error().message());
    agent::CgroupInventory inventory("/sys/fs/cgroup", 1024);
    agent::OriginResolver resolver({}, inventory, systemClock);
    const agent::BootTime bootTime(systemClock);
    PatientOutlet outlet(publisher);
    agent::Pipeline pipeline("node-1", {}, resolver, bootTime, systemClock, outlet);
    while (publisher.status().sessions == 0)
        pauseFor(5ms);

    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t cpuBefore = cpuNs(getpid());
    std::uint64_t made = 0;
    while (std::chrono::steady_clock::now() - begin < seconds) {
        const auto now = static_cast<std::uint64_t>(systemClock.bootNs());
        for (int i = 0; i < 64; ++i)
            pipeline.onRecord(record(made++, now));
    }
    pipeline.flush();
    while (server.processed() + publisher.status().droppedEvents < made)
        pauseFor(1ms);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double perEvent = static_cast<double>(cpuNs(getpid()) - cpuBefore) / static_cast<double>(made);
    const agent::SessionStatus last = publisher.finish({wire::CounterReport{}, {}}, 2000ms);
    return {{"eventsPerSecond", static_cast<double>(made) / took},
            {"cpuNsPerEvent", perEvent},
            {"bytesPerEvent", static_cast<double>(last.sentBytes) / static_cast<double>(made)},
            {"dropped", last.droppedEvents}};
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("The agent's cost and capacity");
    std::string program = TAPIO_AGENT_PROGRAM;
    int seconds = 20;
    double rate = 1000;
    bool json = false;
    std::string spool;
    app.add_option("--spool", spool, "a new folder on the disk to measure: how fast the spool writes and reads there");
    app.add_option("--program", program, "the tapio-agent to measure; empty = only the maximum rate");
    app.add_option("--seconds", seconds, "of each part");
    app.add_option("--rate", rate, "events per second of the busy part");
    app.add_flag("--json", json);
    CLI11_PARSE(app, argc, argv);
    nlohmann::json result;
    if (!program.empty())
        result["program"] = costOfTheProgram(program, rate, std::chrono::seconds(seconds));
    constexpr std::size_t spoolFrames = 20'000;
    constexpr std::size_t spoolFrameBytes = 12'000;
    if (!spool.empty())
        result["spool"] = spoolRate(spool, spoolFrames, spoolFrameBytes);
    result["maximum"] = maximumRate(std::chrono::seconds(seconds));
    std::cout << result.dump(json ? -1 : 2) << '\n';
    return 0;
}

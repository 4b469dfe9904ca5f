// SPDX-License-Identifier: GPL-3.0-or-later
// What the whole chain carries, and how long an event takes through it: a process of its own with the agent's pipeline, publisher
// and TLS, and this process with what the console has: fan-in, store and figures. Only the kernel's records are made up here.
// The time of an event is when its record was made; the panel "Event processing latency" says when it was finished.
#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/null_sink.h>

#include "agent/agent.h"
#include "console/core/session/session.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace std::chrono_literals;

namespace {

const SystemClock systemClock;

/// A frame ring that is full refuses: at the maximum rate the maker waits, at a given rate the refusal is a loss and counted.
class Outlet final : public agent::Outlet {
public:
    Outlet(agent::Publisher &publisher, bool waits) : m_publisher(publisher), m_waits(waits) {}
    bool push(agent::Outgoing &&outgoing) override
    {
        m_pushed += outgoing.sources.size();
        while (m_waits && m_pushed > m_publisher.status().ackedEvents + mostUnacknowledged)
            std::this_thread::sleep_for(100us);
        return m_publisher.push(std::move(outgoing));
    }

private:
    static constexpr std::uint64_t mostUnacknowledged = 32'768;
    agent::Publisher &m_publisher;
    const bool m_waits;
    std::uint64_t m_pushed = 0;
};

agent::KernelRecord record(std::uint64_t number)
{
    const auto now = static_cast<std::uint64_t>(systemClock.bootNs());
    agent::KernelRecord record;
    record.cgroupId = 1;
    record.bootNs = now;
    record.drainedBootNs = now;
    record.event.process = {static_cast<std::uint32_t>(1000 + number % 30'000), 1000, now, "curl"};
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

struct AgentArguments {
    std::uint16_t port = 0;
    transport::TlsFiles tls;
    double rate = 0;
    int seconds = 10;
};

/// The child: makes records at the rate (0 = as fast as they are acknowledged) and prints what became of them.
int runAgent(const AgentArguments &arguments)
{
    spdlog::logger log("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    agent::PublisherOptions options;
    options.endpoint.port = arguments.port;
    options.endpoint.tls = arguments.tls;
    options.session.node = "node-1";
    options.session.streamId = static_cast<std::uint64_t>(systemClock.utcNs());
    agent::Publisher publisher(options, systemClock, log);
    if (const auto status = publisher.start(); !status) {
        std::cerr << status.error().message() << '\n';
        return 1;
    }
    agent::CgroupInventory inventory("/sys/fs/cgroup", 1024);
    agent::OriginResolver resolver({}, inventory, systemClock);
    const agent::BootTime bootTime(systemClock);
    Outlet outlet(publisher, arguments.rate <= 0);
    agent::Pipeline pipeline("node-1", {}, resolver, bootTime, systemClock, outlet);
    while (publisher.status().sessions == 0)
        std::this_thread::sleep_for(5ms);
    const auto begin = std::chrono::steady_clock::now();
    const auto end = begin + std::chrono::seconds(arguments.seconds);
    std::uint64_t made = 0;
    while (std::chrono::steady_clock::now() < end) {
        const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const std::uint64_t due = arguments.rate > 0 ? static_cast<std::uint64_t>(elapsed * arguments.rate) : made + 64;
        while (made < due)
            pipeline.onRecord(record(made++));
        pipeline.tick();
        if (arguments.rate > 0)
            std::this_thread::sleep_for(2ms);
    }
    pipeline.flush();
    for (int i = 0; i < 5000 && publisher.status().ackedEvents + publisher.status().droppedEvents < made; ++i)
        std::this_thread::sleep_for(1ms);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const agent::SessionStatus last = publisher.finish({wire::CounterReport{}, {}}, 2000ms);
    timespec cpu{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    std::cout << nlohmann::json{{"made", made},
                                {"acknowledged", last.ackedEvents},
                                {"dropped", last.droppedEvents},
                                {"seconds", took},
                                {"agentCpuSeconds", static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9}}
                     .dump()
              << '\n';
    return 0;
}

nlohmann::json latency(const console::PanelSnapshot &panel)
{
    nlohmann::json shown = nlohmann::json::object();
    if (panel.value)
        shown[panel.value->key] = panel.value->value / 1e6;
    for (const console::Fact &fact : panel.facts)
        if (fact.unit == console::Unit::Nanoseconds)
            shown[fact.key] = fact.value / 1e6;
    return shown;
}

nlohmann::json measure(double rate, int seconds, const QString &folder)
{
    test::TestPki pki;
    QTemporaryDir data(folder + "/tapio-bench-XXXXXX");
    console::SessionOptions options;
    options.embedded.emplace();
    options.embedded->endpoint.tls = pki.server();
    options.embedded->acknowledgeBySink = true;
    options.store.file = data.filePath("store.tapio").toStdString();
    auto session = console::Session::open(options, systemClock);
    if (!session)
        throw std::runtime_error(session.error().message());
    const auto tls = pki.node();
    QProcess agent;
    const auto text = [](const std::filesystem::path &path) { return QString::fromStdString(path.native()); };
    agent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    agent.start(QCoreApplication::applicationFilePath(),
                {"--agent", "--port", (*session)->link().endpoint.section(':', -1), "--rate", QString::number(rate), "--seconds",
                 QString::number(seconds), "--ca", text(tls.ca), "--cert", text(tls.certificate), "--key", text(tls.key)});
    nlohmann::json latencies;
    timespec before{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    // The latency of the middle of the run: the last reading while the agent still made events.
    QObject::connect(session->get(), &console::Session::overviewChanged, session->get(), [&] {
        latencies = latency((*session)->overview().panels[static_cast<std::size_t>(console::PanelId::ProcessingLatency)]);
    });
    QEventLoop loop;
    QObject::connect(&agent, &QProcess::finished, &loop, &QEventLoop::quit);
    QTimer::singleShot((seconds + 30) * 1000, &loop, &QEventLoop::quit);
    loop.exec();
    timespec after{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    nlohmann::json result = nlohmann::json::parse(agent.readAllStandardOutput().toStdString(), nullptr, false);
    if (result.is_discarded())
        throw std::runtime_error("the agent's process gave no result");
    result["rate"] = rate;
    result["acknowledgedPerSecond"] = result["acknowledged"].get<double>() / result["seconds"].get<double>();
    result["consoleCpuSeconds"] = static_cast<double>(after.tv_sec - before.tv_sec) + static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
    result["latencyMs"] = latencies;
    return result;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    CLI::App app("Events per second and latency from kernel record to the console's store");
    std::vector<double> rates{1000, 10'000, 100'000, 0};
    AgentArguments agentArguments;
    std::string folder = "/tmp";
    bool json = false;
    bool asAgent = false;
    app.add_option("--rate", rates, "events per second, several; 0 = as many as are acknowledged");
    app.add_option("--seconds", agentArguments.seconds, "of each rate");
    app.add_option("--folder", folder, "where the store's file goes");
    app.add_flag("--json", json);
    app.add_flag("--agent", asAgent)->group("");
    app.add_option("--port", agentArguments.port)->group("");
    app.add_option("--ca", agentArguments.tls.ca)->group("");
    app.add_option("--cert", agentArguments.tls.certificate)->group("");
    app.add_option("--key", agentArguments.tls.key)->group("");
    CLI11_PARSE(app, argc, argv);
    if (asAgent) {
        agentArguments.rate = rates.front();
        return runAgent(agentArguments);
    }
    nlohmann::json results = nlohmann::json::array();
    for (const double rate : rates)
        results.push_back(measure(rate, agentArguments.seconds, QString::fromStdString(folder)));
    std::cout << results.dump(json ? -1 : 2) << '\n';
    return 0;
}

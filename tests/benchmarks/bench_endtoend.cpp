// SPDX-License-Identifier: GPL-3.0-or-later
// What the whole chain carries, and how long an event takes through it: a process of its own with the agent's pipeline, publisher
// and TLS, and this process with what the console has: fan-in, store and figures. Two kinds of run:
//  - "from the kernel": tapio-agent itself, and programs and connections that really run here, at what rate the machine can make
//    them; the time of an event is the kernel's.
//  - "from the drain": the kernel's records are made up, since no machine of this size makes 100 k real events/s beside the rest;
//    the time of an event is when its record was made, as if it was drained at once.
// The panel "Event processing latency" says when an event was finished.
#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <csignal>
#include <iostream>
#include <thread>

#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/null_sink.h>

#include "agent/agent.h"
#include "console/core/session/session.h"
#include "tests/benchmarks/support/process.h"
#include "tests/benchmarks/support/realevents.h"
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

/// What the console has: fan-in, store and figures, in this process.
class Console {
public:
    explicit Console(const QString &folder) : m_data(folder + "/tapio-bench-XXXXXX")
    {
        console::SessionOptions options;
        options.embedded.emplace();
        options.embedded->endpoint.tls = m_pki.server();
        options.embedded->acknowledgeBySink = true;
        options.store.file = m_data.filePath("store.tapio").toStdString();
        auto opened = console::Session::open(options, systemClock);
        if (!opened)
            throw std::runtime_error(opened.error().message());
        m_session = std::move(*opened);
        m_cpuBeforeNs = cpuOfThisProcess();
        // The latency of the middle of the run: the last reading while events were still made.
        QObject::connect(m_session.get(), &console::Session::overviewChanged, m_session.get(), [this] {
            if (!m_done)
                m_latencies = latency(m_session->overview().panels[static_cast<std::size_t>(console::PanelId::ProcessingLatency)]);
        });
    }

    std::uint16_t port() const { return static_cast<std::uint16_t>((m_session->link().endpoint.section(':', -1)).toUInt()); }
    transport::TlsFiles agentTls() { return m_pki.node(); }
    std::string folder() const { return m_data.path().toStdString(); }
    void stopReading() { m_done = true; }
    nlohmann::json result() const
    {
        return {{"consoleCpuSeconds", static_cast<double>(cpuOfThisProcess() - m_cpuBeforeNs) / 1e9}, {"latencyMs", m_latencies}};
    }

private:
    static std::int64_t cpuOfThisProcess()
    {
        timespec time{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return time.tv_sec * nsPerSecond + time.tv_nsec;
    }

    test::TestPki m_pki;
    QTemporaryDir m_data;
    std::unique_ptr<console::Session> m_session;
    std::int64_t m_cpuBeforeNs = 0;
    nlohmann::json m_latencies;
    bool m_done = false;
};

nlohmann::json fromTheDrain(double rate, int seconds, const QString &folder)
{
    Console console(folder);
    const auto tls = console.agentTls();
    QProcess agent;
    const auto text = [](const std::filesystem::path &path) { return QString::fromStdString(path.native()); };
    agent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    agent.start(QCoreApplication::applicationFilePath(),
                {"--agent", "--port", QString::number(console.port()), "--rate", QString::number(rate), "--seconds",
                 QString::number(seconds), "--ca", text(tls.ca), "--cert", text(tls.certificate), "--key", text(tls.key)});
    QEventLoop loop;
    QObject::connect(&agent, &QProcess::finished, &loop, &QEventLoop::quit);
    QTimer::singleShot((seconds + 30) * 1000, &loop, &QEventLoop::quit);
    loop.exec();
    nlohmann::json result = nlohmann::json::parse(agent.readAllStandardOutput().toStdString(), nullptr, false);
    if (result.is_discarded())
        throw std::runtime_error("the agent's process gave no result");
    result["events"] = "from the drain";
    result["rate"] = rate;
    result["acknowledgedPerSecond"] = result["acknowledged"].get<double>() / result["seconds"].get<double>();
    result.update(console.result());
    return result;
}

nlohmann::json fromTheKernel(double rate, int seconds, const QString &folder, const std::string &program)
{
    Console console(folder);
    const pid_t agent = bench::spawn(bench::agentCommand(program, console.port(), console.agentTls(), console.folder()));
    QEventLoop loop;
    QTimer::singleShot(3000, &loop, &QEventLoop::quit); // until the programs are loaded
    loop.exec();
    const std::uint64_t cpuBefore = bench::cpuNs(agent);
    std::uint64_t made = 0;
    // Above a few thousand a second most must be connections: running a program takes a hundred times as long.
    std::thread maker([&] { made = bench::makeEvents(rate, std::chrono::seconds(seconds), rate > 2000 ? 5 : 60); });
    QTimer::singleShot(seconds * 1000, &loop, &QEventLoop::quit);
    loop.exec();
    console.stopReading();
    const double agentCpu = static_cast<double>(bench::cpuNs(agent) - cpuBefore) / 1e9;
    maker.join();
    nlohmann::json result{{"events", "from the kernel"},
                          {"rate", rate},
                          {"made", made},
                          {"agentCpuSeconds", agentCpu},
                          {"agentRssKib", bench::statusKib(agent, "VmRSS")},
                          {"seconds", seconds}};
    kill(agent, SIGTERM);
    waitpid(agent, nullptr, 0);
    result.update(console.result());
    return result;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    CLI::App app("Events per second and latency from kernel record to the console's store");
    std::vector<double> rates{1000, 10'000, 100'000, 0};
    std::vector<double> kernelRates{1000, 10'000};
    std::string program = TAPIO_AGENT_PROGRAM;
    AgentArguments agentArguments;
    std::string folder = "/tmp";
    bool json = false;
    bool asAgent = false;
    app.add_option("--rate", rates, "made-up records per second, several; 0 = as many as are acknowledged");
    app.add_option("--kernel-rate", kernelRates, "real events per second, several (needs root)")->expected(0, 100);
    app.add_option("--program", program, "the tapio-agent to measure");
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
    for (const double rate : kernelRates)
        results.push_back(fromTheKernel(rate, agentArguments.seconds, QString::fromStdString(folder), program));
    for (const double rate : rates)
        results.push_back(fromTheDrain(rate, agentArguments.seconds, QString::fromStdString(folder)));
    std::cout << results.dump(json ? -1 : 2) << '\n';
    return 0;
}

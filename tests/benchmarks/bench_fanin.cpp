// SPDX-License-Identifier: GPL-3.0-or-later
// Agent side to fan-in over real mutual TLS: what the receiving side carries, and how long a frame takes from being sealed to the sink.
// The sending side is a process of its own, so that processor time is told apart.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <mutex>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/server/fanin.h"
#include "protocol/wire/codec.h"
#include "tests/support/testpki.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace std::chrono_literals;

namespace {

const SystemClock systemClock;

struct Load {
    std::size_t eventsPerFrame = 256;
    std::uint64_t eventsPerSecond = 0; ///< 0 = as many as credit allows
    int seconds = 5;
    int consoles = 0;
    bool zstd = false;
    bool correlates = false;
};

double cpuSeconds(const rusage &usage)
{
    const auto seconds = [](const timeval &time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpuSecondsNow()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return cpuSeconds(usage);
}

/// Remembers how long each frame took.
class Meter final : public server::FanInSink {
public:
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override
    {
        const std::lock_guard lock(m_mutex);
        m_latenciesNs.push_back(systemClock.utcNs() - delivery->frame.sealedNs);
        m_events += std::get<wire::EventBatch>(delivery->frame.body).events.size();
        return true;
    }
    void onAgentState(const wire::AgentState &) override {}
    void onLinkNotice(const wire::LinkNotice &) override {}

    std::uint64_t events() const
    {
        const std::lock_guard lock(m_mutex);
        return m_events;
    }
    double quantileUs(double q) const
    {
        const std::lock_guard lock(m_mutex);
        if (m_latenciesNs.empty())
            return -1;
        std::vector<std::int64_t> sorted = m_latenciesNs;
        std::sort(sorted.begin(), sorted.end());
        return static_cast<double>(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]) * 1e-3;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<std::int64_t> m_latenciesNs;
    std::uint64_t m_events = 0;
};

std::unique_ptr<transport::ClientEndpoint> dial(std::uint16_t port, transport::TlsFiles tls)
{
    transport::ClientOptions options;
    options.port = port;
    options.tls = std::move(tls);
    auto endpoint = transport::ClientEndpoint::open(options, systemClock);
    if (!endpoint)
        throw std::runtime_error(endpoint.error().message());
    while ((*endpoint)->phase() != transport::LinkPhase::Connected)
        static_cast<void>((*endpoint)->receive(50ms));
    return std::move(*endpoint);
}

void say(transport::ClientEndpoint &endpoint, const wire::Message &message)
{
    if (const auto sent = endpoint.send(*wire::encode(message)); !sent)
        throw std::runtime_error(sent.error().message());
}

/// The sending process: an agent that knows credit and acknowledgements, and nothing else.
class Sender {
public:
    Sender(std::unique_ptr<transport::ClientEndpoint> endpoint, const Load &load)
        : m_endpoint(std::move(endpoint)), m_load(load), m_frame{1, 0, 0, wire::examples::busyBatch(load.eventsPerFrame)}
    {
        wire::Hello hello;
        hello.role = Role::Node;
        hello.name = "node-1";
        hello.streamId = 1;
        say(*m_endpoint, hello);
        while (m_credit == 0)
            receive(50ms);
    }

    void run()
    {
        const auto start = std::chrono::steady_clock::now();
        const auto end = start + std::chrono::seconds(m_load.seconds);
        const double framesPerSecond = static_cast<double>(m_load.eventsPerSecond) / static_cast<double>(m_load.eventsPerFrame);
        for (std::uint64_t frame = 0; std::chrono::steady_clock::now() < end; ++frame) {
            if (m_load.eventsPerSecond > 0) {
                const auto due =
                    start + std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(frame) / framesPerSecond));
                std::this_thread::sleep_until(due);
            }
            send();
        }
        while (m_acked < m_frame.frameSeq)
            receive(50ms);
    }

private:
    void send()
    {
        ++m_frame.frameSeq;
        m_frame.sealedNs = systemClock.utcNs();
        const auto bytes = *wire::encode(m_frame, {m_load.zstd});
        while ((m_frame.frameSeq - m_acked) * bytes.size() > m_credit || !m_endpoint->send(bytes))
            receive(5ms);
        receive(0ms);
    }
    void receive(std::chrono::milliseconds wait)
    {
        for (auto bytes = m_endpoint->receive(wait); bytes && *bytes; bytes = m_endpoint->receive(0ms)) {
            const auto message = wire::decode(**bytes);
            if (const auto *welcome = std::get_if<wire::Welcome>(&*message))
                m_credit = welcome->creditBytes;
            else if (const auto *ack = std::get_if<wire::Ack>(&*message))
                m_acked = ack->frameSeq;
        }
    }

    std::unique_ptr<transport::ClientEndpoint> m_endpoint;
    const Load m_load;
    wire::Frame m_frame;
    std::uint64_t m_acked = 0;
    std::uint64_t m_credit = 0;
};

/// A console that acknowledges what it gets, until told to stop.
void watch(std::unique_ptr<transport::ClientEndpoint> endpoint, const std::stop_token &stop)
{
    wire::Hello hello;
    hello.role = Role::Console;
    hello.name = "console-1";
    say(*endpoint, hello);
    say(*endpoint, wire::Subscribe());
    while (!stop.stop_requested()) {
        const auto bytes = endpoint->receive(50ms);
        if (!bytes || !*bytes)
            continue;
        const auto message = wire::decode(**bytes);
        if (const auto *delivery = std::get_if<wire::Delivery>(&*message))
            say(*endpoint, wire::Ack{delivery->node, delivery->frame.streamId, delivery->frame.frameSeq});
    }
}

/// In a child, since two sides in one process would hide who pays. Returns its exit status and processor time.
double sendFromChild(std::uint16_t port, const transport::TlsFiles &node, const transport::TlsFiles &console, const Load &load)
{
    const pid_t child = fork();
    if (child == 0) {
        {
            std::vector<std::jthread> consoles;
            for (int i = 0; i < load.consoles; ++i) {
                consoles.emplace_back(
                    [&, endpoint = dial(port, console)](const std::stop_token &stop) mutable { watch(std::move(endpoint), stop); });
            }
            Sender(dial(port, node), load).run();
        }
        std::_Exit(0);
    }
    rusage usage{};
    int status = 0;
    wait4(child, &status, 0, &usage);
    if (status != 0)
        throw std::runtime_error("the sending process failed");
    return cpuSeconds(usage);
}

nlohmann::json measure(const Load &load)
{
    test::TestPki pki;
    const auto node = pki.node("node-1");
    const auto console = pki.console("console-1");
    Meter meter;
    server::FanInOptions options;
    options.endpoint.tls = pki.server();
    if (load.correlates)
        options.correlation.emplace();
    const auto fanIn = server::FanIn::start(options, &meter, systemClock);
    if (!fanIn)
        throw std::runtime_error(fanIn.error().message());
    const double cpuBefore = cpuSecondsNow();
    const auto start = std::chrono::steady_clock::now();
    const double senderCpu = sendFromChild((*fanIn)->port(), node, console, load);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const double receiverCpu = cpuSecondsNow() - cpuBefore;
    const auto events = static_cast<double>(meter.events());
    const auto correlation = (*fanIn)->correlation().value_or(server::CorrelationFigures());
    return {{"eventsPerFrame", load.eventsPerFrame},
            {"wantedPerSecond", load.eventsPerSecond},
            {"consoles", load.consoles},
            {"zstd", load.zstd},
            {"correlates", load.correlates},
            {"correlationRefused", correlation.refusedEvents},
            {"correlationOffered", correlation.offeredEvents},
            {"events", meter.events()},
            {"eventsPerSecond", events / elapsed.count()},
            {"p50us", meter.quantileUs(0.5)},
            {"p99us", meter.quantileUs(0.99)},
            {"senderCpuUsPerEvent", senderCpu / events * 1e6},
            {"receiverCpuUsPerEvent", receiverCpu / events * 1e6}};
}

void print(const nlohmann::json &row)
{
    std::printf("%8llu %9s %11.0f %9.0f %9.0f %11.3f %11.3f\n", row["eventsPerFrame"].get<unsigned long long>(),
                row["wantedPerSecond"] == 0 ? "max" : std::to_string(row["wantedPerSecond"].get<std::uint64_t>()).c_str(),
                row["eventsPerSecond"].get<double>(), row["p50us"].get<double>(), row["p99us"].get<double>(),
                row["senderCpuUsPerEvent"].get<double>(), row["receiverCpuUsPerEvent"].get<double>());
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("Events per second and latency of agent side -> TLS -> fan-in");
    bool json = false;
    Load load;
    std::vector<std::uint64_t> rates{1'000, 10'000, 100'000, 0};
    app.add_flag("--json", json, "One JSON object per line");
    app.add_option("--rates", rates, "Events per second; 0 = as many as credit allows");
    app.add_option("--batch", load.eventsPerFrame, "Events per frame");
    app.add_option("--seconds", load.seconds, "Per rate");
    app.add_option("--consoles", load.consoles, "Consoles that get everything");
    app.add_flag("--zstd", load.zstd, "Compressed frames");
    app.add_flag("--correlate", load.correlates, "With the rules across nodes");
    CLI11_PARSE(app, argc, argv);
    if (!json)
        std::printf("%8s %9s %11s %9s %9s %11s %11s\n", "ev/frame", "wanted/s", "events/s", "p50 us", "p99 us", "tx us/ev", "rx us/ev");
    for (const std::uint64_t rate : rates) {
        load.eventsPerSecond = rate;
        const nlohmann::json row = measure(load);
        if (json)
            std::cout << row << '\n';
        else
            print(row);
    }
    return 0;
}

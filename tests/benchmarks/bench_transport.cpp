// SPDX-License-Identifier: GPL-3.0-or-later
// Our endpoints beside what they are made of and what they replace: libzmq over plain TCP, and libzmq with CURVE. All trials
// of all transports are shuffled in one run, so that a disturbance of the machine hits none of them alone. Sender and receiver
// are threads of this process: the CPU time is that of both ends together.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <zmq.hpp>

#include "protocol/transport/endpoint.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::transport;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

std::int64_t nowNs() { return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count(); }

double cpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Both ends of one connection. Each end is used by one thread.
class Pair {
public:
    virtual ~Pair() = default;
    /// Waits for room.
    virtual void send(std::span<const std::byte> payload) = 0;
    /// The size of the next message, and the number in its first eight bytes; 0 when none came within 20 ms.
    virtual std::size_t receive(std::int64_t &stamp) = 0;
};

class ZmqPair final : public Pair {
public:
    explicit ZmqPair(bool curve)
    {
        m_router.set(zmq::sockopt::rcvtimeo, 20);
        m_router.set(zmq::sockopt::linger, 0);
        m_dealer.set(zmq::sockopt::linger, 0);
        if (curve) {
            std::array<char, 41> serverPublic{};
            std::array<char, 41> serverSecret{};
            std::array<char, 41> clientPublic{};
            std::array<char, 41> clientSecret{};
            zmq_curve_keypair(serverPublic.data(), serverSecret.data());
            zmq_curve_keypair(clientPublic.data(), clientSecret.data());
            m_router.set(zmq::sockopt::curve_server, true);
            m_router.set(zmq::sockopt::curve_secretkey, serverSecret.data());
            m_dealer.set(zmq::sockopt::curve_serverkey, serverPublic.data());
            m_dealer.set(zmq::sockopt::curve_publickey, clientPublic.data());
            m_dealer.set(zmq::sockopt::curve_secretkey, clientSecret.data());
        }
        m_router.bind("tcp://127.0.0.1:*");
        m_dealer.connect(m_router.get(zmq::sockopt::last_endpoint));
    }

    void send(std::span<const std::byte> payload) override { m_dealer.send(zmq::const_buffer(payload.data(), payload.size())); }

    std::size_t receive(std::int64_t &stamp) override
    {
        zmq::message_t id;
        zmq::message_t payload;
        if (!m_router.recv(id) || !m_router.recv(payload))
            return 0;
        std::memcpy(&stamp, payload.data(), sizeof stamp);
        return payload.size();
    }

private:
    zmq::context_t m_serverContext;
    zmq::context_t m_clientContext;
    zmq::socket_t m_router{m_serverContext, zmq::socket_type::router};
    zmq::socket_t m_dealer{m_clientContext, zmq::socket_type::dealer};
};

template <typename T> T must(Result<T> result)
{
    if (!result) {
        std::cerr << result.error().message() << '\n';
        std::exit(1);
    }
    return std::move(*result);
}

class TapioPair final : public Pair {
public:
    explicit TapioPair(test::TestPki &pki)
    {
        ServerOptions serverOptions;
        serverOptions.tls = pki.server();
        m_server = must(ServerEndpoint::open(serverOptions, m_clock));
        ClientOptions clientOptions;
        clientOptions.port = m_server->port();
        clientOptions.tls = pki.node();
        m_client = must(ClientEndpoint::open(clientOptions, m_clock));
        while (m_client->phase() != LinkPhase::Connected)
            static_cast<void>(must(m_client->receive(100ms)));
    }

    void send(std::span<const std::byte> payload) override
    {
        for (;;) {
            const auto sent = m_client->send(payload);
            if (sent)
                return;
            if (sent.error().code() != Errc::Busy) {
                std::cerr << sent.error().message() << '\n';
                std::exit(1);
            }
            static_cast<void>(must(m_client->receive(100ms))); // returns when there is room
        }
    }

    std::size_t receive(std::int64_t &stamp) override
    {
        m_incoming = must(m_server->receive(20ms));
        if (!m_incoming)
            return 0;
        std::memcpy(&stamp, m_incoming->payload.data(), sizeof stamp);
        return m_incoming->payload.size();
    }

private:
    SystemClock m_clock;
    std::unique_ptr<ServerEndpoint> m_server;
    std::unique_ptr<ClientEndpoint> m_client;
    std::optional<Incoming> m_incoming;
};

struct Trial {
    std::string transport;
    std::size_t bytes = 0;
    bool paced = false; ///< 1000 messages per second, for latency; else as fast as it goes
};

struct Outcome {
    double messagesPerSecond = 0;
    double cpuSecondsPerGb = 0;
    double p50Us = 0;
    double p99Us = 0;
};

struct Received {
    std::uint64_t messages = 0;
    std::int64_t firstNs = 0;
    std::int64_t lastNs = 0;
    std::vector<std::int64_t> delaysNs;
};

/// Receives until everything that was sent is there.
Received receiveAll(Pair &pair, bool paced, const std::atomic<std::int64_t> &sentTotal)
{
    Received received;
    while (sentTotal.load() < 0 || received.messages < static_cast<std::uint64_t>(sentTotal.load())) {
        std::int64_t stamp = 0;
        if (pair.receive(stamp) == 0)
            continue;
        received.lastNs = nowNs();
        if (received.messages++ == 0)
            received.firstNs = received.lastNs;
        if (paced)
            received.delaysNs.push_back(received.lastNs - stamp);
    }
    return received;
}

double percentileUs(std::vector<std::int64_t> &delays, double fraction)
{
    if (delays.empty())
        return 0;
    const auto at = delays.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(delays.size() - 1));
    std::nth_element(delays.begin(), at, delays.end());
    return static_cast<double>(*at) / 1000.0;
}

Outcome measure(Pair &pair, const Trial &trial, nanoseconds duration)
{
    std::vector<std::byte> payload(trial.bytes);
    std::int64_t stamp = 0;
    pair.send(payload); // connections are up and paths warm before the clock runs
    while (pair.receive(stamp) == 0) {}
    std::atomic<std::int64_t> sentTotal{-1};
    Received received;
    const double cpuBefore = cpuSeconds();
    std::thread receiver([&] { received = receiveAll(pair, trial.paced, sentTotal); });
    const auto begin = steady_clock::now();
    std::int64_t sent = 0;
    for (; steady_clock::now() - begin < duration; ++sent) {
        if (trial.paced)
            std::this_thread::sleep_until(begin + milliseconds(sent));
        stamp = nowNs();
        std::memcpy(payload.data(), &stamp, sizeof stamp);
        pair.send(payload);
    }
    sentTotal = sent;
    receiver.join();
    const double cpu = cpuSeconds() - cpuBefore;
    Outcome outcome;
    outcome.messagesPerSecond =
        static_cast<double>(received.messages - 1) / (static_cast<double>(received.lastNs - received.firstNs) / 1e9);
    outcome.cpuSecondsPerGb = cpu / (static_cast<double>(sent) * static_cast<double>(trial.bytes) / 1e9);
    outcome.p50Us = percentileUs(received.delaysNs, 0.50);
    outcome.p99Us = percentileUs(received.delaysNs, 0.99);
    return outcome;
}

std::vector<Trial> shuffledTrials(int repetitions)
{
    std::vector<Trial> trials;
    for (int i = 0; i < repetitions; ++i) {
        for (const char *transport : {"tcp", "curve", "tapio"}) {
            for (const std::size_t bytes : {272u, 12'400u, 197'000u}) // 1, 64 and 1024 events in a batch
                trials.push_back({transport, bytes, false});
            trials.push_back({transport, 12'400, true});
        }
    }
    std::shuffle(trials.begin(), trials.end(), std::mt19937(std::random_device{}()));
    return trials;
}

std::string cpuModel()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name"))
            return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

nlohmann::json machine()
{
    utsname name{};
    ::uname(&name);
    std::array<double, 1> load{};
    const bool known = ::getloadavg(load.data(), 1) == 1;
    return {{"kernel", name.release},
            {"cpu", cpuModel()},
            {"cores", std::thread::hardware_concurrency()},
            {"loadAtStart", known ? nlohmann::json(load[0]) : nlohmann::json()}};
}

nlohmann::json summary(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return {{"median", values[values.size() / 2]}, {"min", values.front()}, {"max", values.back()}};
}

nlohmann::json summarise(const std::vector<Outcome> &outcomes, bool paced)
{
    const auto each = [&](double Outcome::*field) {
        std::vector<double> values;
        for (const Outcome &outcome : outcomes)
            values.push_back(outcome.*field);
        return summary(std::move(values));
    };
    if (paced)
        return {{"p50Us", each(&Outcome::p50Us)}, {"p99Us", each(&Outcome::p99Us)}};
    return {{"messagesPerSecond", each(&Outcome::messagesPerSecond)}, {"cpuSecondsPerGb", each(&Outcome::cpuSecondsPerGb)}};
}

void printText(const nlohmann::json &report)
{
    const auto number = [](const nlohmann::json &value) {
        std::ostringstream text;
        text << std::setprecision(3) << value["median"].get<double>() << " (" << value["min"].get<double>() << " to "
             << value["max"].get<double>() << ')';
        return text.str();
    };
    std::cout << report["machine"].dump() << '\n' << std::left;
    for (const auto &row : report["results"]) {
        std::cout << std::setw(7) << row["transport"].get<std::string>() << std::setw(8) << row["bytes"].get<int>();
        if (row.contains("p50Us"))
            std::cout << "1000 msg/s  p50 us " << number(row["p50Us"]) << "  p99 us " << number(row["p99Us"]) << '\n';
        else
            std::cout << "msg/s " << number(row["messagesPerSecond"]) << "  CPU s/GB " << number(row["cpuSecondsPerGb"]) << '\n';
    }
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("Throughput, CPU and latency of Tapio's endpoints beside libzmq over plain TCP and with CURVE");
    bool json = false;
    int repetitions = 5;
    double seconds = 1.5;
    app.add_flag("--json", json, "Write JSON instead of a table");
    app.add_option("--repetitions", repetitions, "Trials of each kind")->check(CLI::PositiveNumber);
    app.add_option("--seconds", seconds, "Length of a trial")->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);

    nlohmann::json report = {{"machine", machine()}, {"repetitions", repetitions}, {"secondsPerTrial", seconds}};
    test::TestPki pki;
    std::map<std::tuple<bool, std::size_t, std::string>, std::vector<Outcome>> outcomes;
    for (const Trial &trial : shuffledTrials(repetitions)) {
        std::unique_ptr<Pair> pair;
        if (trial.transport == "tapio")
            pair = std::make_unique<TapioPair>(pki);
        else
            pair = std::make_unique<ZmqPair>(trial.transport == "curve");
        outcomes[{trial.paced, trial.bytes, trial.transport}].push_back(
            measure(*pair, trial, duration_cast<nanoseconds>(duration<double>(seconds))));
    }
    for (const auto &[key, values] : outcomes) {
        nlohmann::json row = summarise(values, std::get<0>(key));
        row["bytes"] = std::get<1>(key);
        row["transport"] = std::get<2>(key);
        report["results"].push_back(std::move(row));
    }
    if (json)
        std::cout << report.dump(2) << '\n';
    else
        printText(report);
    return 0;
}

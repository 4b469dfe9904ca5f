// SPDX-License-Identifier: GPL-3.0-or-later
// How long it takes from what happens in the kernel to the insight on the screen: tapio-agent with its defaults, connections that are really
// refused, and this process with what the console has. Each time another port, so that each is an insight of its own; the time ends when
// the panel "Insights generated" of the Overview counts it. With --across the same of a rule across nodes: two agents, of two nodes as far as the
// console knows, tell of three pods that are refused, and the fan-in finds it.
#include <QCoreApplication>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/core/session/session.h"
#include "tests/benchmarks/support/process.h"
#include "tests/integration/podcgroup.h"
#include "tests/support/testpki.h"

using namespace tapio;

namespace {

using Steady = std::chrono::steady_clock;
const SystemClock systemClock;

void waitMs(int ms)
{
    QEventLoop loop;
    QTimer::singleShot(ms, &loop, &QEventLoop::quit);
    loop.exec();
}

/// Of this machine, and known to others by it: what is refused at a loopback is of one node. Without one: 0.
in_addr_t ownAddress()
{
    ifaddrs *all = nullptr;
    if (::getifaddrs(&all) != 0)
        return 0;
    in_addr_t found = 0;
    for (const ifaddrs *one = all; one != nullptr && found == 0; one = one->ifa_next) {
        if (one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET && (one->ifa_flags & IFF_LOOPBACK) == 0)
            found = reinterpret_cast<const sockaddr_in *>(one->ifa_addr)->sin_addr.s_addr;
    }
    ::freeifaddrs(all);
    return found;
}

/// A port there where nobody listens now.
sockaddr_in closedPort(in_addr_t at)
{
    sockaddr_in address{AF_INET, 0, {at}, {}};
    socklen_t size = sizeof(address);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(fd, reinterpret_cast<sockaddr *>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    ::close(fd);
    return address;
}

void beRefusedOnce(const sockaddr_in &address)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address));
    ::close(fd);
}

/// What the fault is, and which rule is to find it.
class Fault {
public:
    virtual ~Fault() = default;
    virtual std::string rule() const = 0;
    virtual in_addr_t at() const = 0;
    virtual void make(const sockaddr_in &address) const = 0;
};

class OfOneNode final : public Fault {
public:
    std::string rule() const override { return "refused-burst"; }
    in_addr_t at() const override { return htonl(INADDR_LOOPBACK); }
    void make(const sockaddr_in &address) const override
    {
        constexpr int asOftenAsTheRuleAsks = 5;
        for (int i = 0; i < asOftenAsTheRuleAsks; ++i)
            beRefusedOnce(address);
    }
};

class AcrossNodes final : public Fault {
public:
    AcrossNodes() : m_at(ownAddress())
    {
        if (m_at == 0)
            throw std::runtime_error("this machine has no address but its loopback's");
        for (char pod = 'a'; pod < 'd'; ++pod) { // as many as the rule asks for
            m_pods.push_back(std::make_unique<test::PodCgroup>(QString("0a1b2c3d-0000-4000-8000-00000000000") + pod, QString(64, pod)));
            if (!m_pods.back()->error().isEmpty())
                throw std::runtime_error(m_pods.back()->error().toStdString());
        }
    }
    std::string rule() const override { return "service-down"; }
    in_addr_t at() const override { return m_at; }
    void make(const sockaddr_in &address) const override
    {
        for (const auto &pod : m_pods) {
            if (const pid_t child = ::fork(); child == 0) {
                if (pod->add(0))
                    beRefusedOnce(address);
                ::_exit(0);
            }
        }
        while (::waitpid(0, nullptr, WNOHANG) > 0) {}
    }

private:
    in_addr_t m_at;
    std::vector<std::unique_ptr<test::PodCgroup>> m_pods;
};

class Console {
public:
    explicit Console(std::string rule) : m_rule(std::move(rule)), m_data(QString("/tmp/tapio-bench-XXXXXX"))
    {
        console::SessionOptions options;
        options.embedded.emplace();
        options.embedded->endpoint.tls = m_pki.server();
        options.embedded->acknowledgeBySink = true;
        options.embedded->correlation.emplace();
        options.store.file = m_data.filePath("store.tapio").toStdString();
        auto opened = console::Session::open(options, systemClock);
        if (!opened)
            throw std::runtime_error(opened.error().message());
        m_session = std::move(*opened);
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>((m_session->link().endpoint.section(':', -1)).toUInt()); }
    pid_t spawnAgent(const std::string &program, const std::string &node)
    {
        const std::string folder = m_data.filePath(QString::fromStdString(node)).toStdString();
        std::filesystem::create_directory(folder);
        return bench::spawn(bench::agentCommand(program, port(), m_pki.node(node), folder, node));
    }
    bool hasAgents(std::size_t count) const { return m_session->agents().size() == count; }
    /// New insights of the rule, as the panel shows them; below 0: no data. Not how many are open: others end meanwhile.
    double opened() const
    {
        const auto &panel = m_session->overview().panels[static_cast<std::size_t>(console::PanelId::InsightsGenerated)];
        for (const console::Fact &fact : panel.facts) {
            if (fact.label == m_rule)
                return fact.value;
        }
        return panel.value ? 0 : -1;
    }
    bool waitFor(double opened)
    {
        QEventLoop loop;
        QTimer::singleShot(20'000, &loop, &QEventLoop::quit);
        QObject::connect(m_session.get(), &console::Session::overviewChanged, &loop, [&] {
            if (this->opened() >= opened)
                loop.quit();
        });
        if (this->opened() < opened)
            loop.exec();
        return this->opened() >= opened;
    }

private:
    std::string m_rule;
    test::TestPki m_pki;
    QTemporaryDir m_data;
    std::unique_ptr<console::Session> m_session;
};

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    CLI::App app("Time from refused connections to their insight on the Overview (needs root)");
    std::string program = TAPIO_AGENT_PROGRAM;
    int trials = 150;
    bool json = false, isAcross = false;
    app.add_option("--program", program, "the tapio-agent to measure");
    app.add_option("--trials", trials)->check(CLI::Range(1, 200));
    app.add_flag("--across", isAcross, "a rule across nodes, of two agents");
    app.add_flag("--json", json);
    CLI11_PARSE(app, argc, argv);

    std::unique_ptr<Fault> fault;
    if (isAcross)
        fault = std::make_unique<AcrossNodes>();
    else
        fault = std::make_unique<OfOneNode>();
    Console console(fault->rule());
    std::vector<pid_t> agents{console.spawnAgent(program, "node-1")};
    if (isAcross)
        agents.push_back(console.spawnAgent(program, "node-2"));
    std::mt19937 random(1);
    std::vector<double> ms;
    std::set<in_port_t> ports;
    int missed = 0;
    if (!console.waitFor(0))
        std::cerr << "the agent does not correlate\n";
    while (!console.hasAgents(agents.size()))
        waitMs(100);
    waitMs(5000); // until what the machine did meanwhile was told
    for (int i = 0; i < trials; ++i) {
        waitMs(static_cast<int>(random() % 1000)); // at any phase of any timer
        const double before = console.opened();
        sockaddr_in address = closedPort(fault->at());
        while (!ports.insert(address.sin_port).second) // again: it would belong to the insight that it made before
            address = closedPort(fault->at());
        const auto begin = Steady::now();
        fault->make(address);
        if (console.waitFor(before + 1))
            ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
        else
            ++missed;
    }
    for (const pid_t agent : agents) {
        kill(agent, SIGTERM);
        waitpid(agent, nullptr, 0);
    }
    std::sort(ms.begin(), ms.end());
    const auto quantile = [&](double q) { return ms.empty() ? -1 : ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
    const nlohmann::json result{{"trials", trials},       {"missed", missed},        {"p50Ms", quantile(0.5)},
                                {"p90Ms", quantile(0.9)}, {"p99Ms", quantile(0.99)}, {"maxMs", quantile(1)}};
    std::cout << result.dump(json ? -1 : 2) << '\n';
    return missed == 0 ? 0 : 1;
}

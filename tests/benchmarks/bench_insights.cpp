// SPDX-License-Identifier: GPL-3.0-or-later
// How long it takes from what happens in the kernel to the insight on the screen: tapio-agent with its defaults, connections that are really
// refused, and this process with what the console has. Each time another port, so that each is an insight of its own; the time ends when
// the panel "Insights generated" of the Overview counts it.
#include <QCoreApplication>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <random>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/core/session/session.h"
#include "tests/benchmarks/support/process.h"
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

/// A port of loopback where nobody listens now.
sockaddr_in closedPort()
{
    sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
    socklen_t size = sizeof(address);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(fd, reinterpret_cast<sockaddr *>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    ::close(fd);
    return address;
}

void beRefused(const sockaddr_in &address)
{
    constexpr int asOftenAsTheRuleAsks = 5;
    for (int i = 0; i < asOftenAsTheRuleAsks; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address));
        ::close(fd);
    }
}

class Console {
public:
    Console() : m_data(QString("/tmp/tapio-bench-XXXXXX"))
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
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>((m_session->link().endpoint.section(':', -1)).toUInt()); }
    transport::TlsFiles agentTls() { return m_pki.node(); }
    std::string folder() const { return m_data.path().toStdString(); }
    /// New insights of the rule, as the panel shows them; below 0: no data. Not how many are open: others end meanwhile.
    double opened() const
    {
        const auto &panel = m_session->overview().panels[static_cast<std::size_t>(console::PanelId::InsightsGenerated)];
        for (const console::Fact &fact : panel.facts) {
            if (fact.label == "refused-burst")
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
    bool json = false;
    app.add_option("--program", program, "the tapio-agent to measure");
    app.add_option("--trials", trials)->check(CLI::Range(1, 200));
    app.add_flag("--json", json);
    CLI11_PARSE(app, argc, argv);

    Console console;
    const pid_t agent = bench::spawn(bench::agentCommand(program, console.port(), console.agentTls(), console.folder()));
    std::mt19937 random(1);
    std::vector<double> ms;
    int missed = 0;
    if (!console.waitFor(0))
        std::cerr << "the agent does not correlate\n";
    waitMs(5000); // until what the machine did meanwhile was told
    for (int i = 0; i < trials; ++i) {
        waitMs(static_cast<int>(random() % 1000)); // at any phase of any timer
        const double before = console.opened();
        const sockaddr_in address = closedPort();
        const auto begin = Steady::now();
        beRefused(address);
        if (console.waitFor(before + 1))
            ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
        else
            ++missed;
    }
    kill(agent, SIGTERM);
    waitpid(agent, nullptr, 0);
    std::sort(ms.begin(), ms.end());
    const auto quantile = [&](double q) { return ms.empty() ? -1 : ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
    const nlohmann::json result{{"trials", trials},       {"missed", missed},        {"p50Ms", quantile(0.5)},
                                {"p90Ms", quantile(0.9)}, {"p99Ms", quantile(0.99)}, {"maxMs", quantile(1)}};
    std::cout << result.dump(json ? -1 : 2) << '\n';
    return missed == 0 ? 0 : 1;
}

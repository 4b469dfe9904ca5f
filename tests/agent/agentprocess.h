// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/server/fanin.h"
#include "protocol/transport/pki.h"
#include "tests/support/testpki.h"

namespace tapio::test {

/// Keeps everything that a fan-in delivers. Safe from any thread.
class DeliveryLog final : public server::FanInSink {
public:
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override;
    void onAgentState(const wire::AgentState &state) override;
    void onLinkNotice(const wire::LinkNotice &notice) override;

    std::vector<std::shared_ptr<const wire::Delivery>> deliveries() const;
    std::vector<wire::AgentState> states() const;
    std::vector<wire::LinkNotice> notices() const;

    /// Each event of each batch, with its origin.
    void eachEvent(const std::function<void(const wire::Event &, const wire::Origin &)> &use) const;
    /// The last report of counters; of this stream, or of any for 0.
    std::optional<wire::CounterReport> lastCounters(std::uint64_t streamId = 0) const;
    /// Streams in order of appearance.
    std::vector<std::uint64_t> streams() const;

private:
    mutable std::mutex m_mutex;
    std::vector<std::shared_ptr<const wire::Delivery>> m_deliveries;
    std::vector<wire::AgentState> m_states;
    std::vector<wire::LinkNotice> m_notices;
};

/// A real fan-in on 127.0.0.1 that keeps whatever it is delivered.
struct LoggedServer {
    DeliveryLog log;
    std::unique_ptr<server::FanIn> fanIn;

    /// False, and a warning, when it cannot. Without `acknowledges` it confirms nothing.
    bool start(TestPki &pki, const Clock &clock, std::uint16_t port = 0, bool acknowledges = true);
};

/// For configurations of tests: they load the machine, and sanitizers the agent, beyond what a budget is for; and they look at single events.
inline constexpr const char *noBudget = "[correlation]\ndetail = \"all\"\n[budget]\ncpu_percent = 0\nrss_bytes = 0\n";

/// The real program with a runtime folder of its own. Killed when destroyed.
class AgentProcess {
public:
    explicit AgentProcess(const transport::TlsFiles &tls, std::uint16_t port = 0);
    ~AgentProcess();

    QStringList arguments; ///< what start() uses; made by the constructor. Without --config, one that suits tests is added
    bool start();
    /// Runs in the new process just before the program: after fork, so system calls only.
    void beforeStart(std::function<void()> modifier) { m_process.setChildProcessModifier(std::move(modifier)); }
    QString folder() const { return m_folder.path(); }
    void signal(int number) const;
    /// SIGTERM, and how long it then took; -1 when it did not end.
    int terminate(int withinMs = 5000);
    void kill();
    /// Runs it to its end; the exit code, -1 when it did not end or crashed.
    int run(int withinMs = 10'000);
    qint64 pid() const { return m_process.processId(); }
    bool welcomed() { return output().contains("welcomed"); }
    bool running() const { return m_process.state() == QProcess::Running; }
    int exitCode() const { return m_process.exitCode(); }
    /// Of its metrics and health; 0 = not said yet.
    quint16 observePort();
    QString output() { return m_output += QString::fromUtf8(m_process.readAll()); }

private:
    QTemporaryDir m_folder;
    QTemporaryDir m_configuration; ///< apart: tests do things to the other
    QProcess m_process;
    QString m_output;
};

} // namespace tapio::test

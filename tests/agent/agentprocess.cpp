// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/agent/agentprocess.h"

#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>
#include <csignal>

namespace tapio::test {

bool DeliveryLog::onDelivery(std::shared_ptr<const wire::Delivery> delivery)
{
    const std::lock_guard lock(m_mutex);
    m_deliveries.push_back(std::move(delivery));
    return true;
}

void DeliveryLog::onAgentState(const wire::AgentState &state)
{
    const std::lock_guard lock(m_mutex);
    m_states.push_back(state);
}

void DeliveryLog::onLinkNotice(const wire::LinkNotice &notice)
{
    const std::lock_guard lock(m_mutex);
    m_notices.push_back(notice);
}

std::vector<std::shared_ptr<const wire::Delivery>> DeliveryLog::deliveries() const
{
    const std::lock_guard lock(m_mutex);
    return m_deliveries;
}

std::vector<wire::AgentState> DeliveryLog::states() const
{
    const std::lock_guard lock(m_mutex);
    return m_states;
}

std::vector<wire::LinkNotice> DeliveryLog::notices() const
{
    const std::lock_guard lock(m_mutex);
    return m_notices;
}

void DeliveryLog::eachEvent(const std::function<void(const wire::Event &, const wire::Origin &)> &use) const
{
    for (const auto &delivery : deliveries()) {
        if (const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body)) {
            for (const wire::Event &event : batch->events)
                use(event, batch->origins[event.origin]);
        }
    }
}

std::optional<wire::CounterReport> DeliveryLog::lastCounters(std::uint64_t streamId) const
{
    std::optional<wire::CounterReport> last;
    for (const auto &delivery : deliveries()) {
        const auto *report = std::get_if<wire::CounterReport>(&delivery->frame.body);
        if (report != nullptr && (streamId == 0 || delivery->frame.streamId == streamId))
            last = *report;
    }
    return last;
}

std::vector<std::uint64_t> DeliveryLog::streams() const
{
    std::vector<std::uint64_t> streams;
    for (const auto &delivery : deliveries()) {
        if (std::find(streams.begin(), streams.end(), delivery->frame.streamId) == streams.end())
            streams.push_back(delivery->frame.streamId);
    }
    return streams;
}

bool LoggedServer::start(TestPki &pki, const Clock &clock, std::uint16_t port, bool acknowledges)
{
    server::FanInOptions options;
    options.acknowledgeBySink = !acknowledges; // the log keeps all and says nothing
    options.endpoint.tls = pki.server();
    options.endpoint.port = port;
    auto started = server::FanIn::start(options, &log, clock);
    if (!started) {
        qWarning("%s", started.error().message().c_str());
        return false;
    }
    fanIn = std::move(*started);
    return true;
}

AgentProcess::AgentProcess(const transport::TlsFiles &tls, std::uint16_t port)
{
    const auto text = [](const std::filesystem::path &path) { return QString::fromStdString(path.native()); };
    arguments = {"--server",
                 "127.0.0.1:" + QString::number(port == 0 ? 1 : port),
                 "--ca",
                 text(tls.ca),
                 "--cert",
                 text(tls.certificate),
                 "--key",
                 text(tls.key),
                 "--runtime-folder",
                 m_folder.path(),
                 "--spool-folder",
                 m_folder.filePath(QStringLiteral("spool"))};
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    // Several agents run at a time: the standard port would be one's only.
    QFile quiet(m_configuration.filePath("quiet.toml"));
    if (quiet.open(QIODevice::WriteOnly))
        quiet.write("[observe]\naddress = \"127.0.0.1:0\"\n" + QByteArray(noBudget));
}

AgentProcess::~AgentProcess() { kill(); }

bool AgentProcess::start()
{
    const bool isConfigured = arguments.contains("--config");
    m_process.start(QStringLiteral(TAPIO_AGENT_PROGRAM),
                    isConfigured ? arguments : arguments + QStringList{"--config", m_configuration.filePath("quiet.toml")});
    return m_process.waitForStarted();
}

void AgentProcess::signal(int number) const { ::kill(static_cast<pid_t>(pid()), number); }

int AgentProcess::terminate(int withinMs)
{
    QElapsedTimer timer;
    timer.start();
    m_process.terminate();
    if (!m_process.waitForFinished(withinMs))
        return -1;
    output();
    return static_cast<int>(timer.elapsed());
}

quint16 AgentProcess::observePort()
{
    static const QRegularExpression line("metrics and health on http://127\\.0\\.0\\.1:(\\d+)");
    const auto match = line.match(output());
    return match.hasMatch() ? match.captured(1).toUShort() : quint16(0);
}

void AgentProcess::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished(5000);
    output();
}

int AgentProcess::run(int withinMs)
{
    // A process that is that fast has ended already, and then there is nothing to wait for.
    const bool ended = start() && (!running() || m_process.waitForFinished(withinMs));
    if (!ended || m_process.exitStatus() != QProcess::NormalExit)
        return -1;
    output();
    return m_process.exitCode();
}

} // namespace tapio::test

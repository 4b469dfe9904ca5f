// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <fstream>
#include <memory>

#include "agent/drill/scratch.h"
#include "tests/agent/agentprocess.h"
#include "tests/support/testpki.h"

namespace tapio::test {

/// A server that keeps what it hears, and a real agent on whose node `tapio drill` may make faults.
class DrillStage {
public:
    static constexpr int soon = 15'000;

    /// Empty, or why drills cannot run here.
    QString start()
    {
        if (::geteuid() != 0 || !drill::CgroupHierarchies::detect("/sys/fs/cgroup").require("memory"))
            return "drills need root and the memory controller";
        server::FanInOptions options;
        options.endpoint.tls = pki.server();
        auto started = server::FanIn::start(options, &log, clock);
        if (!started)
            qFatal("no server: %s", started.error().message().c_str());
        m_fanIn = std::move(*started);
        return {};
    }
    void startAgent(bool allowed)
    {
        agent = std::make_unique<AgentProcess>(pki.node(), m_fanIn->port());
        std::ofstream((agent->folder() + "/agent.toml").toStdString())
            << "runtime_folder = \"" << agent->folder().toStdString() << "\"\n[drill]\nallowed = " << (allowed ? "true" : "false") << '\n';
        agent->arguments << "--config" << agent->folder() + "/agent.toml";
        QVERIFY(agent->start());
        QTRY_VERIFY_WITH_TIMEOUT(agent->output().contains("welcomed"), soon);
    }
    void end()
    {
        agent.reset();
        m_fanIn.reset();
    }
    /// Arguments of `tapio` for a command of `drill` with this agent.
    QStringList drill(const QStringList &arguments) const
    {
        return QStringList{"-o", "json", "drill", "--agent-config", agent->folder() + "/agent.toml"} + arguments;
    }

    TestPki pki;
    SystemClock clock;
    DeliveryLog log;
    std::unique_ptr<AgentProcess> agent;

private:
    std::unique_ptr<server::FanIn> m_fanIn;
};

} // namespace tapio::test

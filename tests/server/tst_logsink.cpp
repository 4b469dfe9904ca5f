// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sstream>

#include <spdlog/sinks/ostream_sink.h>

#include "agent/server/logsink.h"

using namespace tapio;
using namespace tapio::server;
using wire::LinkNoticeKind;
using wire::LinkState;

Q_DECLARE_METATYPE(tapio::wire::LinkNotice)

namespace {

/// A sink whose lines are read back: "level text".
struct Fixture {
    Fixture() { log.set_pattern("%l %v"); }

    QStringList lines()
    {
        log.flush();
        const QStringList all = QString::fromStdString(text.str()).split('\n', Qt::SkipEmptyParts);
        text.str({});
        return all;
    }

    std::ostringstream text;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
    LogSink sink{log};
};

wire::AgentState state(LinkState link, wire::StreamLoss loss = {})
{
    wire::AgentState made;
    made.node = "node-1";
    made.state = link;
    made.remoteAddress = "10.0.0.1:5";
    made.sessions = 3;
    made.loss = loss;
    return made;
}

} // namespace

class TestLogSink : public QObject {
    Q_OBJECT
private slots:
    void notice_isALineWithCodeAndReason_data()
    {
        QTest::addColumn<wire::LinkNotice>("notice");
        QTest::addColumn<QString>("line");
        const auto notice = [](LinkNoticeKind kind, const char *code, const char *reason, std::uint32_t repeated = 1) {
            return wire::LinkNotice{1, kind, "10.0.0.9:7", "spiffe://t/tapio/node/n", code, reason, repeated};
        };
        QTest::newRow("refused") << notice(LinkNoticeKind::Refused, "expired", "Its certificate has expired.")
                                 << "warning connection refused: 10.0.0.9:7 spiffe://t/tapio/node/n [expired] Its certificate has expired.";
        QTest::newRow("refused, folded") << notice(
            LinkNoticeKind::Refused, "plaintext", "It sent plain text.",
            12) << "warning connection refused: 10.0.0.9:7 spiffe://t/tapio/node/n [plaintext] It sent plain text. (12 times)";
        QTest::newRow("accepted") << notice(LinkNoticeKind::Accepted, "accepted", "It connected.")
                                  << "info connection accepted: 10.0.0.9:7 spiffe://t/tapio/node/n [accepted] It connected.";
        QTest::newRow("closed") << notice(LinkNoticeKind::Closed, "reset", "reset")
                                << "info connection closed: 10.0.0.9:7 spiffe://t/tapio/node/n [reset] reset";
        QTest::newRow("a stranger") << wire::LinkNotice{1, LinkNoticeKind::Refused, "10.0.0.9:7", {}, "plaintext", "It sent plain text.",
                                                        12}
                                    << "warning connection refused: 10.0.0.9:7 [plaintext] It sent plain text. (12 times)";
        QTest::newRow("our own files") << wire::LinkNotice{1, LinkNoticeKind::Refused, {}, {}, "tls-files", "Our files changed.", 1}
                                       << "warning connection refused: [tls-files] Our files changed.";
        QTest::newRow("no reason") << wire::LinkNotice{1, LinkNoticeKind::Closed, "10.0.0.9:7", {}, "closed", {}, 1}
                                   << "info connection closed: 10.0.0.9:7 [closed]";
    }
    void notice_isALineWithCodeAndReason()
    {
        QFETCH(wire::LinkNotice, notice);
        QFETCH(QString, line);
        Fixture f;
        f.sink.onLinkNotice(notice);
        QCOMPARE(f.lines(), QStringList{line});
    }

    void state_isALineWhenItChanges()
    {
        Fixture f;
        f.sink.onAgentState(state(LinkState::Connected));
        QCOMPARE(f.lines(), QStringList{"info node node-1: connected (10.0.0.1:5, session 3 of this node)"});
        f.sink.onAgentState(state(LinkState::Connected));
        QCOMPARE(f.lines(), QStringList());
        f.sink.onAgentState(state(LinkState::Silent));
        QCOMPARE(f.lines(), QStringList{"warning node node-1: silent (10.0.0.1:5, session 3 of this node)"});
        f.sink.onAgentState(state(LinkState::Gone));
        QCOMPARE(f.lines(), QStringList{"warning node node-1: gone (10.0.0.1:5, session 3 of this node)"});
    }

    void loss_isALineWhenAnyOfItRises_data()
    {
        QTest::addColumn<int>("dropped");
        QTest::addColumn<int>("transit");
        QTest::addColumn<int>("gaps");
        QTest::addColumn<int>("duplicates");
        QTest::addColumn<bool>("said");
        QTest::newRow("dropped by the agent") << 5 << 0 << 0 << 0 << true;
        QTest::newRow("lost on the way") << 0 << 5 << 0 << 0 << true;
        QTest::newRow("frames that never came, and nothing else") << 0 << 0 << 5 << 0 << true;
        QTest::newRow("duplicates are no loss") << 0 << 0 << 0 << 5 << false;
    }
    void loss_isALineWhenAnyOfItRises()
    {
        QFETCH(int, dropped);
        QFETCH(int, transit);
        QFETCH(int, gaps);
        QFETCH(int, duplicates);
        Fixture f;
        f.sink.onAgentState(state(LinkState::Connected, {1, 1, 1, 1}));
        f.lines();
        const auto more = [](int value) { return 1 + static_cast<std::uint64_t>(value); };
        const wire::StreamLoss loss{more(gaps), more(dropped), more(transit), more(duplicates)};
        f.sink.onAgentState(state(LinkState::Connected, loss));
        const QString line = QStringLiteral("warning node node-1: %1 events dropped by the agent, %2 lost on the way, %3 frames never came")
                                 .arg(1 + dropped)
                                 .arg(1 + transit)
                                 .arg(1 + gaps);
        QFETCH(bool, said);
        QCOMPARE(f.lines(), said ? QStringList{line} : QStringList());
        f.sink.onAgentState(state(LinkState::Connected, loss));
        QCOMPARE(f.lines(), QStringList());
    }
};

QTEST_APPLESS_MAIN(TestLogSink)
#include "tst_logsink.moc"

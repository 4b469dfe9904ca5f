// SPDX-License-Identifier: GPL-3.0-or-later
// What the desktop is told of new insights, and how.
#include <QDBusConnection>
#include <QDBusContext>
#include <QProcess>
#include <QStandardPaths>
#include <QtTest>

#include "console/ui/window/desktopnotes.h"
#include "console/ui/window/insightalerts.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Severity;

namespace {

constexpr std::int64_t now0 = FakeClock::startNs;

class Notes final : public NoteService {
public:
    void show(const DesktopNote &note) override
    {
        shown.push_back(note);
        emit answered(problem);
    }
    std::vector<DesktopNote> shown;
    QString problem;
};

StoredEvent insight(std::uint64_t id, Severity severity, double seconds, wire::InsightState state = wire::InsightState::Open,
                    const std::string &text = "a pod was killed")
{
    wire::Insight one;
    one.id = id;
    one.rule = "oom-kill";
    one.state = state;
    one.text = text;
    one.fromNs = one.toNs = now0 + static_cast<std::int64_t>(seconds * 1e9);
    StoredEvent stored;
    stored.id = {static_cast<std::int64_t>(id * 10) + static_cast<std::int64_t>(state), 0};
    stored.node = "n1";
    stored.seq = id * 10 + static_cast<std::uint64_t>(state);
    stored.event.type = wire::EventType::Insight;
    stored.event.severity = severity;
    stored.event.timeNs = one.toNs;
    stored.event.detail = one;
    return stored;
}

/// A console with that choice, a second after it was made.
struct Bench {
    explicit Bench(std::optional<Severity> least)
        : alerts(session, choice, notes,
                 {[this] { return nowNs; }, [this] { return isLookedAt; }, [this](const QString &argument) { opened = argument; }})
    {
        alerts.gathering().setInterval(0);
        choice.setLeast(least);
        nowNs += nsPerSecond;
    }
    void look()
    {
        alerts.looking().setInterval(0); // what does not run stays still
        for (int i = 0; i < 20; ++i)     // answers come by the event loop, and the note after them
            QCoreApplication::processEvents();
        alerts.looking().setInterval(3'600'000);
    }

    FakeSession session;
    AlertChoice choice;
    Notes notes;
    std::int64_t nowNs = now0;
    bool isLookedAt = false;
    QString opened;
    InsightAlerts alerts;
};

} // namespace

/// The desktop's service, on a bus of the test's own.
class FakeDesktop : public QObject, protected QDBusContext {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")
public:
    QStringList capabilities, titles, bodies;
    QList<uint> replaced;
    QList<int> urgencies;

public slots:
    QStringList GetCapabilities() { return capabilities; }
    uint Notify(const QString &, uint replaces, const QString &, const QString &title, const QString &body, const QStringList &,
                const QVariantMap &hints, int)
    {
        titles << title;
        bodies << body;
        replaced << replaces;
        urgencies << hints.value("urgency").toInt();
        return 41;
    }

signals:
    void ActionInvoked(uint id, const QString &action);
};

class tst_InsightAlerts : public QObject {
    Q_OBJECT

private slots:
    void told_isWhatWasChosen_data();
    void told_isWhatWasChosen();
    void what_wasThereBefore_isNoNews();
    void one_isToldOnce();
    void several_areOneNote();
    void moreOfOneCause_isToldWhereItIsWorse();
    void whatIsLookedAt_isNotTold();
    void aClick_opensThem();
    void problem_isKept();
    void switchedOff_asksNothing();
    void whatWasToldWhileNobodyCouldLook_isTold();
    void desktop_isToldOverItsBus_data();
    void desktop_isToldOverItsBus();
    void desktop_thatIsNotThere_isSaid();
};

void tst_InsightAlerts::told_isWhatWasChosen_data()
{
    QTest::addColumn<int>("least");
    QTest::addColumn<int>("severity");
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("notes");
    const auto row = [](const char *name, Severity least, Severity severity, wire::InsightState state, int notes) {
        QTest::newRow(name) << int(least) << int(severity) << int(state) << notes;
    };
    row("as severe as was chosen", Severity::Error, Severity::Error, wire::InsightState::Open, 1);
    row("more severe", Severity::Warning, Severity::Critical, wire::InsightState::Open, 1);
    row("less severe", Severity::Error, Severity::Warning, wire::InsightState::Open, 0);
    row("more of one whose opening was missed", Severity::Error, Severity::Error, wire::InsightState::Updated, 1);
    row("over", Severity::Warning, Severity::Error, wire::InsightState::Resolved, 0);
}

void tst_InsightAlerts::told_isWhatWasChosen()
{
    QFETCH(int, least);
    QFETCH(int, severity);
    QFETCH(int, state);
    QFETCH(int, notes);
    Bench bench(static_cast<Severity>(least));
    bench.session.events = {insight(1, static_cast<Severity>(severity), 0.5, static_cast<wire::InsightState>(state))};
    bench.look();
    QCOMPARE(bench.notes.shown.size(), std::size_t(notes));
    if (notes > 0) {
        QVERIFY(bench.notes.shown[0].title.startsWith("New insight: "));
        QCOMPARE(bench.notes.shown[0].body, QString("a pod was killed"));
        QCOMPARE(bench.notes.shown[0].isUrgent, severity == int(Severity::Critical));
    }
}

void tst_InsightAlerts::what_wasThereBefore_isNoNews()
{
    Bench bench(Severity::Warning);
    bench.session.events = {insight(1, Severity::Critical, -5)};
    bench.look();
    QVERIFY(bench.notes.shown.empty());
}

void tst_InsightAlerts::one_isToldOnce()
{
    Bench bench(Severity::Warning);
    bench.session.events = {insight(1, Severity::Error, 0.5)};
    bench.look();
    bench.session.events.push_back(insight(1, Severity::Critical, 0.7, wire::InsightState::Updated));
    bench.look();
    QCOMPARE(bench.notes.shown.size(), std::size_t(1));
}

void tst_InsightAlerts::several_areOneNote()
{
    Bench bench(Severity::Warning);
    for (std::uint64_t id = 1; id <= 7; ++id)
        bench.session.events.push_back(insight(id, id == 5 ? Severity::Critical : Severity::Warning, 0.5, wire::InsightState::Open,
                                               "what happened " + std::to_string(id)));
    bench.look();
    QCOMPARE(bench.notes.shown.size(), std::size_t(1));
    const DesktopNote &note = bench.notes.shown[0];
    QCOMPARE(note.title, QString("7 new insights, up to critical"));
    const QStringList lines = note.body.split('\n');
    QCOMPARE(lines.size(), 4);
    QCOMPARE(lines[0], QString("what happened 5")); // the worst first
    QCOMPARE(lines[3], QString("and 4 more"));
}

void tst_InsightAlerts::moreOfOneCause_isToldWhereItIsWorse()
{
    Bench b(Severity::Warning);
    const auto of = [](std::uint64_t id, Severity severity, double seconds, const std::string &root, std::vector<std::string> affected) {
        StoredEvent stored = insight(id, severity, seconds);
        wire::Insight one = *wire::insightOf(stored.event.detail);
        one.rootKind = wire::EntityKind::Pod;
        one.root = root;
        one.affected = std::move(affected);
        stored.event.detail = one;
        return stored;
    };
    std::size_t notes = 0;
    const auto tells = [&](StoredEvent event) {
        b.session.events.push_back(std::move(event));
        b.look();
        return std::exchange(notes, b.notes.shown.size()) != b.notes.shown.size();
    };
    QVERIFY(tells(of(1, Severity::Error, 0.1, "a", {"pod b"})));
    QVERIFY(!tells(of(2, Severity::Error, 0.2, "b", {"pod c"})));
    QVERIFY(!tells(of(3, Severity::Warning, 0.3, "c", {})));
    QVERIFY(tells(of(4, Severity::Critical, 0.4, "c", {})));
    QVERIFY(!tells(of(5, Severity::Critical, 0.5, "a", {})));
    QVERIFY(tells(of(6, Severity::Warning, 0.6, "z", {}))); // of no known cause
    StoredEvent critical = of(7, Severity::Critical, 0.7, "a", {});
    critical.node = "n2";
    QVERIFY(tells(critical)); // another node's word silences nothing critical
}

void tst_InsightAlerts::whatIsLookedAt_isNotTold()
{
    Bench bench(Severity::Warning);
    bench.isLookedAt = true;
    bench.session.events = {insight(1, Severity::Error, 0.5)};
    bench.look();
    QVERIFY(bench.notes.shown.empty());
    bench.isLookedAt = false;
    bench.look();
    QVERIFY(bench.notes.shown.empty()); // it was seen
}

void tst_InsightAlerts::aClick_opensThem()
{
    Bench bench(Severity::Warning);
    emit bench.notes.activated();
    QCOMPARE(bench.opened, QString("state=open"));
}

void tst_InsightAlerts::problem_isKept()
{
    Bench bench(Severity::Warning);
    bench.notes.problem = "nobody answers";
    bench.session.events = {insight(1, Severity::Error, 0.5)};
    bench.look();
    QCOMPARE(bench.choice.problem(), QString("nobody answers"));
    bench.notes.problem.clear();
    bench.session.events.push_back(insight(2, Severity::Error, 0.6));
    bench.look();
    QVERIFY(bench.choice.problem().isEmpty());
}

void tst_InsightAlerts::switchedOff_asksNothing()
{
    Bench bench(std::nullopt);
    bench.session.events = {insight(1, Severity::Critical, 0.5)};
    bench.look();
    QVERIFY(bench.session.asked.isEmpty() && bench.notes.shown.empty());
}

/// The console may be paused meanwhile, or show another time.
void tst_InsightAlerts::whatWasToldWhileNobodyCouldLook_isTold()
{
    Bench bench(Severity::Warning);
    bench.session.setPaused(true);
    bench.look();
    QVERIFY(bench.session.asked.back().after.has_value()); // no action of an operator
    bench.session.queryError = "disk I/O error";
    bench.nowNs += 600 * nsPerSecond;
    bench.look();
    bench.session.queryError.clear();
    bench.session.events = {insight(1, Severity::Error, 300)};
    bench.nowNs += nsPerSecond;
    bench.look();
    QCOMPARE(bench.notes.shown.size(), std::size_t(1));
}

void tst_InsightAlerts::desktop_isToldOverItsBus_data()
{
    QTest::addColumn<bool>("markup");
    QTest::addColumn<QString>("body");
    QTest::newRow("that takes markup") << true << "&lt;b&gt;root&lt;/b&gt; logged in";
    QTest::newRow("that takes text") << false << "<b>root</b> logged in";
}

void tst_InsightAlerts::desktop_isToldOverItsBus()
{
    QFETCH(bool, markup);
    QFETCH(QString, body);
    if (QStandardPaths::findExecutable("dbus-daemon").isEmpty())
        QSKIP("there is no dbus-daemon");
    QProcess daemon;
    daemon.start("dbus-daemon", {"--session", "--nofork", "--print-address"});
    QVERIFY(daemon.waitForReadyRead());
    const QString address = QString::fromUtf8(daemon.readLine()).trimmed();
    QDBusConnection there = QDBusConnection::connectToBus(address, "there"), here = QDBusConnection::connectToBus(address, "here");
    FakeDesktop desktop;
    desktop.capabilities = markup ? QStringList{"body", "body-markup"} : QStringList{"body"};
    QVERIFY(there.registerObject("/org/freedesktop/Notifications", &desktop,
                                 QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
    QVERIFY(there.registerService("org.freedesktop.Notifications"));
    {
        DBusNotes notes([&here] { return here; });
        QSignalSpy answered(&notes, &NoteService::answered), activated(&notes, &NoteService::activated);
        notes.show({"New insight: critical", "<b>root</b> logged in", true});
        QTRY_COMPARE(answered.size(), 1);
        QVERIFY2(answered[0][0].toString().isEmpty(), qPrintable(answered[0][0].toString()));
        QCOMPARE(desktop.titles, QStringList{"New insight: critical"});
        QCOMPARE(desktop.bodies, QStringList{body});
        QCOMPARE(desktop.urgencies, QList<int>{2});
        notes.show({"7 new insights", "x", false});
        QTRY_COMPARE(answered.size(), 2);
        QCOMPARE(desktop.replaced, (QList<uint>{0, 41})); // in the place of the first
        QCOMPARE(desktop.urgencies, (QList<int>{2, 1}));
        emit desktop.ActionInvoked(40, "default"); // another program's
        emit desktop.ActionInvoked(41, "default");
        QTRY_COMPARE(activated.size(), 1);
    }
    QDBusConnection::disconnectFromBus("here");
    QDBusConnection::disconnectFromBus("there");
    daemon.kill();
    daemon.waitForFinished();
}

void tst_InsightAlerts::desktop_thatIsNotThere_isSaid()
{
    DBusNotes notes([] { return QDBusConnection(QStringLiteral("no such bus")); });
    QSignalSpy answered(&notes, &NoteService::answered);
    notes.show({"t", "b", false});
    QTRY_COMPARE(answered.size(), 1);
    QVERIFY(answered[0][0].toString().startsWith("there is no session bus"));
}

QTEST_MAIN(tst_InsightAlerts)
#include "tst_insightalerts.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What `tapio record --recording` leaves of the node itself beside a cgroup: events of some types, samples of some devices and paths.
#include <QtTest>

#include "console/cli/output.h"
#include "protocol/recording/reader.h"
#include "protocol/recording/writer.h"
#include "tests/cli/programrun.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t startNs = 1'772'366'400'000'000'000;

wire::Origin originOf(const std::string &path)
{
    wire::Origin origin;
    origin.cgroupId = 7;
    origin.cgroupPath = path;
    return origin;
}

wire::Event eventOf(wire::Detail detail, std::uint32_t origin)
{
    wire::Event event;
    event.timeNs = startNs;
    event.type = static_cast<wire::EventType>(detail.index());
    event.detail = std::move(detail);
    event.origin = origin;
    return event;
}

wire::Delivery deliveryOf(std::uint64_t frame, decltype(wire::Frame::body) body)
{
    wire::Delivery delivery;
    delivery.node = "n1";
    delivery.receivedNs = startNs;
    delivery.frame.streamId = 1;
    delivery.frame.frameSeq = frame;
    delivery.frame.body = std::move(body);
    return delivery;
}

/// The host and a service: of both a login and a kill, and samples of devices, mounts and none.
void writeSource(const QString &file)
{
    auto sink = recording::createFile(file.toStdString());
    auto writer = recording::Writer::begin(std::move(*sink), {recording::Origin::Live, startNs});
    wire::EventBatch events;
    events.firstSeq = 1;
    events.origins = {originOf("/"), originOf("/svc/a")};
    for (const std::uint32_t origin : {0u, 1u}) {
        events.events.push_back(eventOf(wire::Login(), origin));
        events.events.push_back(eventOf(wire::OomKill(), origin));
    }
    wire::SampleBatch samples;
    samples.timeNs = startNs;
    samples.origins = events.origins;
    samples.labels = {"", "vda", "vda write", "vdb read", "/", "/srv"};
    for (std::uint32_t label = 0; label < samples.labels.size(); ++label)
        samples.samples.push_back({wire::Metric::DiskReadBytes, 0, label, 1});
    samples.samples.push_back({wire::Metric::CpuUsageNs, 1, 0, 1});
    if (!writer || !writer->add(deliveryOf(1, events)) || !writer->add(deliveryOf(2, samples)) || !writer->close(startNs, 0, 0))
        qFatal("cannot write");
}

/// "login /, oom.kill /svc/a" and "/: vda, /srv": what is in it.
std::pair<QStringList, QStringList> contents(const QString &file)
{
    QStringList events, samples;
    auto reader = recording::Reader::open(std::filesystem::path(file.toStdString()));
    if (!reader)
        qFatal("cannot read");
    for (auto next = reader->next(); next && *next; next = reader->next()) {
        const auto &body = std::get<wire::Delivery>(**next).frame.body;
        if (const auto *batch = std::get_if<wire::EventBatch>(&body)) {
            for (const wire::Event &event : batch->events)
                events << QString::fromStdString(std::string(wire::eventTypeName(event.type)) + ' '
                                                 + batch->origins[event.origin].cgroupPath);
        } else if (const auto *read = std::get_if<wire::SampleBatch>(&body)) {
            for (const wire::Sample &sample : read->samples)
                samples << QString::fromStdString(read->origins[sample.origin].cgroupPath + ": " + read->labels[sample.label]);
        }
    }
    return {events, samples};
}

} // namespace

class tst_RecordCut : public QObject {
    Q_OBJECT

private slots:
    void host_isKeptAsFarAsItIsAskedFor_data();
    void host_isKeptAsFarAsItIsAskedFor();
    void wrongOptions_areRefused_data();
    void wrongOptions_areRefused();
};

void tst_RecordCut::host_isKeptAsFarAsItIsAskedFor_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("events");
    QTest::addColumn<QStringList>("samples");
    const QStringList own{"login /svc/a", "oom.kill /svc/a"}, always{"/: ", "/: /", "/svc/a: "};
    QTest::newRow("nothing") << QStringList{} << own << always;
    QTest::newRow("logins") << QStringList{"--host-type", "login"} << QStringList{"login /"} + own << always;
    QTest::newRow("two types") << QStringList{"--host-type", "login", "--host-type", "oom.kill"}
                               << QStringList{"login /", "oom.kill /"} + own << always;
    QTest::newRow("a type that is not there") << QStringList{"--host-type", "dns.query"} << own << always;
    QTest::newRow("a device with its operations")
        << QStringList{"--host-label", "vda"} << own << always + QStringList{"/: vda", "/: vda write"};
    QTest::newRow("one operation of a device") << QStringList{"--host-label", "vdb read"} << own << always + QStringList{"/: vdb read"};
    QTest::newRow("no device of which it is the beginning") << QStringList{"--host-label", "vd"} << own << always;
    QTest::newRow("a mount") << QStringList{"--host-label", "/srv"} << own << always + QStringList{"/: /srv"};
    QTest::newRow("both") << QStringList{"--host-type", "login", "--host-label", "/srv"} << QStringList{"login /"} + own
                          << always + QStringList{"/: /srv"};
}

void tst_RecordCut::host_isKeptAsFarAsItIsAskedFor()
{
    QFETCH(QStringList, options);
    QFETCH(QStringList, events);
    QFETCH(QStringList, samples);
    const QTemporaryDir folder;
    writeSource(folder.filePath("whole.tapiorec"));
    const Outcome cut = runAtHome(folder.path(), TAPIO_PROGRAM,
                                  QStringList{"record", "--recording", folder.filePath("whole.tapiorec"), "--out",
                                              folder.filePath("cut.tapiorec"), "--samples", "--cgroup", "n1:/svc"}
                                      + options);
    QVERIFY2(cut.code == ExitOk, cut.err.constData());
    auto [keptEvents, keptSamples] = contents(folder.filePath("cut.tapiorec"));
    for (QStringList *list : {&events, &samples, &keptEvents, &keptSamples})
        list->sort();
    QCOMPARE(keptEvents, events);
    QCOMPARE(keptSamples, samples);
}

void tst_RecordCut::wrongOptions_areRefused_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no such type") << QStringList{"--cgroup", "/svc", "--host-type", "logins"} << QByteArray("--host-type");
    QTest::newRow("a type without a cgroup") << QStringList{"--host-type", "login"} << QByteArray("without these all is recorded");
    QTest::newRow("a label without a cgroup") << QStringList{"--host-label", "vda"} << QByteArray("without these all is recorded");
}

void tst_RecordCut::wrongOptions_areRefused()
{
    QFETCH(QStringList, options);
    QFETCH(QByteArray, says);
    const QTemporaryDir folder;
    writeSource(folder.filePath("whole.tapiorec"));
    const QString out = folder.filePath("cut.tapiorec");
    const Outcome refused = runAtHome(folder.path(), TAPIO_PROGRAM,
                                      QStringList{"record", "--recording", folder.filePath("whole.tapiorec"), "--out", out} + options);
    QCOMPARE(refused.code, int(ExitUsage));
    QVERIFY2(refused.err.contains(says), refused.err.constData());
    QVERIFY(!QFile::exists(out));
}

QTEST_GUILESS_MAIN(tst_RecordCut)
#include "tst_recordcut.moc"

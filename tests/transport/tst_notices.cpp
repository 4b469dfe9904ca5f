// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/transport/notices.h"

using namespace tapio;
using namespace tapio::transport;

namespace {

Notice notice(NoticeKind kind, std::string address, std::string code, std::int64_t timeNs)
{
    Notice made;
    made.kind = kind;
    made.remoteAddress = std::move(address);
    made.code = std::move(code);
    made.timeNs = timeNs;
    return made;
}

Notice refused(std::string address, std::string code, std::int64_t timeNs)
{
    return notice(NoticeKind::Refused, std::move(address), std::move(code), timeNs);
}

} // namespace

class TestNotices : public QObject {
    Q_OBJECT
private slots:
    void refusals_areFoldedPerAddressAndCode()
    {
        NoticeLog log;
        for (int i = 0; i < 50; ++i)
            log.add(refused("10.0.0.1:" + std::to_string(1000 + i), "plaintext", i));
        log.add(refused("10.0.0.1:2000", "wrong-ca", 60));
        log.add(refused("[::1]:2000", "plaintext", 70));
        const auto first = log.take(100);
        QCOMPARE(first.size(), 3u);
        QCOMPARE(first[0].remoteAddress, std::string("10.0.0.1:1000"));
        QCOMPARE(first[0].repeated, 1u);
        QVERIFY(log.take(9 * nsPerSecond).empty());
        const auto folded = log.take(11 * nsPerSecond);
        QCOMPARE(folded.size(), 1u);
        QCOMPARE(folded[0].repeated, 49u);
        QCOMPARE(folded[0].remoteAddress, std::string("10.0.0.1:1049"));
        QVERIFY(log.take(30 * nsPerSecond).empty());
        log.add(refused("10.0.0.1:3000", "plaintext", 50 * nsPerSecond)); // its window is over: told at once again
        QCOMPARE(log.take(51 * nsPerSecond).size(), 1u);
    }

    void acceptedAndClosed_areNeverFolded()
    {
        NoticeLog log;
        for (int i = 0; i < 100; ++i) {
            log.add(notice(NoticeKind::Accepted, "10.0.0.1:1", "accepted", i));
            log.add(notice(NoticeKind::Closed, "10.0.0.1:1", "closed", i));
        }
        const auto all = log.take(200);
        QCOMPARE(all.size(), 200u);
        QCOMPARE(all[0].kind, NoticeKind::Accepted);
        QCOMPARE(all[1].kind, NoticeKind::Closed);
    }

    void refusalsWithoutNumber_crowdNobodyOutAndAreCounted()
    {
        NoticeLog log;
        for (int i = 0; i < 5000; ++i)
            log.add(refused("10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ":1", "garbage", i));
        log.add(notice(NoticeKind::Closed, "10.9.9.9:1", "closed", 6000));
        std::uint32_t told = 0;
        bool closed = false;
        for (const Notice &each : log.take(7000)) {
            told += each.kind == NoticeKind::Refused ? each.repeated : 0;
            closed = closed || each.kind == NoticeKind::Closed;
        }
        QVERIFY(closed);
        QCOMPARE(told, 5000u);
        QVERIFY(log.take(8000).empty());
    }
};

QTEST_APPLESS_MAIN(TestNotices)
#include "tst_notices.moc"

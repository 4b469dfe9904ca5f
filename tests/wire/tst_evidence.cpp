// SPDX-License-Identifier: GPL-3.0-or-later
// One line of an insight's chain: what is written comes back, and nothing else is taken.
#include <QtTest>

#include <cstdint>

#include "protocol/wire/evidence.h"
#include "protocol/wire/text.h"

using namespace tapio;
using namespace tapio::wire;

Q_DECLARE_METATYPE(EvidenceRef)

namespace {

EvidenceRef kill() { return {"kill", 1'764'212'345'123'456'789, 0, "node-a", 0x1F2E3D4C5B6A7988, 1234, "oom kill of web"}; }

EvidenceRef with(void (*change)(EvidenceRef &))
{
    EvidenceRef ref = kill();
    change(ref);
    return ref;
}

} // namespace

class TestEvidence : public QObject {
    Q_OBJECT
private slots:
    void event_isToldWithoutTheRest_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("event");
        const auto lineOf = [](const EvidenceRef &ref) { return QByteArray::fromStdString(evidenceLine(ref)); };
        EvidenceRef fact = kill(), bare = kill();
        fact.seq = 0;
        bare.text.clear();
        QTest::newRow("an event") << lineOf(kill()) << QByteArray("node-a/1f2e3d4c5b6a7988/1234");
        QTest::newRow("without a text") << lineOf(bare) << QByteArray("node-a/1f2e3d4c5b6a7988/1234");
        QTest::newRow("what no event says") << lineOf(fact) << QByteArray();
        QTest::newRow("nothing known") << lineOf(EvidenceRef()) << QByteArray();
        QTest::newRow("nothing") << QByteArray() << QByteArray();
        QTest::newRow("blanks") << QByteArray("      ") << QByteArray();
        QTest::newRow("a line of a newer version") << QByteArray("a b c d e/f") << QByteArray();
    }
    void event_isToldWithoutTheRest()
    {
        QFETCH(QByteArray, line);
        const std::string_view event = evidenceEvent({line.constData(), static_cast<std::size_t>(line.size())});
        QTEST(QByteArray(event.data(), static_cast<qsizetype>(event.size())), "event");
    }

    void line_data()
    {
        QTest::addColumn<EvidenceRef>("ref");
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("an event") << kill() << QByteArray("kill 1764212345123456789 +-0 node-a/1f2e3d4c5b6a7988/1234 oom kill of web");
        QTest::newRow("a clock that may be wrong, and a short stream id") << with([](EvidenceRef &ref) {
            ref.uncertaintyNs = 2'000'000;
            ref.streamId = 10;
        }) << QByteArray("kill 1764212345123456789 +-2000000 node-a/000000000000000a/1234 oom kill of web");
        QTest::newRow("no text") << with([](EvidenceRef &ref) { ref.text.clear(); })
                                 << QByteArray("kill 1764212345123456789 +-0 node-a/1f2e3d4c5b6a7988/1234");
        QTest::newRow("nothing known") << EvidenceRef() << QByteArray("- 0 +-0 -/0000000000000000/0");
        QTest::newRow("a text like a line") << with([](EvidenceRef &ref) { ref.text = " 7 +-1 n/1/2  x "; })
                                            << QByteArray("kill 1764212345123456789 +-0 node-a/1f2e3d4c5b6a7988/1234  7 +-1 n/1/2  x ");
        QTest::newRow("a text beyond ASCII") << with([](EvidenceRef &ref) { ref.text = "gr\xC3\xBC\xC3\x9F"; })
                                             << QByteArray("kill 1764212345123456789 +-0 node-a/1f2e3d4c5b6a7988/1234 gr\xC3\xBC\xC3\x9F");
        QTest::newRow("a step with a slash") << with([](EvidenceRef &ref) { ref.step = "a/b"; })
                                             << QByteArray("a/b 1764212345123456789 +-0 node-a/1f2e3d4c5b6a7988/1234 oom kill of web");
        QTest::newRow("the largest numbers") << EvidenceRef{"s", INT64_MIN, UINT64_MAX, "n", UINT64_MAX, UINT64_MAX, "t"}
                                             << QByteArray("s -9223372036854775808 +-18446744073709551615 "
                                                           "n/ffffffffffffffff/18446744073709551615 t");
    }
    void line()
    {
        QFETCH(EvidenceRef, ref);
        QFETCH(QByteArray, line);
        QCOMPARE(QByteArray::fromStdString(evidenceLine(ref)), line);
        const auto back = parseEvidence(line.toStdString());
        QVERIFY2(back, back ? "" : back.error().message().c_str());
        QVERIFY(*back == ref);
    }

    void line_isMadeOfAnything_data()
    {
        QTest::addColumn<EvidenceRef>("ref");
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("words that would end themselves")
            << EvidenceRef{"a b\n\xFF", 1, 2, "n o/d\x7F", 3, 4, "t"} << QByteArray("a_b__ 1 +-2 n_o_d_/0000000000000003/4 t");
        QTest::newRow("a text that would leave its line") << EvidenceRef{"s", 1, 2, "n", 3, 4, "a\nb\xFF\xE2\x80\xAE"}
                                                          << QByteArray("s 1 +-2 n/0000000000000003/4 a b\xEF\xBF\xBD\xEF\xBF\xBD");
    }
    void line_isMadeOfAnything()
    {
        QFETCH(EvidenceRef, ref);
        QTEST(QByteArray::fromStdString(evidenceLine(ref)), "line");
        const auto back = parseEvidence(evidenceLine(ref));
        QVERIFY(back && evidenceLine(*back) == evidenceLine(ref));
        QCOMPARE(back->seq, ref.seq);
    }

    void line_isAsLongAsItMayBe_data()
    {
        QTest::addColumn<int>("text");
        for (const int text : {0, 10, 14, 15, 16, 17, 18, 19, 20, 400, 5000})
            QTest::addRow("a text of %d bytes", text) << text;
    }
    void line_isAsLongAsItMayBe()
    {
        QFETCH(int, text);
        EvidenceRef ref{std::string(500, 's'), INT64_MIN, UINT64_MAX, std::string(500, 'n'), UINT64_MAX, UINT64_MAX, {}};
        while (ref.text.size() < static_cast<std::size_t>(text))
            ref.text += "\xE2\x82\xAC";
        const std::string line = evidenceLine(ref);
        QVERIFY2(line.size() <= Insight::lineBytes, line.c_str());
        QVERIFY(isValidUtf8(line));
        const auto back = parseEvidence(line);
        QVERIFY2(back, back ? "" : back.error().message().c_str());
        QCOMPARE(back->step, std::string(EvidenceRef::stepBytes, 's'));
        QCOMPARE(back->node, std::string(EvidenceRef::nodeBytes, 'n'));
        QCOMPARE(back->seq, ref.seq);
        QVERIFY(ref.text.starts_with(back->text));
        QCOMPARE(evidenceLine(*back), line);
    }

    void parse_refuses_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QString>("named");
        const auto row = [](const char *name, const QByteArray &line, const char *named) {
            QTest::newRow(name) << line << QString::fromLatin1(named);
        };
        row("nothing", "", "no time");
        row("only a step", "kill", "no time");
        row("a time that is none", "kill now +-0 n/0000000000000001/1", "no time");
        row("a time too large", "kill 9223372036854775808 +-0 n/0000000000000001/1", "no time");
        row("a time with a plus", "kill +5 +-0 n/0000000000000001/1", "no time");
        row("no uncertainty", "kill 5 0 n/0000000000000001/1", "no uncertainty");
        row("an uncertainty below zero", "kill 5 +--1 n/0000000000000001/1", "no uncertainty");
        row("an uncertainty without a number", "kill 5 +- n/0000000000000001/1", "no uncertainty");
        row("no event", "kill 5 +-0", "no stream");
        row("a stream that is none", "kill 5 +-0 n/xyz/1", "no stream");
        row("a stream too large", "kill 5 +-0 n/1ffffffffffffffff/1", "no stream");
        row("no sequence number", "kill 5 +-0 n/0000000000000001", "no sequence number");
        row("an empty sequence number", "kill 5 +-0 n/0000000000000001/ text", "no sequence number");
        row("a sequence number and more", "kill 5 +-0 n/0000000000000001/1/2", "no sequence number");
        row("an empty step", " 5 +-0 n/0000000000000001/1", "not as it would be written");
        row("an empty node", "kill 5 +-0 /0000000000000001/1", "not as it would be written");
        row("a step that is too long", QByteArray(49, 's') + " 5 +-0 n/0000000000000001/1", "not as it would be written");
        row("a step with a control character", "ki\x1Bll 5 +-0 n/0000000000000001/1", "not as it would be written");
        row("a node beyond ASCII", "kill 5 +-0 n\xC3\xBC/0000000000000001/1", "not as it would be written");
        row("zeros before a time", "kill 05 +-0 n/0000000000000001/1", "not as it would be written");
        row("zeros before an uncertainty", "kill 5 +-00 n/0000000000000001/1", "not as it would be written");
        row("minus nothing", "kill -0 +-0 n/0000000000000001/1", "not as it would be written");
        row("a short stream", "kill 5 +-0 n/1/1", "not as it would be written");
        row("a stream in capitals", "kill 5 +-0 n/000000000000000A/1", "not as it would be written");
        row("a space and no text", "kill 5 +-0 n/0000000000000001/1 ", "not as it would be written");
        row("a text of two lines", "kill 5 +-0 n/0000000000000001/1 a\nb", "not as it would be written");
        row("a text that is none", "kill 5 +-0 n/0000000000000001/1 a\xFF", "not as it would be written");
        row("a text that turns the line around", "kill 5 +-0 n/0000000000000001/1 a\xE2\x80\xAE", "not as it would be written");
        row("a NUL", QByteArray("kill 5 +-0 n/0000000000000001/1 a\0b", 35), "not as it would be written");
        row("a line that is too long", "kill 5 +-0 n/0000000000000001/1 " + QByteArray(369, 'x'), "a line of 401 bytes");
    }
    void parse_refuses()
    {
        QFETCH(QByteArray, line);
        QFETCH(QString, named);
        const auto ref = parseEvidence(std::string_view(line.constData(), static_cast<std::size_t>(line.size())));
        QVERIFY(!ref);
        QCOMPARE(ref.error().code(), Errc::Malformed);
        QVERIFY2(ref.error().context().find(named.toStdString()) != std::string::npos, ref.error().context().c_str());
    }

    void parse_takesALineOfTheFullLength() { QVERIFY(parseEvidence("kill 5 +-0 n/0000000000000001/1 " + std::string(368, 'x'))); }
};

QTEST_APPLESS_MAIN(TestEvidence)
#include "tst_evidence.moc"

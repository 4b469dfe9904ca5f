// SPDX-License-Identifier: GPL-3.0-or-later
// The question of a DNS message: how its name reads, and what no resolver would send.
#include <QTest>

#include "agent/collect/kernel/dnsquestion.h"

using namespace tapio;

class tst_DnsQuestion : public QObject {
    Q_OBJECT

private slots:
    void name_data();
    void name();
    void longest_isCutBetweenCharacters();
    void hostile_data();
    void hostile();
    void everyPrefix_isRefused();
};

namespace {

QByteArray label(const QByteArray &bytes) { return QByteArray(1, static_cast<char>(bytes.size())) + bytes; }

const QByteArray end(1, '\0');
const QByteArray typeAaaa("\0\x1c\0\x01", 4);

Result<agent::DnsQuestion> decode(const QByteArray &bytes)
{
    return agent::decodeDnsQuestion(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
}

} // namespace

void tst_DnsQuestion::name_data()
{
    QTest::addColumn<QByteArray>("wire");
    QTest::addColumn<QString>("text");
    QTest::newRow("two labels") << label("example") + label("com") + end << "example.com";
    QTest::newRow("a service") << label("_http") + label("_tcp") + label("x-1") + end << "_http._tcp.x-1";
    QTest::newRow("the root") << end << ".";
    QTest::newRow("case is kept") << label("ExAmPle") + end << "ExAmPle";
    QTest::newRow("a dot within a label") << label("a.b") + label("c") + end << "a\\.b.c";
    QTest::newRow("a backslash") << label("a\\b") + end << "a\\\\b";
    QTest::newRow("a space and controls") << label(QByteArray(" \t\0\x7f", 4)) + end << "\\032\\009\\000\\127";
    QTest::newRow("bytes above ASCII") << label("\xc3\xa9\xff") + end << "\\195\\169\\255";
    QTest::newRow("the longest label") << label(QByteArray(63, 'a')) + end << QString(63, 'a');
}

void tst_DnsQuestion::name()
{
    QFETCH(QByteArray, wire);
    const auto question = decode(wire + typeAaaa);
    QVERIFY(question.has_value());
    QTEST(QString::fromLatin1(question->name.c_str()), "text");
    QCOMPARE(question->type, quint16(28));
}

void tst_DnsQuestion::longest_isCutBetweenCharacters()
{
    const QByteArray binary = label(QByteArray(63, '\x01')); // each byte is four characters
    const auto question = decode(binary + binary + binary + label(QByteArray(61, 'x')) + end + typeAaaa);
    QVERIFY(question.has_value());
    QCOMPARE(question->name.size(), std::size_t(63 * 4 + 1)); // the next whole character does not fit any more
    QVERIFY(question->name.ends_with("\\001."));
}

void tst_DnsQuestion::hostile_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const QByteArray most = label(QByteArray(63, 'x'));
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no type") << label("a") + end;
    QTest::newRow("half a type") << label("a") + end + typeAaaa.left(3);
    QTest::newRow("something behind it") << label("a") + end + typeAaaa + end;
    QTest::newRow("no end of the name") << label("abc");
    QTest::newRow("a label longer than the rest") << QByteArray("\x3f"
                                                                "abc");
    QTest::newRow("a label of 64 bytes") << QByteArray(1, 64) + QByteArray(64, 'x') + end + typeAaaa;
    QTest::newRow("a pointer to itself") << QByteArray("\xc0\x0c") + typeAaaa;
    QTest::newRow("a pointer after a label") << label("a") + QByteArray("\xc0\x0c") + typeAaaa;
    QTest::newRow("a reserved kind of label") << QByteArray(1, '\x80') + QByteArray(128, 'x') + end + typeAaaa;
    QTest::newRow("256 bytes") << most + most + most + label(QByteArray(62, 'x')) + end + typeAaaa;
    QTest::newRow("ones") << QByteArray(264, '\xff');
}

void tst_DnsQuestion::hostile()
{
    QFETCH(QByteArray, bytes);
    const auto question = decode(bytes);
    QVERIFY(!question.has_value());
    QCOMPARE(question.error().code(), Errc::Malformed);
}

void tst_DnsQuestion::everyPrefix_isRefused()
{
    const QByteArray bytes = label("www") + label("example") + label("com") + end + typeAaaa;
    for (qsizetype size = 0; size < bytes.size(); ++size)
        QVERIFY(!decode(bytes.left(size)).has_value());
}

QTEST_GUILESS_MAIN(tst_DnsQuestion)
#include "tst_dnsquestion.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What ran where before, and how long it is known.
#include <QtTest>

#include "agent/correlation/identities.h"
#include "agent/correlation/smalltext.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

/// "pod container image", the container's id given short.
wire::Origin originOf(const QString &text)
{
    const QStringList words = text.split(QLatin1Char(' '));
    wire::Origin origin;
    origin.podUid = words[0].toStdString();
    origin.podName = origin.podUid;
    origin.namespaceName = "shop";
    origin.workloadKind = "Deployment";
    origin.workloadName = "web";
    origin.containerName = "main";
    origin.containerId = words[1].toStdString() + std::string(64 - static_cast<std::size_t>(words[1].size()), '0');
    origin.image = words[2].toStdString();
    return origin;
}

QString textOf(const Identities::Changes &changes)
{
    QString text;
    if (changes.restart)
        text += QString("restart %1 %2 ").arg(changes.restart->before.c_str(), QString(changes.restart->now.c_str()).left(2));
    if (changes.image)
        text += QString("image %1 %2 ").arg(changes.image->before.c_str(), changes.image->now.c_str());
    return text.trimmed();
}

} // namespace

class TestIdentities : public QObject {
    Q_OBJECT
private slots:
    void tellsWhatChanged_data()
    {
        QTest::addColumn<QStringList>("seen");
        QTest::addColumn<QString>("last"); // what the last one of them changes
        QTest::newRow("the first") << QStringList{"a c1 web:1"} << "";
        QTest::newRow("the same again") << QStringList{"a c1 web:1", "b c2 web:1", "a c1 web:1"} << "";
        QTest::newRow("a container is back") << QStringList{"a c1 web:1", "a c2 web:1"} << "restart c10000000000 c2";
        QTest::newRow("what was before is told late") << QStringList{"a c1 web:1", "a c2 web:1", "a c1 web:1"} << "";
        QTest::newRow("and what is there now once more") << QStringList{"a c1 web:1", "a c2 web:1", "a c1 web:1", "a c2 web:1"} << "";
        QTest::newRow("back again") << QStringList{"a c1 web:1", "a c2 web:1", "a c3 web:1"} << "restart c20000000000 c3";
        QTest::newRow("a new pod with another image") << QStringList{"a c1 web:1", "b c2 web:2"} << "image web:1 web:2";
        QTest::newRow("an old pod during a rollout") << QStringList{"a c1 web:1", "b c2 web:2", "a c1 web:1"} << "";
        QTest::newRow("rolled back") << QStringList{"a c1 web:1", "b c2 web:2", "d c3 web:1"} << "image web:2 web:1";
        QTest::newRow("a pod that is back with another image, in its place")
            << QStringList{"a c1 web:1", "a c2 web:2"} << "restart c10000000000 c2";
    }
    void tellsWhatChanged()
    {
        QFETCH(QStringList, seen);
        Identities identities(100);
        QString last;
        for (const QString &one : seen)
            last = textOf(identities.note(originOf(one)));
        QTEST(last, "last");
    }

    void forgetsWhatWasNotSeenLately()
    {
        constexpr std::size_t most = 100;
        Identities identities(most);
        identities.note(originOf("kept k1 web:1"));
        identities.note(originOf("left l1 web:1"));
        for (int i = 0; i < 1000; ++i) {
            identities.note(originOf(QString("pod%1 c%1 web:1").arg(i)));
            identities.note(originOf("kept k1 web:1"));
            QVERIFY2(identities.size() <= most + 1, qPrintable(QString::number(identities.size()))); // and one image
        }
        QCOMPARE(textOf(identities.note(originOf("kept k2 web:1"))), QString("restart k10000000000 k2"));
        QCOMPARE(textOf(identities.note(originOf("left l2 web:1"))), QString());
    }

    void aShortIdIsWhole()
    {
        wire::Origin origin = originOf("a c1 web:1");
        Identities identities(8);
        origin.containerId = "c1";
        identities.note(origin);
        origin.containerId = "c2";
        QCOMPARE(identities.note(origin).restart->before, std::string("c1"));
    }

    void smallText_data()
    {
        QTest::addColumn<QByteArray>("first");
        QTest::addColumn<QByteArray>("second");
        QTest::addColumn<qsizetype>("length");
        QTest::newRow("empty") << QByteArray() << QByteArray() << qsizetype(0);
        QTest::newRow("one") << QByteArray("abc") << QByteArray() << qsizetype(3);
        QTest::newRow("both") << QByteArray("abc") << QByteArray("de") << qsizetype(5);
        QTest::newRow("with a zero") << QByteArray("a\0c", 3) << QByteArray() << qsizetype(3);
        QTest::newRow("as long as can be") << QByteArray(65'535, 'x') << QByteArray() << qsizetype(65'535);
        QTest::newRow("longer") << QByteArray(65'530, 'x') << QByteArray(10, 'y') << qsizetype(65'535);
        QTest::newRow("much longer") << QByteArray(70'000, 'x') << QByteArray(10, 'y') << qsizetype(65'535);
    }
    void smallText()
    {
        QFETCH(QByteArray, first);
        QFETCH(QByteArray, second);
        QFETCH(qsizetype, length);
        const auto viewOf = [](const QByteArray &bytes) { return std::string_view(bytes.data(), static_cast<std::size_t>(bytes.size())); };
        const QByteArray whole = (first + second).left(length);
        SmallText text(viewOf(first), viewOf(second));
        QVERIFY(text.view() == viewOf(whole));
        const SmallText copy = text;
        SmallText moved = std::move(text);
        QVERIFY(copy.view() == viewOf(whole) && moved.view() == viewOf(whole));
        moved = SmallText("other");
        QVERIFY(copy.view() == viewOf(whole) && moved.view() == "other");
    }
};

QTEST_APPLESS_MAIN(TestIdentities)
#include "tst_identities.moc"

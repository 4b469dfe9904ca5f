// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/http/url.h"

using namespace tapio;

class TestUrl : public QObject {
    Q_OBJECT

private slots:
    void address_isRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("port");
        QTest::addColumn<bool>("isTls");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("shown");
        QTest::newRow("a name") << "https://prometheus.example"
                                << "prometheus.example" << 443 << true << ""
                                << "https://prometheus.example";
        QTest::newRow("a port") << "http://localhost:9090"
                                << "localhost" << 9090 << false << ""
                                << "http://localhost:9090";
        QTest::newRow("the scheme's own port") << "http://localhost:80/"
                                               << "localhost" << 80 << false << ""
                                               << "http://localhost";
        QTest::newRow("a path") << "https://m.example/prometheus/prod/"
                                << "m.example" << 443 << true << "/prometheus/prod"
                                << "https://m.example/prometheus/prod";
        QTest::newRow("IPv6") << "https://[2001:db8::1]:9090/p"
                              << "2001:db8::1" << 9090 << true << "/p"
                              << "https://[2001:db8::1]:9090/p";
        QTest::newRow("IPv4") << "http://10.0.0.1"
                              << "10.0.0.1" << 80 << false << ""
                              << "http://10.0.0.1";
    }
    void address_isRead()
    {
        QFETCH(QString, text);
        const auto url = http::parseUrl(text.toStdString());
        QVERIFY2(url, url ? "" : url.error().message().c_str());
        QTEST(QString::fromStdString(url->target.host), "host");
        QTEST(int(url->target.port), "port");
        QTEST(url->target.isTls, "isTls");
        QTEST(QString::fromStdString(url->path), "path");
        QTEST(QString::fromStdString(url->text()), "shown");
    }

    void address_isRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing") << QByteArray() << "begins with http:// or https://";
        QTest::newRow("no scheme") << QByteArray("prometheus.example:9090") << "begins with http:// or https://";
        QTest::newRow("a file") << QByteArray("file:///etc/passwd") << "begins with http:// or https://";
        QTest::newRow("no host") << QByteArray("https://") << "'https://'";
        QTest::newRow("no port") << QByteArray("https://a:0") << "no port";
        QTest::newRow("a port beyond all") << QByteArray("https://a:70000") << "'https://a:70000'";
        QTest::newRow("a password") << QByteArray("https://a:secret@b.example") << "no name and no password in an address";
        QTest::newRow("a user") << QByteArray("https://a@b.example") << "no name and no password in an address";
        QTest::newRow("a query") << QByteArray("https://a/?x=1") << "it ends before '?'";
        QTest::newRow("a fragment") << QByteArray("https://a/#x") << "it ends before '?'";
        QTest::newRow("a line's end") << QByteArray("https://a/\r\nX: y") << "'https://a/";
        QTest::newRow("a zone") << QByteArray("http://[fe80::1%25eth0]") << "'http://[fe80::1%25eth0]'";
        QTest::newRow("too long") << QByteArray("https://a/") + QByteArray(3000, 'x') << "more than 2048 bytes";
    }
    void address_isRefused()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        const auto url = http::parseUrl(text.toStdString());
        QVERIFY(!url);
        QCOMPARE(url.error().code(), Errc::InvalidArgument);
        const QString told = QString::fromStdString(url.error().context());
        QVERIFY2(told.contains(says), qPrintable(told));
        QVERIFY2(!told.contains("secret"), qPrintable(told));
    }

    void percentEncoded_leavesOnlyWhatIsUnreserved()
    {
        QCOMPARE(http::percentEncoded("sum by (a) (rate(b[5m]))&x=\xc3\xa4~-._"),
                 std::string("sum%20by%20%28a%29%20%28rate%28b%5B5m%5D%29%29%26x%3D%C3%A4~-._"));
    }
};

QTEST_APPLESS_MAIN(TestUrl)
#include "tst_url.moc"

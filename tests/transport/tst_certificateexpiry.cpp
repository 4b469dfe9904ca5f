// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/base/clock.h"
#include "protocol/transport/certificate.h"
#include "protocol/transport/certificateexpiry.h"

using namespace tapio;
using namespace tapio::transport;

namespace {

constexpr std::int64_t someNs = 1'700'000'000 * nsPerSecond;

std::string certificate(std::int64_t notAfterNs, const std::string &name)
{
    const auto key = generateKey();
    CertificateSpec spec;
    spec.commonName = name;
    spec.uri = "spiffe://test.tapio/tapio/node/x";
    spec.notBeforeNs = notAfterNs - nsPerSecond;
    spec.notAfterNs = notAfterNs;
    return *toPem(makeCertificate(spec, key->get(), {nullptr, key->get()})->get());
}

std::string privateKey() { return *toPem(generateKey()->get()); }

/// Self-signed, made by the openssl program: CN=far, until the year 9966, as devices have that never get another one (IEEE 802.1AR).
constexpr const char *untilTheEndOfTime = "-----BEGIN CERTIFICATE-----\n"
                                          "MIIBczCCARmgAwIBAgIUBfS9C0DgZEI+V2fHaMicCpWUzyAwCgYIKoZIzj0EAwIw\n"
                                          "DjEMMAoGA1UEAwwDZmFyMCAXDTI2MTEyNzE0MjA0NFoYDzk5NjYxMTAyMTQyMDQ0\n"
                                          "WjAOMQwwCgYDVQQDDANmYXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ3NqBw\n"
                                          "LkfFfaFuYjiQaRkyiN+lViwAw6hRkku1aTtFDRZi3vajAbJsDeZ8JdRs1uhuaKSz\n"
                                          "esXab6f7bSIyasoFo1MwUTAdBgNVHQ4EFgQUpWJixcCwxY5dqtDmBl5ipcRQGbsw\n"
                                          "HwYDVR0jBBgwFoAUpWJixcCwxY5dqtDmBl5ipcRQGbswDwYDVR0TAQH/BAUwAwEB\n"
                                          "/zAKBggqhkjOPQQDAgNIADBFAiA3GC3k3JpJs7l78PPs4urWqK+UIXO41HquETjo\n"
                                          "B5fQIgIhAJu49EuLDLj8qF8Yk+FnhcwvUmFt6p3vNubcpUHczuQr\n"
                                          "-----END CERTIFICATE-----\n";

} // namespace

class TestCertificateExpiry : public QObject {
    Q_OBJECT
private slots:
    void texts_data()
    {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<std::string>("subject"); // "-" = nothing is found
        QTest::addColumn<qint64>("notAfterNs");
        QTest::addColumn<int>("certificates");
        QTest::addColumn<int>("unreadable");
        QTest::addColumn<bool>("isCut");
        const std::string one = certificate(someNs, "one"), later = certificate(someNs + 5 * nsPerSecond, "later");
        const std::string begin = "-----BEGIN CERTIFICATE-----\n", end = "-----END CERTIFICATE-----\n";
        const auto none = [](const char *row, std::string text, int unreadable = 0) {
            QTest::newRow(row) << std::move(text) << std::string("-") << qint64(0) << 0 << unreadable << false;
        };
        const auto found = [](const char *row, std::string text, int certificates = 1, int unreadable = 0, bool isCut = false) {
            QTest::newRow(row) << std::move(text) << std::string("one") << qint64(someNs) << certificates << unreadable << isCut;
        };
        found("one", one);
        found("the first that ends is the first", one + later, 2);
        found("the first that ends is the last", later + one, 2);
        found("text around it", "subject: me\n" + one + "the end");
        found("a key before it", privateKey() + one);
        found("a key behind it", one + privateKey());
        found("another kind of certificate", "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n" + one);
        found("garbage before it", begin + "AAAA\n" + end + one, 1, 1);
        found("carriage returns", QByteArray::fromStdString(one).replace('\n', "\r\n").toStdString());
        found("as many as are looked at", one + one + one + one, 4);
        found("more than are looked at", one + one + one + one + one, 4, 0, true);
        none("nothing", "");
        none("a key", privateKey());
        none("garbage", std::string(5000, '\xFF'));
        none("zeros", std::string(5000, '\0'));
        none("no end", begin + "AAAA");
        none("an end alone", end);
        none("cut within", one.substr(0, one.size() / 2));
        none("empty", begin + end, 1);
        none("no base64", begin + "%%%%\n" + end, 1);
        none("a key that calls itself a certificate", begin + privateKey().substr(28), 0);
        none("many beginnings", [&] {
            std::string many;
            for (int i = 0; i < 2000; ++i)
                many += begin;
            return many;
        }());
        QTest::newRow("the year 9966") << std::string(untilTheEndOfTime) << std::string("far")
                                       << qint64(INT64_MAX / nsPerSecond * nsPerSecond) << 1 << 0 << false;
    }
    void texts()
    {
        QFETCH(std::string, text);
        QFETCH(std::string, subject);
        QFETCH(qint64, notAfterNs);
        QFETCH(int, certificates);
        QFETCH(int, unreadable);
        QFETCH(bool, isCut);
        const PemExpiry read = expiryOfPem(text, 4);
        QCOMPARE(static_cast<int>(read.certificates), certificates);
        QCOMPARE(static_cast<int>(read.unreadable), unreadable);
        QCOMPARE(read.isCut, isCut);
        QCOMPARE(read.first ? read.first->subject : std::string("-"), subject);
        QCOMPARE(read.first ? qint64(read.first->notAfterNs) : qint64(0), notAfterNs);
    }
};

QTEST_APPLESS_MAIN(TestCertificateExpiry)
#include "tst_certificateexpiry.moc"

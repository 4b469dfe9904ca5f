// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QProcess>

#include <cstring>
#include <filesystem>

#include "protocol/transport/signature.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::transport;
using tapio::test::TestPki;

namespace {

Bytes bytesOf(std::string_view text)
{
    Bytes bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

} // namespace

class TestSignature : public QObject {
    Q_OBJECT
    TestPki m_pki;
    SystemClock m_clock;
    Bytes m_bytes = bytesOf("what was said");

private slots:
    void aSignature_tellsWhoseItIs()
    {
        const auto signature = signBytes(m_pki.node("node-7"), m_bytes);
        QVERIFY2(signature, signature ? "" : signature.error().message().c_str());
        QVERIFY(signature->size() <= 72); // two numbers of 256 bits in DER
        const auto who = verifySignature(m_pki.node("node-7"), m_bytes, *signature, m_clock.utcNs());
        QVERIFY2(who, who ? "" : who.error().message().c_str());
        QCOMPARE(who->name, std::string("node-7"));
        QCOMPARE(who->role, Role::Node);
        QVERIFY(*signBytes(m_pki.node("node-7"), {}) != *signature);
    }

    void whatDoesNotHold_isRefused_data()
    {
        QTest::addColumn<QString>("change");
        for (const char *change : {"another byte", "a byte more", "a byte less", "another signature", "no signature", "a long signature",
                                   "another node", "another authority", "before its time", "after its time", "revoked"})
            QTest::newRow(change) << change;
    }
    void whatDoesNotHold_isRefused()
    {
        QFETCH(QString, change);
        TestPki other("other.tapio");
        TlsFiles files = m_pki.node("node-8");
        Bytes bytes = m_bytes;
        Bytes signature = *signBytes(files, bytes);
        std::int64_t at = m_clock.utcNs();
        constexpr std::int64_t year = 366 * 86'400 * nsPerSecond;
        if (change == "another byte")
            bytes[0] = std::byte{'W'};
        if (change == "a byte more")
            bytes.push_back({});
        if (change == "a byte less")
            bytes.pop_back();
        if (change == "another signature")
            signature[signature.size() / 2] ^= std::byte{1};
        if (change == "no signature")
            signature.clear();
        if (change == "a long signature")
            signature.resize(100'000);
        if (change == "another node")
            files = m_pki.node("node-9");
        if (change == "another authority")
            files.ca = other.node("node-8").ca;
        if (change == "another authority")
            files.crl.clear();
        if (change == "before its time")
            at -= year;
        if (change == "after its time")
            at += year;
        if (change == "revoked")
            m_pki.revoke(Role::Node, "node-8");
        const auto who = verifySignature(files, bytes, signature, at);
        QVERIFY(!who);
        QCOMPARE(who.error().code(), Errc::Refused);
        QVERIFY(!who.error().context().empty());
    }

    void openssl_agrees()
    {
        const QTemporaryDir folder;
        const TlsFiles files = m_pki.node("node-10");
        const auto signature = signBytes(files, m_bytes);
        const auto put = [&](const char *name, const Bytes &bytes) {
            QFile file(folder.filePath(name));
            return file.open(QFile::WriteOnly)
                   && file.write(reinterpret_cast<const char *>(bytes.data()), qint64(bytes.size())) == qint64(bytes.size());
        };
        QVERIFY(signature && put("bytes", m_bytes) && put("signature", *signature));
        QProcess key;
        key.start("openssl", {"x509", "-in", files.certificate.c_str(), "-pubkey", "-noout", "-out", folder.filePath("key.pem")});
        QVERIFY(key.waitForFinished());
        QProcess verify;
        verify.start("openssl", {"dgst", "-sha256", "-verify", folder.filePath("key.pem"), "-signature", folder.filePath("signature"),
                                 folder.filePath("bytes")});
        QVERIFY(verify.waitForFinished());
        QVERIFY2(verify.readAllStandardOutput().contains("Verified OK"), verify.readAllStandardError());
    }

    void filesThatCannotBeUsed_areNamed()
    {
        TlsFiles files = m_pki.node("node-11");
        const Bytes signature = *signBytes(files, m_bytes);
        TlsFiles wrong = files;
        wrong.key = "/nope/key.pem";
        QCOMPARE(signBytes(wrong, m_bytes).error().code(), Errc::NotFound);
        wrong.key = files.certificate;
        std::filesystem::permissions(files.certificate, std::filesystem::perms::owner_read);
        QCOMPARE(signBytes(wrong, m_bytes).error().code(), Errc::Malformed);
        wrong = files;
        std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
        QCOMPARE(signBytes(wrong, m_bytes).error().code(), Errc::PermissionDenied);
        wrong.certificate = "/nope/cert.pem";
        QCOMPARE(verifySignature(wrong, m_bytes, signature, m_clock.utcNs()).error().code(), Errc::NotFound);
        wrong.certificate = files.key;
        QCOMPARE(verifySignature(wrong, m_bytes, signature, m_clock.utcNs()).error().code(), Errc::Malformed);
    }
};

QTEST_GUILESS_MAIN(TestSignature)
#include "tst_signature.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sstream>

#include "console/cli/connection.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;

class TestConnection : public QObject {
    Q_OBJECT
private slots:
    void certificate_renewedBesideTheOldOne()
    {
        test::TestPki pki;
        const SystemClock clock;
        static_cast<void>(pki.console("someone"));
        QVERIFY(pki.authority().renew(Role::Console, "someone", std::chrono::hours(48), true, clock));
        std::ostringstream out, err;
        CommandContext context{out, err, clock, OutputFormat::Table, {}, {}, {}};
        context.config = pki.authority().folder() / "console.toml";
        QFile config(QString::fromStdString(context.config.native()));
        QVERIFY(config.open(QFile::WriteOnly));
        config.close();
        context.pki = pki.authority().folder();
        const auto connection = resolveConnection(context);
        QVERIFY2(connection, connection ? "" : connection.error().message().c_str());
        QVERIFY(std::filesystem::exists(connection->client.tls.certificate));
        QCOMPARE(connection->consoleName, std::string("someone"));
    }

    void eventTypes_areThoseOfThisVersion()
    {
        const auto names = knownEventTypes();
        QVERIFY(std::find(names.begin(), names.end(), "process.exec") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "tcp.connection") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "drill.label") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "insight") != names.end());
        for (const std::string &name : names)
            QVERIFY(wire::eventTypeFromName(name) != wire::EventType::Unknown);
    }
};

QTEST_APPLESS_MAIN(TestConnection)
#include "tst_connection.moc"

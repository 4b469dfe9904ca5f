// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/cli/connection.h"

using namespace tapio;
using namespace tapio::console;

class TestConnection : public QObject {
    Q_OBJECT
private slots:
    void eventTypes_areThoseOfThisVersion()
    {
        const auto names = knownEventTypes();
        QVERIFY(std::find(names.begin(), names.end(), "process.exec") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "tcp.connection") != names.end());
        for (const std::string &name : names)
            QVERIFY(wire::eventTypeFromName(name) != wire::EventType::Unknown);
    }
};

QTEST_APPLESS_MAIN(TestConnection)
#include "tst_connection.moc"

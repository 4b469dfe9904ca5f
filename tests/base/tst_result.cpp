// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cerrno>

#include "protocol/base/result.h"

using namespace tapio;

class TestResult : public QObject {
    Q_OBJECT
private slots:
    void code_data()
    {
        QTest::addColumn<int>("errnum");
        QTest::addColumn<QString>("code");
        QTest::newRow("disk full") << ENOSPC << "no-space";
        QTest::newRow("quota reached") << EDQUOT << "no-space";
        QTest::newRow("read-only file system") << EROFS << "read-only";
        QTest::newRow("not allowed") << EPERM << "permission-denied";
        QTest::newRow("port in use") << EADDRINUSE << "busy";
        QTest::newRow("anything else") << ENOTBLK << "io";
    }
    void code()
    {
        QFETCH(int, errnum);
        const auto failed = failErrno("open /x", errnum);
        QTEST(QString::fromStdString(std::string(errcName(failed.value().code()))), "code");
        QCOMPARE(failed.value().errnum(), errnum);
    }

    void message_namesPlaceCauseAndCode()
    {
        const Error error = Error(Errc::NoSpace, "write /var/x", ENOSPC).within("store");
        QCOMPARE(QString::fromStdString(error.message()), "store: write /var/x: No space left on device (no-space)");
    }
};

QTEST_APPLESS_MAIN(TestResult)
#include "tst_result.moc"

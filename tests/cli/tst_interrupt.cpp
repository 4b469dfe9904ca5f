// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <csignal>
#include <functional>
#include <future>
#include <sys/wait.h>
#include <unistd.h>

#include "console/cli/interrupt.h"

using namespace tapio::console;

namespace {

constexpr int asExpected = 42;

/// wait status of a process that does so: it has no other thread, as a program at its start.
int statusOf(const std::function<int()> &body)
{
    const pid_t pid = ::fork();
    if (pid == 0)
        ::_exit(body());
    int status = -1;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid ? status : -1;
}

} // namespace

class TestInterrupt : public QObject {
    Q_OBJECT
private slots:
    void initTestCase()
    {
#ifdef __SANITIZE_THREAD__
        QSKIP(
            "the thread sanitizer takes a thread made after fork for Qt Test's watchdog, whose address it has"); // gcc 12: dup thread with used id
#endif
    }
    void signals_askForTheEnd_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("Ctrl-C") << SIGINT;
        QTest::newRow("kill") << SIGTERM;
        QTest::newRow("the terminal goes away") << SIGHUP;
    }
    void signals_askForTheEnd()
    {
        QFETCH(int, number);
        const int status = statusOf([number] {
            std::signal(number, SIG_DFL);
            std::promise<void> asked;
            const Interrupt interrupt;
            const std::stop_callback note(interrupt.token(), [&] { asked.set_value(); });
            ::kill(::getpid(), number);
            asked.get_future().wait();
            return asExpected;
        });
        QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == asExpected, qPrintable(QString::number(status)));
    }

    void hangup_thatIsIgnoredStaysSo()
    {
        const int status = statusOf([] {
            std::signal(SIGHUP, SIG_IGN); // as nohup(1) leaves it
            std::stop_token token;
            {
                const Interrupt interrupt;
                token = interrupt.token();
                ::kill(::getpid(), SIGHUP);
            }
            return token.stop_requested() ? 1 : asExpected;
        });
        QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == asExpected, qPrintable(QString::number(status)));
    }
};

QTEST_GUILESS_MAIN(TestInterrupt)
#include "tst_interrupt.moc"

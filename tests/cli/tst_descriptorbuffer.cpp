// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cerrno>
#include <csignal>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "console/cli/descriptorbuffer.h"
#include "console/cli/output.h"

using namespace tapio::console;

namespace {

struct Pipe {
    int read = -1, write = -1;
    explicit Pipe(int flags = 0)
    {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, flags | O_CLOEXEC) == 0) {
            read = ends[0];
            write = ends[1];
        }
    }
    ~Pipe()
    {
        closeReader();
        closeWriter();
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    void closeReader() { end(read); }
    void closeWriter() { end(write); }
    /// All until the writer has closed.
    std::string all() const
    {
        std::string text;
        char part[4096];
        for (ssize_t n = 0; (n = ::read(read, part, sizeof part)) != 0;)
            if (n > 0)
                text.append(part, static_cast<std::size_t>(n));
        return text;
    }

private:
    static void end(int &descriptor)
    {
        if (descriptor >= 0)
            ::close(descriptor);
        descriptor = -1;
    }
};

std::string longText()
{
    std::string text;
    for (int i = 0; i < 60'000; ++i)
        text += std::to_string(i) + '\n';
    return text;
}

} // namespace

class TestDescriptorBuffer : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }

    void everythingArrivesInOrder_data()
    {
        QTest::addColumn<int>("flags");
        QTest::newRow("a pipe, more than it holds") << 0;
        QTest::newRow("a pipe that does not block") << O_NONBLOCK;
    }
    void everythingArrivesInOrder()
    {
        QFETCH(int, flags);
        Pipe pipe(flags);
        QVERIFY(pipe.write >= 0);
        if (flags != 0) // the reader waits in any case
            ::fcntl(pipe.read, F_SETFL, 0);
        std::string got;
        std::thread reader([&] { got = pipe.all(); });
        DescriptorBuffer buffer(pipe.write);
        std::ostream out(&buffer);
        std::istringstream lines(longText());
        for (std::string line; std::getline(lines, line);)
            out << line << '\n';
        std::ostringstream err;
        const int code = finishOutput(out, buffer, err, ExitUnhealthy);
        pipe.closeWriter();
        reader.join();
        QCOMPARE(code, int(ExitUnhealthy));
        QVERIFY(err.str().empty());
        QVERIFY(got == longText());
    }

    void whatCannotBeWritten_data()
    {
        QTest::addColumn<QString>("to");
        QTest::addColumn<bool>("much");
        QTest::addColumn<int>("error");
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("endsWith");
        QTest::newRow("a full disk, seen only at the end") << "/dev/full" << false << ENOSPC << int(ExitOk) << int(ExitIo);
        QTest::newRow("a full disk, seen on the way") << "/dev/full" << true << ENOSPC << int(ExitOk) << int(ExitIo);
        QTest::newRow("a full disk, and the answer was not healthy") << "/dev/full" << false << ENOSPC << int(ExitUnhealthy) << int(ExitIo);
        QTest::newRow("a full disk, and the command had failed")
            << "/dev/full" << false << ENOSPC << int(ExitUnavailable) << int(ExitUnavailable);
        QTest::newRow("a descriptor that is closed") << "closed" << false << EBADF << int(ExitOk) << int(ExitIo);
        QTest::newRow("a reader that left") << "reader" << false << EPIPE << int(ExitOk) << int(ExitOk);
        QTest::newRow("a reader that left on the way") << "reader" << true << EPIPE << int(ExitOk) << int(ExitOk);
        QTest::newRow("nothing to say, to a full disk") << "" << false << 0 << int(ExitOk) << int(ExitOk);
    }
    void whatCannotBeWritten()
    {
        QFETCH(QString, to);
        QFETCH(bool, much);
        QFETCH(int, error);
        QFETCH(int, code);
        Pipe pipe;
        pipe.closeReader();
        QFile full("/dev/full");
        QVERIFY(full.open(QFile::WriteOnly | QFile::Unbuffered));
        const int descriptor = to == "closed" ? -1 : to == "reader" ? pipe.write : full.handle();
        DescriptorBuffer buffer(descriptor);
        std::ostream out(&buffer);
        if (!to.isEmpty())
            out << (much ? longText() : "an answer\n");
        QCOMPARE(out.good(), !much); // a loop that writes on ends by it
        std::ostringstream err;
        const int ended = finishOutput(out, buffer, err, code);
        QCOMPARE(buffer.error(), error);
        QTEST(ended, "endsWith");
        QCOMPARE(err.str().empty(), error == 0 || error == EPIPE);
        if (error == ENOSPC)
            QVERIFY2(err.str().find("No space left on device") != std::string::npos, err.str().c_str());
    }
};

QTEST_GUILESS_MAIN(TestDescriptorBuffer)
#include "tst_descriptorbuffer.moc"

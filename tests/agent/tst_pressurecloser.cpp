// SPDX-License-Identifier: GPL-3.0-or-later
// Closing pressure files: many at once, and not in the thread that collects.
#include <QtTest>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "agent/collect/readers/pressurecloser.h"

using namespace tapio::agent;
using namespace std::chrono_literals;

namespace {

/// What the closing threads and the test know of each other. A file's end waits for the others' as the kernel lets it wait.
struct Closings {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t begun = 0;
    std::size_t ended = 0;
    std::size_t together = 0; ///< whose end waits until so many have begun
    std::size_t alone = 0;    ///< that waited for the others in vain
    bool inCaller = false;
    std::thread::id caller = std::this_thread::get_id();
};

class SlowFile final : public PressureFile {
public:
    explicit SlowFile(Closings &closings) : m_closings(closings) {}
    ~SlowFile() override
    {
        std::unique_lock lock(m_closings.mutex);
        ++m_closings.begun;
        m_closings.changed.notify_all();
        if (!m_closings.changed.wait_for(lock, 10s, [this] { return m_closings.begun >= m_closings.together; }))
            ++m_closings.alone;
        ++m_closings.ended;
        m_closings.inCaller |= std::this_thread::get_id() == m_closings.caller;
    }
    SlowFile(const SlowFile &) = delete;
    SlowFile &operator=(const SlowFile &) = delete;
    Told told() override { return Told::Nothing; }
    FileText read() override { return {}; }
    int triggerErrno() const noexcept override { return 0; }

private:
    Closings &m_closings;
};

} // namespace

class tst_PressureCloser : public QObject {
    Q_OBJECT
private slots:
    void closer_closesManyAtOnceAndNobodyWaits();
    void closer_goesOnAfterAPause();
};

void tst_PressureCloser::closer_closesManyAtOnceAndNobodyWaits()
{
    constexpr std::size_t files = 40;
    Closings closings;
    closings.together = PressureCloser::mostThreads;
    {
        PressureCloser closer;
        closer.close(nullptr);
        for (std::size_t i = 0; i < files; ++i)
            closer.close(std::make_unique<SlowFile>(closings));
    }
    QCOMPARE(closings.ended, files); // the end of the closer waits for all
    QCOMPARE(closings.alone, 0u);
    QVERIFY(!closings.inCaller);
}

void tst_PressureCloser::closer_goesOnAfterAPause()
{
    Closings closings;
    PressureCloser closer;
    const auto ended = [&] {
        const std::lock_guard lock(closings.mutex);
        return closings.ended;
    };
    for (std::size_t i = 1; i <= 3 * PressureCloser::mostThreads; ++i) { // more than there are threads, each after the one before
        closer.close(std::make_unique<SlowFile>(closings));
        QTRY_COMPARE(ended(), i);
    }
}

QTEST_GUILESS_MAIN(tst_PressureCloser)
#include "tst_pressurecloser.moc"

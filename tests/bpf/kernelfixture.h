// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <QString>

#include "agent/collect/kernelcollectors.h"

namespace tapio::test {

/// Collectors of the running kernel whose records are kept. Other processes of the machine are seen as well, so tests
/// look for their own.
class KernelFixture : private agent::KernelRecordSink {
public:
    /// Why tests of kernel programs cannot run here; empty when they can.
    static QString skipReason();
    /// Makes tracefs visible to this process alone, in a mount namespace of its own, where the machine has not mounted it:
    /// the attach kind "tracepoint" needs it. False where that is not possible.
    static bool provideTracefs();

    /// This kernel is built without what the hook is about: loadable modules.
    static bool lacks(const std::string &hook);

    /// Opens with all collectors but those of `collectors` disabled, without run time statistics. Empty, or the error.
    QString open(const std::set<std::string> &collectors, agent::KernelOptions options = {});
    /// The same, where some hooks are known to have no program of the one way of attaching that is allowed.
    QString openTolerant(const std::set<std::string> &collectors, agent::KernelOptions options);

    agent::KernelCollectors &collectors() { return *m_collectors; }
    const std::vector<agent::KernelRecord> &records() const { return m_records; }
    /// Polls until a record fits or `timeout` is over.
    std::optional<agent::KernelRecord> waitFor(const std::function<bool(const agent::KernelRecord &)> &fits,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(10));
    /// Polls until `done`, with the same limit.
    bool pollUntil(const std::function<bool()> &done, std::chrono::milliseconds timeout = std::chrono::seconds(10));
    /// Polls until both rings are empty.
    void drainAll();
    /// Until all that this collector has told is read: packets go by all the time, but no record of them is left.
    bool settles(const std::string &source);
    CounterSet counters(const std::string &source) const;

private:
    void onRecord(agent::KernelRecord &&record) override { m_records.push_back(std::move(record)); }

    std::vector<agent::KernelRecord> m_records;
    std::unique_ptr<agent::KernelCollectors> m_collectors;
};

/// For tests that look at the programs and not at what they tell.
struct NullSink final : agent::KernelRecordSink {
    void onRecord(agent::KernelRecord &&) override {}
};

/// A record of this pid whose detail is a T.
template <typename T> std::function<bool(const agent::KernelRecord &)> of(std::uint32_t pid)
{
    return [pid](const agent::KernelRecord &record) {
        return record.event.process.pid == pid && std::holds_alternative<T>(record.event.detail);
    };
}

/// A child process: exec of a command, or a function run in a fork. Killed and reaped when it goes out of scope.
class Child {
public:
    static Child command(const std::vector<std::string> &arguments);
    /// Runs `body` in a fork and leaves with its result as the exit code. `body` may use system calls only.
    static Child run(const std::function<int()> &body);
    Child(Child &&other) noexcept : m_pid(other.m_pid) { other.m_pid = 0; }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child();

    std::uint32_t pid() const { return static_cast<std::uint32_t>(m_pid); }
    /// wait(2) status.
    int wait();

private:
    explicit Child(int pid) : m_pid(pid) {}
    int m_pid;
    bool m_reaped = false;
};

} // namespace tapio::test

/// First line of a test that needs the kernel.
#define TAPIO_NEEDS_KERNEL()                                                                                                               \
    do {                                                                                                                                   \
        if (const QString reason_ = tapio::test::KernelFixture::skipReason(); !reason_.isEmpty())                                          \
            QSKIP(qPrintable(reason_));                                                                                                    \
    } while (false)

#define TAPIO_OPEN(fixture, ...)                                                                                                           \
    do {                                                                                                                                   \
        const QString error_ = (fixture).open(__VA_ARGS__);                                                                                \
        QVERIFY2(error_.isEmpty(), qPrintable(error_));                                                                                    \
    } while (false)

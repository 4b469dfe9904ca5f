// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/collect/readers/journal.h"
#include "agent/collect/readers/logfollower.h"
#include "agent/collect/readers/loginparse.h"
#include "protocol/base/clock.h"
#include "protocol/base/counters.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

using OpenJournal = std::function<Result<std::unique_ptr<Journal>>(const std::string &cursor)>;

/// Where a host's messages about logins are: in its journal, in its log files, or in both, as rsyslog copies them. One of them is read at a
/// time, so that none counts twice: the journal where it has such messages, since it says who wrote them; the files where it cannot be
/// read, or has none and a file is there. One thread; the clock outlives it.
class LoginSources {
public:
    /// `openJournal` empty: the files alone.
    LoginSources(const std::vector<std::filesystem::path> &files, OpenJournal openJournal, const Clock &clock);

    /// Gives each message that was added, a bounded number: none = it is about no login.
    void read(const std::function<void(std::optional<LoginLine> &&)> &message);
    /// One for the journal and each file: which is read, and why the others are not. A journal that is read comes first.
    std::vector<wire::Hook> hooks() const;
    /// Seen, drained and malformed, or lost, of what read() could not give.
    CounterSet counters() const;

private:
    struct File {
        std::filesystem::path path;
        std::unique_ptr<LogFollower> log; ///< null: it is not read
        int errnum = 0;
    };
    void choose();
    void closeFiles();
    bool readFiles(const std::function<void(std::optional<LoginLine> &&)> &message);
    void readJournal(const std::function<void(std::optional<LoginLine> &&)> &message);
    std::optional<LoginLine> parse(const JournalEntry &entry);
    wire::Hook journalHook() const;

    std::vector<File> m_files;
    OpenJournal m_openJournal;
    const Clock &m_clock;
    std::unique_ptr<Journal> m_journal; ///< null: the files are read
    std::string m_cursor;               ///< of the journal that was read last
    std::string m_openedAt;             ///< what m_cursor was when it was opened
    std::optional<Error> m_whyNoJournal;
    std::int64_t m_retryBootNs = INT64_MIN; ///< it is not opened again before
    std::uint64_t m_forged = 0;             ///< messages in the name of another program
    CounterSet m_counters;
};

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/loginparse.h"
#include "agent/collect/readers/loginsources.h"
#include "agent/collect/readers/tokenbucket.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

struct LoginOptions {
    std::vector<std::filesystem::path> files; ///< those that are there are followed, unless the journal is
    OpenJournal openJournal;                  ///< empty = the files alone
    std::int64_t foldNs = 10 * nsPerSecond;   ///< failures that are alike make one event in this time, after the first
    std::size_t mostFolds = 512;              ///< kinds of failures that are watched at once
    std::uint32_t perSecond = 50;             ///< of successes, and of failures
    std::uint32_t burst = 500;
};

/// Logins that succeeded or failed, from the host's journal or log files. An event's time is that of the reading: a log's has no year, and is
/// whatever its writer says. Counters: every line is seen; what is about no login is ufiltered, the second line of one failure and
/// what is alike folded, what is beyond the bound of a second shed, and what journald itself dropped of sshd lost.
class LoginReader final : public EventReader {
public:
    /// The clock outlives the reader.
    LoginReader(LoginOptions options, const Clock &clock);

    void read(KernelRecordSink &out) override;
    void finish(KernelRecordSink &out) override { flush(out, true); }
    std::vector<wire::Hook> hooks() const override { return m_sources.hooks(); }
    SourceCounterSet counters() const override;

private:
    using Alike = std::tuple<std::string, std::string, std::string, std::string>; ///< service, user, method, remote
    struct Fold {
        std::int64_t untilBootNs = 0;
        std::uint32_t waiting = 0;  ///< lines that no event has told yet
        std::uint32_t failures = 0; ///< that those stand for
        std::uint32_t pid = 0;      ///< of the last one
    };
    void take(std::optional<LoginLine> &&login, KernelRecordSink &out);
    void takeFailure(LoginLine &&login, KernelRecordSink &out);
    bool repeatsUnknownUser(const LoginLine &login);
    void flush(KernelRecordSink &out, bool all);
    void tell(LoginLine &&login, KernelRecordSink &out);

    LoginOptions m_options;
    const Clock &m_clock;
    TokenBucket m_successes;
    TokenBucket m_failures;
    LoginSources m_sources;
    std::map<Alike, Fold> m_folds;
    std::array<std::uint32_t, 64> m_unknownUserPids{}; ///< sessions whose first line was about a user that does not exist
    std::size_t m_nextPid = 0;
    CounterSet m_counters;
};

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/loginreader.h"

#include <algorithm>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::uint64_t hostCgroup = 1;

} // namespace

LoginReader::LoginReader(LoginOptions options, const Clock &clock)
    : m_options(std::move(options)), m_clock(clock), m_successes(m_options.perSecond, m_options.burst, clock),
      m_failures(m_options.perSecond, m_options.burst, clock), m_sources(m_options.files, m_options.openJournal, clock)
{}

void LoginReader::read(KernelRecordSink &out)
{
    m_sources.read([&](std::optional<LoginLine> &&login) { take(std::move(login), out); });
    flush(out, false);
}

void LoginReader::take(std::optional<LoginLine> &&login, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    if (!login) {
        ++m_counters[Counter::Drained];
        ++m_counters[Counter::UFiltered];
        return;
    }
    if (!login->success) {
        takeFailure(std::move(*login), out);
        return;
    }
    ++m_counters[Counter::Drained];
    if (m_successes.take())
        tell(std::move(*login), out);
    else
        ++m_counters[Counter::Shed];
}

/// sshd says "Invalid user" before the first attempt of a session, and "Failed" after it.
bool LoginReader::repeatsUnknownUser(const LoginLine &login)
{
    if (!login.isUnknownUser || login.pid == 0)
        return false;
    const auto known = std::find(m_unknownUserPids.begin(), m_unknownUserPids.end(), login.pid);
    if (login.method.empty()) {
        m_unknownUserPids[m_nextPid++ % m_unknownUserPids.size()] = login.pid;
        return false;
    }
    if (known == m_unknownUserPids.end())
        return false;
    *known = 0;
    return true;
}

void LoginReader::takeFailure(LoginLine &&login, KernelRecordSink &out)
{
    if (repeatsUnknownUser(login)) {
        ++m_counters[Counter::Folded];
        return;
    }
    const Alike alike{login.service, login.user, login.method, login.remote};
    if (const auto fold = m_folds.find(alike); fold != m_folds.end()) {
        ++fold->second.waiting;
        constexpr std::uint64_t most = UINT32_MAX;
        fold->second.failures = static_cast<std::uint32_t>(std::min(most, std::uint64_t(fold->second.failures) + login.repeats));
        fold->second.pid = login.pid;
        return;
    }
    ++m_counters[Counter::Drained];
    if (!m_failures.take()) {
        ++m_counters[Counter::Shed];
        return;
    }
    if (m_folds.size() < m_options.mostFolds)
        m_folds[alike] = {m_clock.bootNs() + m_options.foldNs, 0, 0, 0};
    tell(std::move(login), out);
}

/// What was alike and came after the first: one event that says how many.
void LoginReader::flush(KernelRecordSink &out, bool all)
{
    const std::int64_t now = m_clock.bootNs();
    for (auto entry = m_folds.begin(); entry != m_folds.end();) {
        auto &[alike, fold] = *entry;
        if (!all && now < fold.untilBootNs) {
            ++entry;
            continue;
        }
        if (fold.waiting == 0) {
            entry = m_folds.erase(entry);
            continue;
        }
        m_counters[Counter::Folded] += fold.waiting - 1;
        ++m_counters[Counter::Drained];
        LoginLine login;
        std::tie(login.service, login.user, login.method, login.remote) = alike;
        login.pid = fold.pid;
        login.repeats = fold.failures;
        tell(std::move(login), out);
        fold = {now + m_options.foldNs, 0, 0, 0};
        ++entry;
    }
}

void LoginReader::tell(LoginLine &&login, KernelRecordSink &out)
{
    KernelRecord record;
    record.source = "login";
    record.cgroupId = hostCgroup;
    record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::Login;
    record.event.process.pid = login.pid;
    record.event.process.comm = login.service.substr(0, 15);
    record.event.detail = wire::Login{login.success,           std::move(login.user), std::move(login.method), std::move(login.service),
                                      std::move(login.remote), login.repeats};
    out.onRecord(std::move(record));
}

SourceCounterSet LoginReader::counters() const
{
    SourceCounterSet set{"login", m_counters};
    set.counters += m_sources.counters();
    return set;
}

} // namespace tapio::agent

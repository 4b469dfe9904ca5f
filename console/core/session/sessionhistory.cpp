// SPDX-License-Identifier: GPL-3.0-or-later
// The session's range: live, or what the store knows of another time.
#include "console/core/session/sessionimpl.h"

namespace tapio::console {

namespace {

constexpr std::int64_t minute = 60 * nsPerSecond;

std::int64_t lengthOf(TimeRange::Kind kind)
{
    switch (kind) {
    case TimeRange::Kind::Live:
    case TimeRange::Kind::Last15Minutes: return 15 * minute;
    case TimeRange::Kind::Last1Hour: return 60 * minute;
    case TimeRange::Kind::Last6Hours: return 360 * minute;
    case TimeRange::Kind::Last24Hours: return 1440 * minute;
    case TimeRange::Kind::Custom: break;
    }
    return 0;
}

/// Apart from those of the live Overview.
std::uint64_t historyRevision(std::uint64_t run) { return (std::uint64_t{1} << 32) + run; }

} // namespace

void SessionImpl::setRange(const TimeRange &range)
{
    if (range == m_range)
        return;
    m_range = range;
    m_rangeChosen = true;
    m_historic.reset();
    m_history.cancel();
    m_historyReading = false;
    m_historyProgress = {0, 0, 0};
    const bool live = range.kind == TimeRange::Kind::Live;
    m_model->setLive(live);
    m_historyTimer.stop();
    m_loadingTimer.stop();
    if (live)
        return;
    refreshHistory();
    m_loadingTimer.start();
    if (range.kind != TimeRange::Kind::Custom)
        m_historyTimer.start(static_cast<int>(niceBucketNs(lengthOf(range.kind), 10 * nsPerSecond) / nsPerMs));
}

void SessionImpl::setScope(const Scope &scope)
{
    if (scope == m_scope)
        return;
    m_scope = scope;
    m_rangeChosen = true;
    m_model->setScope(scope);
    if (m_range.kind == TimeRange::Kind::Live)
        return;
    m_historic.reset();
    m_historyProgress = {0, 0, 0};
    refreshHistory();
    m_loadingTimer.start();
}

HistoryRange SessionImpl::historyRange() const
{
    const std::int64_t now = m_clock.utcNs() + m_link->serverOffsetNs();
    if (m_range.kind == TimeRange::Kind::Custom)
        return {m_range.fromNs, m_range.toNs, now};
    return {now - lengthOf(m_range.kind), now, now};
}

void SessionImpl::refreshHistory()
{
    const HistoryRange range = historyRange();
    const std::uint64_t run = ++m_historyRuns;
    const std::uint64_t revision = historyRevision(run);
    m_historyReading = true;
    m_history.start([this, range, run, revision, scope = m_scope, suite = m_suite](const Result<std::shared_ptr<StoreReader>> &reader,
                                                                                   const std::stop_token &stop) {
        const std::int64_t start = m_clock.bootNs();
        const ReadProgress progress = [this, run](std::size_t read, std::size_t parts) {
            m_mailbox.post([&](SessionUpdate &update) { update.historyProgress = {run, read, parts}; });
        };
        Result<OverviewInput> input = reader ? readHistory(**reader, range, stop, progress) : Result<OverviewInput>(fail(reader.error()));
        if (stop.stop_requested())
            return;
        m_model->onApiCall("store.overview", m_clock.bootNs() - start, input.has_value());
        if (!input) {
            std::string failure = input.error().message();
            input.emplace();
            input->failure = std::move(failure);
            input->fromNs = range.fromNs;
            input->toNs = range.toNs;
            input->nowNs = range.nowNs;
            input->figureBucketNs = input->sampleBucketNs = niceBucketNs(range.toNs - range.fromNs, 10 * nsPerSecond);
        }
        if (suite)
            input->suite = *suite;
        auto overview = std::make_shared<const OverviewSnapshot>(computeOverview(*input, revision, scope));
        m_mailbox.post([&overview](SessionUpdate &update) { update.history = std::move(overview); });
    });
}

void SessionImpl::applyHistory(const SessionUpdate &update)
{
    // An answer to an earlier choice may have been on its way.
    if (update.history && update.history->panels[0].revision == historyRevision(m_historyRuns)) {
        m_historic = update.history;
        m_historyReading = false;
        m_loadingTimer.stop();
    } else if (update.historyProgress && m_historyReading && update.historyProgress->run == m_historyRuns) {
        m_historyProgress = *update.historyProgress;
        const bool saidSo = m_range.kind != TimeRange::Kind::Live && !m_historic && !m_loadingTimer.isActive();
        if (saidSo)
            showLoading();
    }
}

} // namespace tapio::console

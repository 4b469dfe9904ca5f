// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "console/core/store/store.h"

namespace tapio::test {

/// Where the readers of a test wait while it is shut, as they would for a slow disk.
class Gate {
public:
    void shut() { set(false); }
    void open() { set(true); }
    int waiting() const
    {
        const std::lock_guard lock(m_mutex);
        return m_waiting;
    }
    /// False: told to stop.
    bool pass(const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        ++m_waiting;
        const bool opened = m_opened.wait(lock, stop, [this] { return m_open; });
        --m_waiting;
        return opened;
    }

private:
    void set(bool open)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_open = open;
        }
        m_opened.notify_all();
    }
    mutable std::mutex m_mutex;
    std::condition_variable_any m_opened;
    bool m_open = true;
    int m_waiting = 0;
};

/// A store whose counter reports are read only when the gate is open; all else at once.
class SlowReader final : public console::StoreReader {
public:
    SlowReader(std::unique_ptr<console::StoreReader> store, std::shared_ptr<Gate> gate) : m_store(std::move(store)), m_gate(std::move(gate))
    {}

    void setProgress(Progress progress) override { m_store->setProgress(std::move(progress)); }
    Result<console::EventPage> events(const console::EventQuery &query, std::optional<console::EventId> after,
                                      std::stop_token stop) const override
    {
        return m_store->events(query, after, std::move(stop));
    }
    Result<console::StoredEvent> event(console::EventId id) const override { return m_store->event(id); }
    Result<std::vector<TypeCount>> countByType(std::int64_t from, std::int64_t to, std::int64_t step, std::stop_token stop) const override
    {
        return m_store->countByType(from, to, step, std::move(stop));
    }
    Result<console::SeriesSet> seriesAtMost(std::size_t atMost, const std::vector<wire::Metric> &metrics, std::int64_t from,
                                            std::int64_t to, std::int64_t step, std::stop_token stop) const override
    {
        return m_store->seriesAtMost(atMost, metrics, from, to, step, std::move(stop));
    }
    Status eachSeries(console::SeriesKind kind, const WantSeries &wanted, std::int64_t from, std::int64_t to, const TakeSeries &take,
                      std::stop_token stop) const override
    {
        return m_store->eachSeries(kind, wanted, from, to, take, std::move(stop));
    }
    Result<std::vector<StoredCounters>> counters(std::int64_t from, std::int64_t to, std::stop_token stop) const override
    {
        if (!m_gate->pass(stop))
            return fail(Errc::Cancelled, "counters");
        return m_store->counters(from, to, std::move(stop));
    }
    Result<std::vector<StoredCounters>> ruleCounters(std::int64_t from, std::int64_t to, std::int64_t step,
                                                     std::stop_token stop) const override
    {
        return m_store->ruleCounters(from, to, step, std::move(stop));
    }
    Result<std::vector<StoredHistogram>> histograms(wire::HistogramKind kind, std::int64_t from, std::int64_t to, std::int64_t step,
                                                    std::stop_token stop) const override
    {
        return m_store->histograms(kind, from, to, step, std::move(stop));
    }
    Result<std::vector<console::Figure>> figures(const std::string &prefix, std::int64_t from, std::int64_t to, std::int64_t step,
                                                 std::stop_token stop) const override
    {
        return m_store->figures(prefix, from, to, step, std::move(stop));
    }
    Result<std::vector<console::Figure>> figureExtremes(const std::string &prefix, std::int64_t from, std::int64_t to, std::int64_t step,
                                                        std::stop_token stop) const override
    {
        return m_store->figureExtremes(prefix, from, to, step, std::move(stop));
    }
    Result<std::vector<console::OperatorAction>> actions(std::int64_t from, std::int64_t to) const override
    {
        return m_store->actions(from, to);
    }
    Result<std::vector<console::Verdict>> verdicts(std::size_t atMost) const override { return m_store->verdicts(atMost); }
    Result<std::vector<wire::LinkNotice>> linkNotices(std::int64_t from, std::int64_t to) const override
    {
        return m_store->linkNotices(from, to);
    }
    Result<std::vector<wire::HookReport>> hookReports(const std::string &node) const override { return m_store->hookReports(node); }
    Result<std::vector<wire::AgentState>> agents() const override { return m_store->agents(); }
    Result<console::StoreStats> stats() const override { return m_store->stats(); }

private:
    std::unique_ptr<console::StoreReader> m_store;
    std::shared_ptr<Gate> m_gate;
};

} // namespace tapio::test

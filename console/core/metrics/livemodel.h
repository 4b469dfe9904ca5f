// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "console/core/metrics/insighttracker.h"
#include "console/core/metrics/latencyhistogram.h"
#include "console/core/metrics/lateorigins.h"
#include "console/core/metrics/overviewinput.h"
#include "console/core/metrics/signalbook.h"

namespace tapio::console {

/// What the receiving side counted for one node, cumulative.
struct ReceiveReading {
    std::string node;
    std::uint64_t received = 0; ///< without what was sent before the console began
    std::uint64_t duplicate = 0;
    std::uint64_t rejected = 0;
};

struct LiveOptions {
    std::int64_t windowNs = 15 * 60 * nsPerSecond;
    std::int64_t leastWindowNs = 60 * nsPerSecond; ///< what is shown before the window is full
    std::size_t maxSeries = maxOverviewSeries;
    std::size_t maxActions = 10'000;
};

/// The last fifteen minutes in memory, and the Overview over them or over what there is of them. One thread (any). Every time is the server's UTC: with an
/// embedded server the console's own. Bounded: one reading per tick and figure, one bucket per five seconds and series.
class LiveModel {
public:
    explicit LiveModel(LiveOptions options = {});

    /// Starts from what the store knew; call before anything was received. `insights`: what was told in the day before.
    void seed(OverviewInput input, InsightTracker insights = {});
    /// What was told of insights before could not be read: as long as one of them may be open, the panels say so.
    void noteUnreadInsights() noexcept { m_areInsightsUnread = true; }

    /// A frame that reached the end of the pipeline at finishedNs. Events sent before the console began (beganNs), which agents or a
    /// server held for it, count neither into latency nor into the rate: they tell when the console was opened.
    void onDelivery(const wire::Delivery &delivery, std::int64_t finishedNs, std::int64_t beganNs = INT64_MIN);
    void onAgentState(const wire::AgentState &state);
    void onAction(const OperatorAction &action);
    /// All that were given, in the order in which they were stored.
    void onSuite(const SuiteScore &suite) { m_input.suite = suite; }
    void onVerdicts(const std::vector<Verdict> &verdicts) { m_input.verdicts = VerdictBook(verdicts); }
    /// What the server dropped for this console, since the console began.
    void onConsoleQueue(const std::string &server, std::uint64_t droppedEvents) { m_consoleQueue[server] = droppedEvents; }
    /// A call that the console made or saw: "store.events", "agent.heartbeat" ...
    void onApiCall(const std::string &operation, std::int64_t durationNs, bool ok);

    /// Once a second, or a little more often: takes a reading of every figure. `receiveQueued`: events received and not yet processed.
    void tick(std::int64_t nowNs, const std::vector<ReceiveReading> &receive, std::uint64_t receiveQueued);
    /// Whether an insight opened or ended since this was asked last: worth a tick before its second.
    bool takeNews() noexcept { return std::exchange(m_isNews, false); }
    /// The readings due for the store: about one per figure and ten seconds.
    std::vector<Figure> takeFigures();

    /// The window that ends at the last tick. It begins with the first thing that an agent sent (before any did: with the
    /// first reading of the console's own), is never narrower than leastWindowNs, grows to windowNs and slides from then on.
    /// It never shrinks again: a time without samples after the first is a gap and shown as one.
    OverviewSnapshot overview(std::uint64_t revision, const Scope &scope = {});
    const OverviewInput &input() const noexcept { return m_input; }

private:
    static constexpr std::size_t stageCount = 5;
    struct SourceCounts {
        std::map<std::string, std::uint64_t> bySource;
    };
    struct Container {
        std::string pod, slot, node;
        std::int64_t lastNs = 0;
        std::optional<double> exitCode;  ///< of its oldest process that ended: the first of all, once that did
        std::uint64_t exitedStartNs = 0; ///< boot time at which that one had started

        /// The kernel kills what is left in a container after its first process has ended.
        void noteExit(std::uint64_t startNs, double code)
        {
            if (exitCode && startNs > exitedStartNs)
                return;
            exitCode = code;
            exitedStartNs = startNs;
        }
    };
    struct Calls {
        LatencyHistogram histogram;
        std::uint64_t count = 0, errors = 0;
    };

    void onEvents(const wire::Delivery &delivery, const wire::EventBatch &batch, bool earlier, std::int64_t finishedNs);
    void noteEvent(const wire::Delivery &delivery, const wire::EventBatch &batch, std::size_t i, std::size_t was, std::int64_t finishedNs);
    void onAmendments(const wire::Delivery &delivery, const wire::EventBatch &batch, const std::vector<std::size_t> &hashes);
    /// A kill that goes by the pod's uid, or by nothing, until its name is known.
    void settle(LateOrigins::OomKill kill, const wire::Origin &now, const std::string &node);
    /// What is shown of them holds, and is stored.
    void conclude(const std::vector<LateOrigins::OomKill> &kills);
    void recordLatency(const wire::Delivery &delivery, const wire::EventBatch &batch, std::int64_t finishedNs);
    void noteInsight(const wire::Delivery &delivery, const wire::EventBatch &batch, std::size_t i, bool earlier, std::int64_t finishedNs);
    void onHooks(const std::string &node, const wire::HookReport &report);
    void onSamples(const wire::Delivery &delivery, const wire::SampleBatch &batch);
    void onCounters(const wire::Delivery &delivery, const wire::CounterReport &report);
    void addSample(const SeriesKey &key, std::int64_t timeNs, std::int64_t value);
    void seeContainer(const std::string &node, const wire::Origin &origin, std::int64_t timeNs);
    void endContainers(std::int64_t nowNs);
    /// Shown at once, and stored with the next figures.
    void podEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs, double value);
    void showPodEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs, double value);
    void hidePodEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs);

    void read(std::string_view name, const std::string &label, double value);
    enum class Reading : bool { None, Taken };
    /// A cumulative count: what was not there at the tick before was 0 then; at the first tick, it was 0 when the console began.
    /// One that is there and not read, since its node is away, is remembered all the same: when it is read again, what it has
    /// counted by then is no burst of that second.
    void readCounter(std::string_view name, const std::string &label, double value, Reading reading = Reading::Taken);
    bool isAway(const std::string &node) const;
    void readNodes(const std::vector<ReceiveReading> &receive);
    void readAgents();
    void seedInsights(InsightTracker insights);
    void readInsights();
    void readSignals();
    std::size_t correlatingAgents() const;
    void rewind(std::int64_t nowNs);
    void closeTenSeconds();
    void trim();
    std::int64_t windowBegin() const;

    LiveOptions m_options;
    OverviewInput m_input;
    std::int64_t m_nowNs = 0;
    std::int64_t m_previousNs = 0; ///< the tick before
    std::int64_t m_beganNs = 0;    ///< when this console did, as the last delivery had it; 0 before any
    std::int64_t m_lastDueNs = 0;
    std::int64_t m_lastTrimNs = 0;
    std::int64_t m_firstSentNs = INT64_MAX;   ///< of what agents sent, by its own time
    std::int64_t m_firstFigureNs = INT64_MAX; ///< of what the console measured
    std::vector<Figure> m_due;
    std::vector<Figure> m_podFigures;

    using Labels = std::set<std::string, std::less<>>;
    std::map<std::string, Labels, std::less<>>
        m_counted; ///< counts that were there at some tick, by figure: no more than the counts themselves
    std::unordered_map<std::string, std::size_t> m_seriesIndex;    ///< into m_input.series
    std::unordered_map<std::string, std::size_t> m_counterIndex;   ///< into m_input.counters
    std::unordered_set<std::string> m_refusedSeries;               ///< since the last trim
    std::unordered_map<std::string, SourceCounts> m_processed;     ///< by node
    std::unordered_map<std::string, Container> m_containers;       ///< by container id
    std::unordered_map<std::string, std::string> m_slots;          ///< pod and container name -> container id now in it
    std::unordered_map<std::string, std::int64_t> m_lastSampleNs;  ///< by node
    std::unordered_map<std::string, std::uint64_t> m_heartbeatIds; ///< by node: the last one whose round trip was counted
    std::array<LatencyHistogram, stageCount> m_latency;
    std::map<std::string, std::uint64_t> m_withoutClock, m_held;
    std::map<std::string, std::uint64_t> m_earlier; ///< by node: sent before the console began
    std::map<std::string, double> m_uncertaintyNs;
    std::map<std::string, std::uint64_t> m_consoleQueue; ///< by server
    std::uint64_t m_containerEvents = 0;
    std::uint64_t m_resolvedEvents = 0;
    LateOrigins m_late;
    InsightTracker m_insights;
    SignalBook m_signals;
    bool m_isNews = false;
    std::set<std::string> m_correlating; ///< nodes whose agent says that it correlates
    bool m_areInsightsUnread = false;
    std::int64_t m_unreadSinceNs = 0;     ///< of the first tick after that
    std::size_t m_correlatingRead = 0;    ///< how many there were at the tick before
    Labels m_openRead;                    ///< groups that were open at the tick before
    std::map<std::string, Calls> m_calls; ///< by operation; "" = all
    std::vector<std::uint64_t> m_heat;
};

} // namespace tapio::console

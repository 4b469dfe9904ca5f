// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "console/core/metrics/livemodel.h"
#include "protocol/base/clock.h"

namespace tapio::console {

/// What an earlier run of the console knew.
struct ModelSeed {
    OverviewInput input;
    std::optional<InsightTracker> insights; ///< empty: could not be read
};

/// Called on the model thread.
struct ModelHooks {
    std::function<std::optional<ModelSeed>()> seed; ///< once, before anything else
    std::function<std::vector<ReceiveReading>()> received;
    std::function<std::uint64_t()> queuedEvents; ///< received, not yet processed
    std::function<std::int64_t()> serverOffsetNs;
    std::function<bool()> clockKnown;                 ///< the offset is measured; false: figures have no place in the store yet
    std::function<void(std::vector<Figure>)> figures; ///< for the store
    std::function<void(std::shared_ptr<const OverviewSnapshot>)> overview;
};

/// Owns the live model on a thread of its own, so that neither a slow disk nor the GUI holds up the figures: takes what was
/// processed, ticks once a second and when an insight came, computes the Overview while the live range is shown.
class ModelThread {
public:
    static constexpr std::size_t maxItems = 8192;
    static constexpr std::int64_t leastBetweenTicksNs = 100 * nsPerMs;

    ModelThread(LiveOptions options, ModelHooks hooks, const Clock &clock);
    ~ModelThread() { stop(); }
    void start();
    void stop();

    // Any thread.
    /// Waits while the model is behind by maxItems: the frames then wait in the queue before the store, where they are counted.
    void onDelivery(std::shared_ptr<const wire::Delivery> delivery, std::int64_t finishedNs, std::int64_t beganNs);
    void onAgentState(const wire::AgentState &state) { push(state); }
    void onAction(const OperatorAction &action) { push(action); }
    void onVerdicts(std::vector<Verdict> oldestFirst) { push(std::move(oldestFirst)); }
    void onSuite(SuiteScore suite) { push(std::move(suite)); }
    void onApiCall(std::string operation, std::int64_t durationNs, bool ok) { push(ApiCall{std::move(operation), durationNs, ok}); }
    void onConsoleQueue(std::string server, std::uint64_t droppedEvents) { push(ConsoleQueue{std::move(server), droppedEvents}); }
    /// False: another range is shown and nobody looks at the live Overview; figures go on.
    void setLive(bool live);
    /// What the live Overview is narrowed to, from the next one on.
    void setScope(Scope scope);

private:
    struct Processed {
        std::shared_ptr<const wire::Delivery> delivery;
        std::int64_t finishedNs, beganNs;
    };
    struct ApiCall {
        std::string operation;
        std::int64_t durationNs;
        bool ok;
    };
    struct ConsoleQueue {
        std::string server;
        std::uint64_t droppedEvents;
    };
    using Item = std::variant<Processed, wire::AgentState, OperatorAction, ApiCall, ConsoleQueue, std::vector<Verdict>, SuiteScore>;

    void push(Item item);
    Scope scope();
    void run(const std::stop_token &stop);
    void take(const Item &item);
    bool isTickDue(std::int64_t nowNs);
    void tick(std::int64_t nowNs);

    const ModelHooks m_hooks;
    const Clock &m_clock;
    std::mutex m_mutex;
    std::condition_variable_any m_filled;
    std::condition_variable m_emptied;
    std::deque<Item> m_items;
    bool m_stopping = false;
    Scope m_scope; ///< under the mutex
    std::atomic<bool> m_live{true};
    std::atomic<bool> m_wanted{false}; ///< compute now, do not wait for the second

    LiveModel m_model;
    std::uint64_t m_revision = 0;
    std::int64_t m_tickedNs = 0;
    bool m_isNews = false;       ///< not in a tick yet
    bool m_isEarlyTaken = false; ///< this second had its tick for news
    std::jthread m_thread;
};

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/fanin.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <tuple>
#include <utility>

#include "agent/correlation/ruleloader.h"
#include "agent/server/correlationthread.h"
#include "agent/server/hub.h"
#include "protocol/transport/pki.h"

namespace tapio::server {

namespace {

constexpr int messagesPerTurn = 64;
constexpr std::int64_t countersEveryNs = 100 * nsPerMs;
constexpr std::chrono::seconds afterFailure{1};
constexpr std::int64_t longestDrainNs = 2 * nsPerSecond;

class EndpointLink final : public PeerLink {
public:
    EndpointLink(transport::ServerEndpoint &endpoint, transport::PeerId peer) : m_endpoint(endpoint), m_peer(peer) {}

    Status send(std::span<const std::byte> bytes) override { return m_endpoint.send(m_peer, bytes); }
    void close(const std::string &code, const std::string &reason) override { m_endpoint.close(m_peer, code, reason); }

private:
    transport::ServerEndpoint &m_endpoint;
    transport::PeerId m_peer;
};

/// Moves bytes between the endpoint and the hub, both of which live on the fan-in's thread.
class FanInThread final : public FanIn {
public:
    FanInThread(FanInOptions options, FanInSink *sink, const Clock &clock) : m_options(std::move(options)), m_sink(sink), m_clock(clock) {}

    ~FanInThread() override { end(); }

    void stop() override { end(); }

    Status start()
    {
        std::promise<Result<std::uint16_t>> opened;
        auto port = opened.get_future();
        m_thread =
            std::jthread([this, promise = std::move(opened)](const std::stop_token &stop) mutable { run(stop, std::move(promise)); });
        const auto result = port.get();
        if (!result)
            return fail(result.error());
        m_port = *result;
        return {};
    }

    std::uint16_t port() const override { return m_port; }

    void reloadRules() override
    {
        m_wantsRules = true;
        wake();
    }

    void acknowledge(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq) override
    {
        const std::lock_guard lock(m_mutex);
        m_acknowledged.emplace_back(wire::ResumePoint{node, streamId, frameSeq});
        if (m_acknowledged.size() == 1 && m_endpoint != nullptr)
            m_endpoint->wake();
    }

    std::vector<ReceiveCounters> counters() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_counters;
    }

    std::optional<CorrelationFigures> correlation() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_correlation;
    }

private:
    void end()
    {
        m_thread.request_stop();
        wake();
        if (m_thread.joinable())
            m_thread.join();
    }

    void run(const std::stop_token &stop, std::promise<Result<std::uint16_t>> opened)
    {
        auto endpoint = transport::ServerEndpoint::open(m_options.endpoint, m_clock);
        if (!endpoint) {
            opened.set_value(fail(endpoint.error()));
            return;
        }
        setEndpoint(endpoint->get());
        opened.set_value((*endpoint)->port());
        {
            m_feed = startRules();
            CorrelationThread *const rules = m_feed.get();
            Hub hub(m_options, m_sink, m_clock, [&](transport::PeerId peer) { return std::make_unique<EndpointLink>(**endpoint, peer); });
            if (rules != nullptr)
                hub.correlate(*rules, identity());
            while (!stop.stop_requested())
                turn(**endpoint, hub, stop);
            hub.drain();
            const std::int64_t latest = m_clock.bootNs() + longestDrainNs;
            while (!(hub.drained() && (rules == nullptr || rules->isIdle())) && m_clock.bootNs() < latest)
                turn(**endpoint, hub, stop);
            hub.tick(true); // what was found last
            hub.shutDown();
            setCounters(hub);
        }
        m_feed.reset(); // after the hub, which takes what it found
        setEndpoint(nullptr);
    }

    void turn(transport::ServerEndpoint &endpoint, Hub &hub, const std::stop_token &stop)
    {
        bool drained = false;
        for (int i = 0; i < messagesPerTurn && !drained; ++i) {
            auto incoming = endpoint.receive(i == 0 ? hub.untilTick() : std::chrono::milliseconds(0));
            if (!incoming) {
                onFailure(incoming.error(), stop);
                return;
            }
            drained = !incoming->has_value();
            if (!drained)
                hub.onMessage(**incoming);
        }
        const auto notices = endpoint.takeNotices();
        hub.onNotices(notices);
        for (const auto &safe : takeAcknowledged())
            hub.acknowledge(safe.node, safe.streamId, safe.frameSeq);
        if (m_wantsRules.exchange(false) && m_feed != nullptr)
            takeRules(hub);
        // A notice ends receive() early: only a turn without one has seen the queue empty.
        hub.tick(drained && notices.empty());
        const std::int64_t now = m_clock.bootNs();
        if (now - m_countersBootNs >= countersEveryNs) {
            m_countersBootNs = now;
            setCounters(hub);
            tellOfKubernetes(hub);
        }
    }

    /// The endpoint itself fails (no memory, no descriptors): say so, and try again without spinning.
    void onFailure(const Error &error, const std::stop_token &stop)
    {
        if (m_sink != nullptr)
            m_sink->onLinkNotice({m_clock.utcNs(), wire::LinkNoticeKind::Closed, {}, {}, "io", error.message(), 1});
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait_for(lock, stop, afterFailure, [] { return false; });
    }

    void wake()
    {
        const std::lock_guard lock(m_mutex);
        if (m_endpoint != nullptr)
            m_endpoint->wake();
    }

    void setEndpoint(transport::ServerEndpoint *endpoint)
    {
        const std::lock_guard lock(m_mutex);
        m_endpoint = endpoint;
    }

    std::vector<wire::ResumePoint> takeAcknowledged()
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_acknowledged, {});
    }

    void setCounters(const Hub &hub)
    {
        auto counters = hub.counters();
        const auto correlation = hub.correlation();
        const std::lock_guard lock(m_mutex);
        m_counters = std::move(counters);
        if (!correlation)
            return;
        const correlation::ScopeCounters &scope = correlation->scope;
        m_correlation = CorrelationFigures{correlation->offeredEvents,
                                           scope.events + scope.insights + scope.untimely,
                                           correlation->refusedEvents,
                                           correlation->waitingEvents,
                                           scope.found,
                                           correlation->toldInsights,
                                           correlation->untoldInsights,
                                           m_rules,
                                           m_refusedRules,
                                           scope.forgotten};
    }

    /// Null: nothing is to be correlated.
    std::unique_ptr<CorrelationThread> startRules()
    {
        if (!m_options.correlation)
            return nullptr;
        auto loaded = readRules();
        for (const wire::LinkNotice &notice : noticesOf(loaded)) {
            if (m_sink != nullptr)
                m_sink->onLinkNotice(notice);
        }
        auto scope = std::make_unique<correlation::ClusterScope>(identity().name, std::move(loaded.rules));
        return std::make_unique<CorrelationThread>(
            std::move(scope), CorrelationThread::Limits{}, [this] { wake(); }, m_clock,
            m_options.correlation->nodes ? std::make_unique<Readiness>(m_options.correlation->nodes) : nullptr);
    }

    /// Those of this scope, and in the place of what is refused what was in force.
    correlation::LoadedRules readRules()
    {
        const auto &folder = m_options.correlation->folder;
        auto loaded = folder.empty() ? correlation::shippedRules() : correlation::loadRules(folder);
        correlation::keepRefused(loaded, m_inForce);
        loaded = correlation::ofScope(std::move(loaded), correlation::RuleScope::Cluster);
        m_inForce = loaded.rules;
        m_rules = loaded.rules.size();
        m_refusedRules = loaded.problems.size();
        return loaded;
    }

    std::vector<wire::LinkNotice> noticesOf(const correlation::LoadedRules &loaded) const
    {
        std::vector<wire::LinkNotice> notices;
        for (const auto &problem : loaded.problems)
            notices.push_back({m_clock.utcNs(), wire::LinkNoticeKind::Unknown, {}, {}, "rule-refused", toString(problem), 1});
        return notices;
    }

    void takeRules(Hub &hub)
    {
        auto loaded = readRules();
        auto notices = noticesOf(loaded);
        const std::string what = std::to_string(loaded.rules.size()) + " rules across nodes are in force, "
                                 + std::to_string(loaded.problems.size()) + " problems were found";
        notices.push_back({m_clock.utcNs(), wire::LinkNoticeKind::Unknown, {}, {}, "rules-read-again", what, 1});
        m_feed->setRules(std::move(loaded.rules));
        hub.say(notices);
    }

    /// How it goes with what is asked there, as it changes.
    void tellOfKubernetes(Hub &hub)
    {
        if (!m_options.correlation || !m_options.correlation->nodes)
            return;
        const wire::Hook hook = m_options.correlation->nodes->hook();
        if (std::exchange(m_kubernetes, hook.state) == hook.state)
            return;
        const bool isKnown = hook.state == wire::HookState::Active;
        const std::string what =
            isKnown ? "Kubernetes tells which nodes are Ready" : "Kubernetes does not tell which nodes are Ready: " + hook.reason;
        hub.saySince({m_clock.utcNs(), wire::LinkNoticeKind::Unknown, {}, {}, isKnown ? "nodes-known" : "nodes-unknown", what, 1});
    }

    const OwnIdentity &identity()
    {
        if (m_identity.streamId != 0)
            return m_identity;
        const auto own = transport::inspectCertificate(m_options.endpoint.tls, m_clock);
        m_identity.name = own ? own->identity.name : "unnamed";
        std::random_device random;
        while (m_identity.streamId == 0)
            m_identity.streamId = std::uint64_t{random()} << 32 | random();
        return m_identity;
    }

    const FanInOptions m_options;
    FanInSink *const m_sink;
    const Clock &m_clock;
    std::uint16_t m_port = 0;
    std::int64_t m_countersBootNs = 0;
    OwnIdentity m_identity;
    correlation::RuleSet m_inForce;
    std::uint64_t m_rules = 0, m_refusedRules = 0;           ///< across nodes
    wire::HookState m_kubernetes = wire::HookState::Unknown; ///< as it was told
    std::unique_ptr<CorrelationThread> m_feed;               ///< while it runs, and where anything is correlated
    std::atomic<bool> m_wantsRules = false;

    mutable std::mutex m_mutex;
    transport::ServerEndpoint *m_endpoint = nullptr; ///< only to wake it; null before and after its life
    std::vector<wire::ResumePoint> m_acknowledged;
    std::vector<ReceiveCounters> m_counters;
    std::optional<CorrelationFigures> m_correlation;

    std::jthread m_thread; ///< last: it ends before what it uses
};

} // namespace

Result<std::unique_ptr<FanIn>> FanIn::start(FanInOptions options, FanInSink *sink, const Clock &clock)
{
    if (options.acknowledgeBySink && sink == nullptr)
        return fail(Errc::InvalidArgument, "fan-in: acknowledged by a sink, but there is none");
    auto fanIn = std::make_unique<FanInThread>(std::move(options), sink, clock);
    if (auto started = fanIn->start(); !started)
        return fail(started.error());
    return fanIn;
}

} // namespace tapio::server

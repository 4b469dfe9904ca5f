// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/addressbook.h"
#include "agent/correlation/boundedmap.h"
#include "agent/correlation/factsink.h"
#include "agent/correlation/logbuckets.h"
#include "agent/correlation/servicehealth.h"
#include "protocol/wire/origin.h"

namespace tapio::correlation {

/// Who calls whom, how often, with what errors, and how long it takes: from the ends of connections and from HTTP requests, as either end tells
/// them. Callers and callees are workloads, else pods, containers or nodes; what nobody is known of stays its address, with the port where it is
/// called. A call is a request, and where none was seen a connection; one that did not come about (refused, timed out, no way) is a failed call,
/// one that the client gave up is none. What both ends tell counts as the caller tells it. Bounded; what was seen longest ago goes first, and is
/// counted. Pure, one thread; times are those of the events, on the server's clock.
class ServiceMap {
public:
    struct Limits {
        std::size_t services = 8'192, edges = 32'768;
        AddressBook::Limits addresses;
    };
    static constexpr std::size_t mostNeighbours = 64; ///< of a service, that facts are looked for along
    static constexpr std::int64_t hopNs = 30'000'000'000;

    /// `sink` gets service.errors, service.slow, caller.affected and caller.slow; null: nobody. Outlives it.
    explicit ServiceMap(FactSink *sink) : ServiceMap(sink, Limits()) {}
    ServiceMap(FactSink *sink, Limits limits) : m_sink(sink), m_book(limits.addresses), m_services(limits.services), m_edges(limits.edges)
    {}

    /// Of any type; takes what is a connection or a request.
    void onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);

    /// Only whose the addresses are, and who tells of which calls. For whoever has all events at hand: told so before the first of them counts, none counts as a call of
    /// an address whose owner is seen later, and none twice.
    void learn(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);

    /// Who calls whom, since it was seen first.
    struct Edge {
        Party caller, callee;
        bool isRequests = false;     ///< else connections
        bool isToldByCaller = false; ///< else by the callee alone
        std::uint64_t calls = 0, errors = 0;
        std::int64_t firstNs = 0, lastNs = 0;
        double p50Ns = 0, p99Ns = 0; ///< 0 = not known; of connections how long they took to come about
    };
    /// By names of caller and callee.
    std::vector<Edge> edges() const;

    /// Cumulative.
    struct Counters {
        std::uint64_t calls = 0;     ///< that count
        std::uint64_t told = 0;      ///< by the callee of what its caller tells, too
        std::uint64_t ignored = 0;   ///< connections and requests that are no call: given up, no direction, within requests
        std::uint64_t late = 0;      ///< of the calls: too old to be judged
        std::uint64_t forgotten = 0; ///< services, edges and addresses that went for want of room within a minute of their use
    };
    Counters counters() const noexcept;
    /// The clock was set back: what was usual stays unknown until it is seen again, and who calls whom is kept.
    void beginAnew();
    std::size_t services() const noexcept { return m_services.size(); }

private:
    struct Rise {
        std::string node;
        std::uint64_t streamId = 0, seq = 0;
        std::int64_t uncertaintyNs = 0, timeNs = 0;
    };
    enum class CallKind : std::uint8_t { None, Connections, Requests };
    struct Service {
        std::shared_ptr<const Party> party;
        std::shared_ptr<const wire::Origin> origin; ///< null: none of a workload
        ServiceHealth health;
        CallKind kind = CallKind::None; ///< what its health is of: how long connections take to come about is no measure of requests
        std::int64_t requestSlot = 0, manyRequestsNs = 0; ///< when there were enough of them last
        std::uint32_t slotRequests = 0;
        std::int64_t lastNs = 0;     ///< that it was heard of
        Rise firstSlow;              ///< of the run at hand; timeNs 0 = there is none
        std::uint64_t fastCalls = 0; ///< since the last slow one
        Rise rise;                   ///< timeNs 0 = it is not slow
        std::vector<ServiceKey> callers, callees;
    };
    struct EdgeKey {
        ServiceKey caller, callee;
        bool operator==(const EdgeKey &) const = default;
    };
    struct EdgeHash {
        std::size_t operator()(const EdgeKey &edge) const noexcept { return edge.caller.key * 31 + edge.callee.key; }
    };
    struct ServiceHash {
        std::size_t operator()(const ServiceKey &service) const noexcept { return service.key; }
    };
    struct EdgeState {
        std::shared_ptr<const Party> caller, callee;
        bool isRequests = false;
        /// When the caller told last, of connections and of requests: its agent may see only the ones, or be gone. 0 = never.
        std::array<std::int64_t, 2> callerToldNs{};
        std::uint64_t calls = 0, errors = 0;
        std::int64_t firstNs = 0, lastNs = 0;
        LogBuckets latencies;
        std::int64_t slot = 0;
        std::uint64_t slotCalls = 0, slotErrors = 0, slotSlow = 0;
        bool isSaid = false;
    };
    /// One end's word of one call.
    struct Told {
        const Observation &seen;
        Call call;
        bool isRequest = false, isByCaller = false, isNever = false; ///< never came about
        const wire::SocketAddress &local, &remote;
    };

    /// The callee's word of a call counts where the caller has told none of its kind for so long.
    static constexpr std::int64_t callerSilentNs = 60'000'000'000;
    static constexpr std::int64_t inUseNs = 60'000'000'000; ///< what goes for want of room after this is missed by nobody
    static constexpr std::int64_t fewRequestsNs =
        300'000'000'000; ///< without enough requests for so long a service is judged by its connections
    void hear(const wire::Event &event, const wire::Origin &origin, const EventPlace &place, bool counts);
    struct Heard {
        ServiceKey caller, callee;
        EdgeState *edge; ///< until another one is made
    };
    Heard place(const Told &told);
    void take(const Told &told, const Heard &heard);
    ServiceKey own(const Observation &seen);
    ServiceKey other(const Told &told);
    ServiceKey named(wire::EntityKind kind, const std::string &id, const std::string &name, std::int64_t nowNs);
    EdgeState &edge(ServiceKey caller, ServiceKey callee, std::int64_t nowNs);
    void judge(Told told, ServiceKey callee, EdgeState &edge);
    static void settleKind(Told &told, Service &callee);
    static void changeKind(Service &callee, CallKind kind);
    Service &serviceAt(ServiceKey key, std::int64_t nowNs);
    static void noteRun(const Told &told, Service &callee, bool isSlowCall);
    void judgeEdge(const Told &told, const Service &callee, EdgeState &edge, bool isSlowCall);
    void onSlow(const Observation &seen, Service &service, ServiceKey key, double times);
    void tellRise(Topic topic, const Rise &at, const Service &about, const Party *peer, double value, const std::string &told);
    void tellHop(const Service &callee, const Service &caller);
    void tell(Topic topic, const Observation &seen, const Service &about, const Party *peer, double value, const std::string &told);

    FactSink *m_sink;
    AddressBook m_book;
    BoundedMap<ServiceKey, Service, ServiceHash> m_services;
    BoundedMap<EdgeKey, EdgeState, EdgeHash> m_edges;
    Counters m_counters;
};

} // namespace tapio::correlation

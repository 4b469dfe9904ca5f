// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "protocol/wire/detailfields.h"
#include "protocol/wire/signalname.h"

namespace tapio::correlation {

namespace {

Value number(double value) { return {ValueKind::Number, value, {}}; }
Value text(std::string_view value) { return value.empty() ? Value() : Value{ValueKind::Text, 0, value}; }

Value toValue(std::string_view value) { return text(value); }
Value toValue(wire::TcpOutcome outcome) { return text(wire::tcpOutcomeName(outcome)); }
Value toValue(wire::DnsOutcome outcome) { return text(wire::dnsOutcomeName(outcome)); }
Value toValue(wire::AgentNoticeKind kind) { return text(wire::agentNoticeKindName(kind)); }
Value toValue(wire::PressureResource resource) { return text(wire::pressureResourceName(resource)); }
Value toValue(wire::KubernetesFactKind kind) { return text(wire::kubernetesFactKindName(kind)); }
Value toValue(wire::InsightState state) { return text(wire::insightStateName(state)); }
Value toValue(wire::EntityKind kind) { return text(wire::entityKindName(kind)); }
Value toValue(wire::TcpDirection direction)
{
    constexpr std::array<std::string_view, 3> names{"", "outbound", "inbound"};
    const auto index = static_cast<std::size_t>(direction);
    return text(index < names.size() ? names[index] : std::string_view());
}
template <typename T>
requires std::is_arithmetic_v<T> Value toValue(T value) { return number(static_cast<double>(value)); }
template <typename T>
concept IsSingle = requires(const T &value)
{
    toValue(value);
};

/// What kind of value a field of this type has; None: no single value.
template <typename T> constexpr ValueKind kindOfField()
{
    if constexpr (std::is_arithmetic_v<T>)
        return ValueKind::Number;
    else if constexpr (IsSingle<T>)
        return ValueKind::Text;
    else
        return ValueKind::None;
}

/// A function of its own for each field, as each event is asked for several: which one it is is known when it is compiled.
template <typename D, std::uint8_t index> Value readDetail(const Observation &seen, std::uint8_t)
{
    const auto *detail = std::get_if<D>(&seen.event.detail);
    Value found;
    if (detail == nullptr)
        return found;
    std::uint8_t at = 0;
    wire::visitFields(*detail, [&](const wire::Field &, const auto &value) {
        if constexpr (IsSingle<std::remove_cvref_t<decltype(value)>>) {
            if (at == index)
                found = toValue(value);
        }
        ++at;
    });
    return found;
}

constexpr std::size_t mostDetailFields = 24;

template <typename D> FieldRef::Read detailReader(std::size_t index)
{
    static constexpr auto readers = []<std::uint8_t... each>(std::integer_sequence<std::uint8_t, each...>)
    {
        return std::array<FieldRef::Read, sizeof...(each)>{readDetail<D, each>...};
    }
    (std::make_integer_sequence<std::uint8_t, mostDetailFields>());
    return readers.at(index);
}

struct NamedField {
    std::string_view name;
    ValueKind kind = ValueKind::None;
    FieldRef::Read read = nullptr;
    Naming naming = Naming::None;
};

// What all observations have.
const std::array<NamedField, 12> common{
    {{"severity", ValueKind::Number, [](const Observation &seen, std::uint8_t) { return number(static_cast<double>(seen.event.severity)); },
      Naming::Severity},
     {"comm", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.event.process.comm); }},
     {"uid", ValueKind::Number, [](const Observation &seen, std::uint8_t) { return number(seen.event.process.uid); }},
     {"node", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.place.node); }},
     {"cgroup", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.cgroupPath); }},
     {"namespace", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.namespaceName); }},
     {"pod", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.podName); }},
     {"container", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.containerName); }},
     {"workload", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.workloadName); }},
     {"workloadKind", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.workloadKind); }},
     {"image", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.origin.image); }},
     {"inContainer", ValueKind::Number, [](const Observation &seen, std::uint8_t) {
          return number(seen.origin.containerId.empty() && seen.origin.podUid.empty() ? 0 : 1);
      }}}};

template <typename D> const D *detailOf(const Observation &seen) { return std::get_if<D>(&seen.event.detail); }

Value tcpFailed(const Observation &seen, std::uint8_t)
{
    const auto *tcp = detailOf<wire::TcpConnection>(seen);
    if (tcp == nullptr || tcp->outcome == wire::TcpOutcome::Unknown)
        return {};
    return number(tcp->outcome != wire::TcpOutcome::Closed ? 1 : 0);
}

/// The server could not, or the connection broke off: what the client asked for wrongly (4xx) is not its failure.
Value httpFailed(const Observation &seen, std::uint8_t)
{
    const auto *http = detailOf<wire::HttpRequest>(seen);
    return http == nullptr ? Value() : number(http->status >= 500 || http->aborted || http->status == 0 ? 1 : 0);
}

/// No answer, or that the server failed or refused. That there is no such name is an answer (RFC 8020).
Value dnsFailed(const Observation &seen, std::uint8_t)
{
    constexpr std::uint16_t servFail = 2, refused = 5; // RFC 1035 section 4.1.1
    const auto *dns = detailOf<wire::DnsQuery>(seen);
    if (dns == nullptr)
        return {};
    return number(dns->outcome == wire::DnsOutcome::TimedOut || dns->responseCode == servFail || dns->responseCode == refused ? 1 : 0);
}

Value exitFailed(const Observation &seen, std::uint8_t)
{
    const auto *exit = detailOf<wire::ProcessExit>(seen);
    return exit == nullptr ? Value() : number(exit->signal != 0 || exit->exitCode != 0 ? 1 : 0);
}

/// Of the limit: what is in use and does not go by itself.
Value heldShare(const Observation &seen, std::uint8_t)
{
    const auto *memory = detailOf<wire::MemoryEvents>(seen);
    if (memory == nullptr || memory->limitBytes == 0 || memory->currentBytes == 0)
        return {};
    const double held = static_cast<double>(memory->currentBytes) - static_cast<double>(std::min(memory->cacheBytes, memory->currentBytes));
    return number(held / static_cast<double>(memory->limitBytes));
}

template <typename D> Value remotePort(const Observation &seen, std::uint8_t)
{
    const auto *detail = detailOf<D>(seen);
    return detail == nullptr ? Value() : number(detail->remote.port);
}

template <typename D> Value localPort(const Observation &seen, std::uint8_t)
{
    const auto *detail = detailOf<D>(seen);
    return detail == nullptr ? Value() : number(detail->local.port);
}

struct WorkedOut {
    Topic topic;
    NamedField field;
};

template <bool (*Judge)(const wire::TlsFailure &) noexcept> Value ofFailure(const Observation &seen, std::uint8_t)
{
    const auto *failure = detailOf<wire::TlsFailure>(seen);
    return failure == nullptr ? Value() : number(Judge(*failure) ? 1 : 0);
}

Value factValue(const Observation &seen, std::uint8_t) { return number(seen.value); }

/// Of facts that are about nodes and services.
const std::array<NamedField, 1> ofFacts{{{"value", ValueKind::Number, factValue}}};

const std::array<WorkedOut, 16> workedOut{
    {{topicOf(wire::EventType::TcpConnection), {"failed", ValueKind::Number, tcpFailed}},
     {topicOf(wire::EventType::TcpConnection), {"remotePort", ValueKind::Number, remotePort<wire::TcpConnection>}},
     {topicOf(wire::EventType::TcpConnection), {"localPort", ValueKind::Number, localPort<wire::TcpConnection>}},
     {topicOf(wire::EventType::HttpRequest), {"failed", ValueKind::Number, httpFailed}},
     {topicOf(wire::EventType::HttpRequest), {"remotePort", ValueKind::Number, remotePort<wire::HttpRequest>}},
     {topicOf(wire::EventType::HttpRequest), {"localPort", ValueKind::Number, localPort<wire::HttpRequest>}},
     {topicOf(wire::EventType::TlsFailure), {"serverRefused", ValueKind::Number, ofFailure<wire::refusesServer>}},
     {topicOf(wire::EventType::TlsFailure), {"ownRefused", ValueKind::Number, ofFailure<wire::isOwnRefused>}},
     {topicOf(wire::EventType::TlsFailure), {"remotePort", ValueKind::Number, remotePort<wire::TlsFailure>}},
     {topicOf(wire::EventType::TlsFailure), {"localPort", ValueKind::Number, localPort<wire::TlsFailure>}},
     {topicOf(wire::EventType::DnsQuery), {"failed", ValueKind::Number, dnsFailed}},
     {topicOf(wire::EventType::MemoryEvents), {"heldShare", ValueKind::Number, heldShare}},
     {topicOf(wire::EventType::PrivilegeGain),
      {"usual", ValueKind::Number, [](const Observation &seen, std::uint8_t) { return number(seen.isUsual ? 1 : 0); }}},
     {topicOf(wire::EventType::ProcessExit), {"failed", ValueKind::Number, exitFailed}},
     {Topic::RolloutImage, {"before", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.before); }}},
     {Topic::RolloutImage, {"now", ValueKind::Text, [](const Observation &seen, std::uint8_t) { return text(seen.now); }}}}};

Value readFigure(const Observation &seen, std::uint8_t index)
{
    return seen.figures == nullptr || std::isnan(seen.figures->values[index]) ? Value() : number(seen.figures->values[index]);
}

Value readFigureText(const Observation &seen, std::uint8_t index)
{
    return seen.figures == nullptr ? Value() : text(seen.figures->texts[index]);
}

std::optional<FieldRef> findFigure(Topic topic, std::string_view name)
{
    const auto names = figureNames(topic);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].name == name)
            return FieldRef{readFigure, static_cast<std::uint8_t>(i), ValueKind::Number, Naming::None};
    }
    const auto texts = figureTexts(topic);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts[i] == name)
            return FieldRef{readFigureText, static_cast<std::uint8_t>(i), ValueKind::Text, Naming::None};
    }
    return std::nullopt;
}

Naming namingOf(std::string_view field)
{
    if (field == "error" || field == "socketError")
        return Naming::Errno;
    return field == "signal" ? Naming::Signal : Naming::None;
}

/// Calls visit(name, kind, read) with each field of the detail that events of this type have.
template <typename Visit> void eachDetailField(wire::EventType type, Visit &&visit)
{
    const std::size_t wanted = wire::detailIndex(type);
    const auto one = [&]<std::size_t index>() {
        if (index != wanted)
            return;
        const std::variant_alternative_t<index, wire::Detail> detail{};
        std::size_t at = 0;
        wire::visitFields(detail, [&](const wire::Field &field, const auto &value) {
            visit(field.name, kindOfField<std::remove_cvref_t<decltype(value)>>(),
                  detailReader<std::remove_const_t<decltype(detail)>>(at++));
        });
    };
    [&]<std::size_t... index>(std::index_sequence<index...>) { (one.template operator()<index>(), ...); }
    (std::make_index_sequence<std::variant_size_v<wire::Detail>>());
}

} // namespace

std::optional<FieldRef> findField(Topic topic, std::string_view name)
{
    for (const WorkedOut &one : workedOut) {
        if (one.topic == topic && one.field.name == name)
            return FieldRef{one.field.read, 0, one.field.kind, one.field.naming};
    }
    if (isOfCluster(topic) && name == ofFacts[0].name)
        return FieldRef{ofFacts[0].read, 0, ofFacts[0].kind, ofFacts[0].naming};
    std::optional<FieldRef> found = findFigure(topic, name);
    eachDetailField(eventTypeOf(topic), [&](std::string_view field, ValueKind kind, FieldRef::Read read) {
        if (field == name && kind != ValueKind::None)
            found = FieldRef{read, 0, kind, namingOf(field)};
    });
    if (found)
        return found;
    const auto known = std::find_if(common.begin(), common.end(), [name](const NamedField &one) { return one.name == name; });
    return known == common.end() ? std::nullopt : std::optional(FieldRef{known->read, 0, known->kind, known->naming});
}

std::vector<std::string> fieldNames(Topic topic)
{
    std::vector<std::string> names;
    eachDetailField(eventTypeOf(topic), [&](std::string_view field, ValueKind kind, FieldRef::Read) {
        if (kind != ValueKind::None)
            names.emplace_back(field);
    });
    for (const FigureName &one : figureNames(topic))
        names.emplace_back(one.name);
    for (const std::string_view one : figureTexts(topic))
        names.emplace_back(one);
    for (const WorkedOut &one : workedOut) {
        if (one.topic == topic)
            names.emplace_back(one.field.name);
    }
    if (isOfCluster(topic))
        names.emplace_back(ofFacts[0].name);
    for (const NamedField &one : common)
        names.emplace_back(one.name);
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<double> numberNamed(Naming naming, std::string_view name)
{
    constexpr int mostErrno = 133, mostSignal = 64; // Linux, asm-generic/errno.h and signal(7)
    switch (naming) {
    case Naming::Errno:
        for (int number = 1; number <= mostErrno; ++number) {
            const char *known = strerrorname_np(number);
            if (known != nullptr && name == known)
                return number;
        }
        break;
    case Naming::Signal:
        for (int number = 1; number <= mostSignal; ++number) {
            if (wire::signalName(number) == name)
                return number;
        }
        break;
    case Naming::Severity:
        for (int number = 0; number <= static_cast<int>(wire::Severity::Critical); ++number) {
            if (wire::severityName(static_cast<wire::Severity>(number)) == name)
                return number;
        }
        break;
    case Naming::None: break;
    }
    return std::nullopt;
}

} // namespace tapio::correlation

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/filter/filterrules.h"

#include <charconv>
#include <optional>

namespace tapio::agent {

namespace {

std::optional<std::uint16_t> parsePort(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

void set(PortSet &ports, const PortRange &range, bool value)
{
    for (std::size_t port = range.first; port <= range.last; ++port)
        ports[port] = value;
}

/// Null = all of them.
std::shared_ptr<const PortSet> portSetOf(const CollectorRules &rules)
{
    if (rules.ports.empty() && rules.excludePorts.empty())
        return nullptr;
    auto ports = std::make_shared<PortSet>();
    if (rules.ports.empty())
        ports->set();
    for (const PortRange &range : rules.ports)
        set(*ports, range, true);
    for (const PortRange &range : rules.excludePorts)
        set(*ports, range, false);
    return ports;
}

} // namespace

Result<PortRange> parsePortRange(std::string_view text)
{
    const std::size_t dash = text.find('-');
    const auto first = parsePort(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parsePort(text.substr(dash + 1));
    if (!first || !last || *last < *first)
        return fail(Errc::InvalidArgument, "a port from 1 to 65535, or a range as \"30000-32767\"");
    return PortRange{*first, *last};
}

std::string toString(const PortRange &range)
{
    const std::string first = std::to_string(range.first);
    return range.first == range.last ? first : first + '-' + std::to_string(range.last);
}

KernelFilter kernelFilterOf(const FilterRules &rules)
{
    KernelFilter filter;
    for (std::size_t i = 0; i < filteredCount; ++i) {
        const CollectorRules &from = rules.collectors[i];
        KernelRule &to = filter.rules[i];
        to.byCgroup = from.asksForCgroups();
        if (hasPorts(static_cast<Filtered>(i)))
            to.ports = portSetOf(from);
        if (hasFloor(static_cast<Filtered>(i)))
            to.floor = from.floor;
        if (from.rate == 0)
            continue;
        to.rate = from.rate;
        to.burst = from.burst;
    }
    return filter;
}

bool deniesOrigin(const CollectorRules &rules, const wire::Origin &origin)
{
    if (!rules.allow.empty() && matchesAny(rules.allow, origin) == Match::No)
        return true;
    return matchesAny(rules.deny, origin) == Match::Yes;
}

} // namespace tapio::agent

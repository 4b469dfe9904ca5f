// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/filterconfig.h"

#include <algorithm>
#include <iterator>

namespace tapio::agent {

using daemon::ConfigSection;

namespace {

constexpr const char *remoteKey = "remote";

/// By way of texts, which are what the file has and what --print-config shows.
template <typename T, typename Parse, typename ToText>
void readList(ConfigSection &section, const char *key, std::vector<T> &target, Parse parse, ToText toText)
{
    std::vector<std::string> texts;
    std::transform(target.begin(), target.end(), std::back_inserter(texts), toText);
    const auto refused = parse(""); // says what it must be
    section.list(
        key, refused ? std::string() : refused.error().context(), [&](const std::string &text) { return parse(text).has_value(); }, texts);
    target.clear();
    for (const std::string &text : texts) {
        if (auto value = parse(text))
            target.push_back(std::move(*value));
    }
}

void readCgroups(ConfigSection &section, const char *key, std::vector<CgroupSelector> &target)
{
    readList(section, key, target, CgroupSelector::parse, [](const CgroupSelector &selector) { return selector.text(); });
}

void readPorts(ConfigSection &section, const char *key, std::vector<PortRange> &target)
{
    readList(section, key, target, parsePortRange, [](const PortRange &range) { return toString(range); });
}

void readCollector(ConfigSection &section, Filtered collector, CollectorRules &rules)
{
    constexpr std::int64_t mostFloorMs = 3'600'000;
    constexpr std::int64_t mostRate = 1'000'000;
    constexpr std::int64_t mostBurst = 10'000'000;
    readCgroups(section, "allow", rules.allow);
    readCgroups(section, "deny", rules.deny);
    if (hasPorts(collector)) {
        readPorts(section, "ports", rules.ports);
        readPorts(section, "exclude_ports", rules.excludePorts);
    }
    if (hasFloor(collector))
        section.milliseconds("floor_ms", rules.floor, 0, mostFloorMs);
    section.number("rate", rules.rate, 0, mostRate);
    section.number("burst", rules.burst, 1, mostBurst);
    if (hasSums(collector))
        section.number("detail", rules.detail, 0, mostRate);
}

} // namespace

Status readFilter(ConfigSection &filter, const std::string &file, FilterRules &rules, std::vector<daemon::ConfigValue> *values)
{
    filter.flag(remoteKey, rules.remote);
    filter.flag("follow_subscriptions", rules.followSubscriptions);
    for (std::size_t i = 0; i < filteredCount; ++i) {
        const std::string name(filteredNames[i]);
        ConfigSection section(filter.table(name.c_str()), file, "filter." + name + '.', values);
        readCollector(section, static_cast<Filtered>(i), rules.collectors[i]);
        if (Status status = section.end(); !status)
            return status;
    }
    return {};
}

Result<FilterRules> changedFilter(FilterRules rules, std::string_view text, const std::string &name)
{
    const auto file = daemon::parseToml(text, name);
    if (!file)
        return fail(file.error());
    ConfigSection top(&*file, name, "");
    const toml::table *table = top.table("filter");
    if (table != nullptr && table->contains(remoteKey))
        return fail(Errc::Malformed, name + ", line " + std::to_string(table->get(remoteKey)->source().begin.line)
                                         + ": filter.remote is for the node's own configuration");
    ConfigSection filter(table, name, "filter.");
    Status status = readFilter(filter, name, rules, nullptr);
    if (status)
        status = filter.end();
    if (status)
        status = top.end();
    if (!status)
        return fail(status.error());
    return rules;
}

std::string filterText(const FilterRules &rules)
{
    FilterRules copy = rules;
    std::vector<daemon::ConfigValue> values;
    ConfigSection filter(nullptr, {}, "filter.", &values);
    // Without a file there is nothing that could be wrong with it.
    static_cast<void>(readFilter(filter, {}, copy, &values));
    std::string text, table;
    for (const daemon::ConfigValue &value : values) {
        const std::size_t dot = value.name.rfind('.');
        const std::string in = value.name.substr(0, dot);
        if (value.name.substr(dot + 1) == remoteKey)
            continue;
        if (in != table)
            text += (text.empty() ? "[" : "\n[") + in + "]\n";
        table = in;
        text += value.name.substr(dot + 1) + " = " + value.toml + '\n';
    }
    return text;
}

} // namespace tapio::agent

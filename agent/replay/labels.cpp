// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/labels.h"

#include <chrono>
#include <sstream>
#include <utility>

#include "agent/replay/tomltable.h"

namespace tapio::replay {

namespace {

Status readLabel(const toml::table &from, const std::string &file, std::vector<Label> &labels)
{
    TomlTable table(from, file);
    Label label;
    label.what = table.text("what");
    label.node = table.text("node", false);
    label.entity = table.text("entity");
    label.fromNs = table.moment("from");
    label.toNs = table.moment("to");
    label.withinNs = table.duration("within", label.withinNs);
    label.expected = table.texts("expected", true);
    label.also = table.texts("also");
    label.onTwoNodes = table.texts("on_two_nodes");
    label.onThreeNodes = table.texts("on_three_nodes");
    if (label.toNs < label.fromNs)
        table.refuse(from.get("to"), "'to' is before 'from'");
    labels.push_back(std::move(label));
    return table.finish();
}

Result<LabelFile> read(const toml::table &root, const std::string &file)
{
    TomlTable table(root, file);
    LabelFile labels;
    labels.what = table.text("what");
    labels.family = table.text("family");
    labels.made = table.text("made");
    labels.isHealthy = table.flag("healthy");
    table.each("label", [&](const toml::table &one) { return readLabel(one, file, labels.labels); });
    if (const Status status = table.finish(); !status)
        return fail(status.error());
    return labels;
}

toml::date_time momentOf(std::int64_t utcNs)
{
    using namespace std::chrono;
    const sys_time<nanoseconds> at{nanoseconds(utcNs)};
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss<nanoseconds> time(at - day);
    return {toml::date(static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())),
            toml::time(time.hours().count(), time.minutes().count(), time.seconds().count(), time.subseconds().count()),
            toml::time_offset()};
}

toml::array listOf(const std::vector<std::string> &texts)
{
    toml::array list;
    for (const std::string &text : texts)
        list.push_back(text);
    return list;
}

toml::table tableOf(const Label &label)
{
    toml::table table{{"what", label.what},
                      {"entity", label.entity},
                      {"from", momentOf(label.fromNs)},
                      {"to", momentOf(label.toNs)},
                      {"within", std::to_string(label.withinNs / nsPerMs) + "ms"},
                      {"expected", listOf(label.expected)}};
    if (!label.node.empty())
        table.insert("node", label.node);
    const std::pair<const char *, const std::vector<std::string> &> lists[] = {
        {"also", label.also}, {"on_two_nodes", label.onTwoNodes}, {"on_three_nodes", label.onThreeNodes}};
    for (const auto &[key, rules] : lists) {
        if (!rules.empty())
            table.insert(key, listOf(rules));
    }
    return table;
}

} // namespace

std::string toToml(const LabelFile &labels)
{
    toml::table root{{"what", labels.what}, {"family", labels.family}, {"made", labels.made}};
    if (labels.isHealthy)
        root.insert("healthy", true);
    toml::array all;
    for (const Label &label : labels.labels)
        all.push_back(tableOf(label));
    if (!all.empty())
        root.insert("label", std::move(all));
    std::ostringstream text;
    text << root << '\n';
    return text.str();
}

std::filesystem::path labelFileOf(const std::filesystem::path &recording)
{
    auto file = recording;
    return file.replace_extension(".toml");
}

Result<LabelFile> readLabels(const std::filesystem::path &file)
{
    const auto root = readToml(file);
    return root ? read(*root, file.native()) : fail(root.error());
}

Result<LabelFile> parseLabels(std::string_view text, const std::string &file)
{
    const auto root = parseToml(text, file);
    return root ? read(*root, file) : fail(root.error());
}

} // namespace tapio::replay

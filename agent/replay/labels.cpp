// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/labels.h"

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

} // namespace

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

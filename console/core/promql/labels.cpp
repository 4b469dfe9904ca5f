// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/labels.h"

#include <algorithm>

namespace tapio::promql {

namespace {

std::size_t mix(std::size_t seed, std::string_view text) noexcept
{
    const std::size_t one = std::hash<std::string_view>{}(text);
    return seed ^ (one + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

bool isMetricName(std::string_view text) noexcept
{
    const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; };
    return !text.empty() && first(text.front())
           && std::all_of(text.begin(), text.end(), [&](char c) { return first(c) || (c >= '0' && c <= '9'); });
}

bool contains(const std::vector<std::string> &names, const std::string &name)
{
    return std::binary_search(names.begin(), names.end(), name);
}

} // namespace

Labels::Labels(std::vector<Label> labels)
{
    std::stable_sort(labels.begin(), labels.end(), [](const Label &a, const Label &b) { return a.name < b.name; });
    std::vector<Label> sorted;
    sorted.reserve(labels.size());
    for (Label &label : labels) {
        if (!sorted.empty() && sorted.back().name == label.name)
            sorted.pop_back();
        sorted.push_back(std::move(label));
    }
    std::erase_if(sorted, [](const Label &label) { return label.value.empty(); });
    *this = ofSorted(std::move(sorted));
}

Labels Labels::ofSorted(std::vector<Label> sorted)
{
    Labels made;
    if (sorted.empty())
        return made;
    auto shared = std::make_shared<Shared>();
    shared->labels = std::move(sorted);
    for (const Label &label : shared->labels)
        shared->hash = mix(mix(shared->hash, label.name), label.value);
    made.m_shared = std::move(shared);
    return made;
}

const std::vector<Label> &Labels::all() const noexcept
{
    static const std::vector<Label> none;
    return m_shared ? m_shared->labels : none;
}

std::string_view Labels::get(std::string_view name) const noexcept
{
    for (const Label &label : all()) {
        if (label.name == name)
            return label.value;
    }
    return {};
}

Labels Labels::with(std::string_view name, std::string_view value) const
{
    if (get(name) == value)
        return *this;
    std::vector<Label> changed;
    changed.reserve(all().size() + 1);
    for (const Label &label : all()) {
        if (label.name != name)
            changed.push_back(label);
    }
    if (!value.empty()) {
        const auto place =
            std::lower_bound(changed.begin(), changed.end(), name, [](const Label &a, std::string_view b) { return a.name < b; });
        changed.insert(place, {std::string(name), std::string(value)});
    }
    return ofSorted(std::move(changed));
}

Labels Labels::without(const std::vector<std::string> &names) const
{
    std::vector<Label> kept;
    std::copy_if(all().begin(), all().end(), std::back_inserter(kept), [&](const Label &label) { return !contains(names, label.name); });
    return kept.size() == all().size() ? *this : ofSorted(std::move(kept));
}

Labels Labels::only(const std::vector<std::string> &names) const
{
    std::vector<Label> kept;
    std::copy_if(all().begin(), all().end(), std::back_inserter(kept), [&](const Label &label) { return contains(names, label.name); });
    return kept.size() == all().size() ? *this : ofSorted(std::move(kept));
}

std::string Labels::text() const
{
    const std::string_view name = get(metricName);
    const bool isBare = isMetricName(name);
    std::string inside;
    for (const Label &label : all()) {
        if (isBare && label.name == metricName)
            continue;
        inside += (inside.empty() ? "" : ", ") + label.name + "=" + quoted(label.value);
    }
    std::string text = isBare ? std::string(name) : std::string();
    if (!inside.empty() || !isBare)
        text += "{" + inside + "}";
    return text;
}

bool Labels::operator==(const Labels &other) const noexcept
{
    return m_shared == other.m_shared || (hash() == other.hash() && all() == other.all());
}

std::string quoted(std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (c == '\n')
            out += "\\n";
        else if (byte < 0x20 || byte == 0x7f)
            out += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
        else
            out += c;
    }
    return out + "\"";
}

bool isLabelName(std::string_view text) noexcept { return isMetricName(text) && text.find(':') == std::string_view::npos; }

} // namespace tapio::promql

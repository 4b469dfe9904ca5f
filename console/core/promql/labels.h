// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tapio::promql {

/// The label that holds a series' metric name (Prometheus data model).
inline constexpr std::string_view metricName = "__name__";

struct Label {
    std::string name, value;

    auto operator<=>(const Label &) const = default;
};

/// What names a series: labels sorted by name, each once, none with an empty value, since an empty label is none. A value that never changes;
/// copies share their text, so that they are cheap however many there are. Any thread.
class Labels {
public:
    Labels() = default;
    /// In any order; of two of one name the last one counts.
    explicit Labels(std::vector<Label> labels);

    /// Empty where there is none of that name.
    std::string_view get(std::string_view name) const noexcept;
    const std::vector<Label> &all() const noexcept;
    bool empty() const noexcept { return all().empty(); }
    std::size_t hash() const noexcept { return m_shared ? m_shared->hash : 0; }

    /// The same with one label set, or taken away where the value is empty.
    Labels with(std::string_view name, std::string_view value) const;
    Labels without(std::string_view name) const { return with(name, {}); }
    /// The same without those names, which are sorted.
    Labels without(const std::vector<std::string> &names) const;
    /// Only those names, which are sorted.
    Labels only(const std::vector<std::string> &names) const;

    /// `name{a="b", c="d"}`, with the escapes of PromQL: reads back as a selector.
    std::string text() const;

    bool operator==(const Labels &other) const noexcept;
    std::strong_ordering operator<=>(const Labels &other) const noexcept { return all() <=> other.all(); }

private:
    struct Shared {
        std::vector<Label> labels;
        std::size_t hash = 0;
    };
    static Labels ofSorted(std::vector<Label> sorted);

    std::shared_ptr<const Shared> m_shared; ///< null: none
};

/// In double quotes, with the escapes of PromQL's strings.
std::string quoted(std::string_view text);
/// `[a-zA-Z_][a-zA-Z0-9_]*`, what PromQL can name.
bool isLabelName(std::string_view text) noexcept;

} // namespace tapio::promql

template <> struct std::hash<tapio::promql::Labels> {
    std::size_t operator()(const tapio::promql::Labels &labels) const noexcept { return labels.hash(); }
};

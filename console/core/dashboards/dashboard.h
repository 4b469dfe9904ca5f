// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/metrics/panel.h"

/// A page of panels as somebody wrote it down. Values; nothing here asks or draws. The format of its files is in README.md.
namespace tapio::console {

inline constexpr int dashboardColumns = 24; ///< as Grafana has them, so that its pages fit
inline constexpr int lastDashboardRow = 4096;
inline constexpr std::size_t mostPanels = 200, mostPanelQueries = 16, mostVariables = 32, mostVariableValues = 1000;

enum class PanelKind : std::uint8_t {
    Line,
    Area,    ///< lines with the ground below them filled
    Stacked, ///< areas on top of each other
    Bars,    ///< stacked bars, one for each step
    Stat,    ///< the last value, large, with what it was before
    Gauge,   ///< the last value on a scale
    Table,   ///< the last value of each series
    Heatmap, ///< how many fell into which bucket of a histogram, over time
    Text,    ///< no query: a note
    Figure,  ///< no query: a figure of the console, with how it is computed (metrics/panel.h)
};
std::string_view kindWord(PanelKind kind) noexcept; ///< as a file has it: "line"

/// What a query's values are, and what they are multiplied with to be in that unit.
struct ValueUnit {
    Unit unit = Unit::None;
    double factor = 1;
    bool operator==(const ValueUnit &) const = default;
};
/// By the word of a file: "seconds", "bytes/s", "ratio" ... None: there is no such word.
std::optional<ValueUnit> unitFromWord(std::string_view word);
std::string_view wordOfUnit(const ValueUnit &unit) noexcept; ///< empty: none
std::string unitWords();                                     ///< all of them: "bytes, bytes/s, ..."

/// Where a panel is: in columns and rows from the top left, all in the grid's own units.
struct GridPlace {
    int x = 0, y = 0, width = 12, height = 8;
    bool operator==(const GridPlace &) const = default;
};

struct PanelQuery {
    std::string expression; ///< PromQL, with variables in it: see querytemplate.h
    std::string legend;     ///< "{{pod}} of {{node}}"; empty: what tells its series apart
    bool operator==(const PanelQuery &) const = default;
};

struct PanelBound {
    ThresholdKind kind = ThresholdKind::Reference;
    double value = 0; ///< as the queries have it, before the unit's factor
    bool operator==(const PanelBound &) const = default;
};

struct DashboardPanel {
    std::string title;
    std::string description; ///< what it shows and how it is computed, for people
    PanelKind kind = PanelKind::Line;
    GridPlace at;
    std::string source; ///< of console.toml; empty: the dashboard's
    std::vector<PanelQuery> queries;
    ValueUnit unit;
    std::optional<double> least, largest; ///< of the scale; as PanelBound::value
    std::vector<PanelBound> bounds;
    std::string figure; ///< of a Figure: a panelKey
    std::string text;   ///< of a Text
    bool operator==(const DashboardPanel &) const = default;
};

/// Something to choose, for all panels of the page.
struct DashboardVariable {
    enum class Kind : std::uint8_t {
        Query,     ///< the values that a label has in the answer of a query
        List,      ///< those that are written down
        Node,      ///< the window's node
        Namespace, ///< the window's namespace
    };
    std::string name, label; ///< label: for people; empty: the name
    Kind kind = Kind::List;
    std::string expression, of; ///< of a Query: PromQL, and whose values
    std::vector<std::string> values;
    std::string chosen;  ///< at first; empty: all where there is "all", else the first
    bool hasAll = false; ///< "all of them" can be chosen
    bool operator==(const DashboardVariable &) const = default;
};

struct Dashboard {
    std::string title, description;
    std::string source; ///< of console.toml; empty: the store
    std::vector<DashboardVariable> variables;
    std::vector<DashboardPanel> panels;
    bool operator==(const Dashboard &) const = default;
};

/// Rows that its panels take.
int rowsOf(const Dashboard &dashboard) noexcept;

/// The panel of the Overview with that key; see panelKey.
std::optional<PanelId> figureFromKey(std::string_view key) noexcept;

} // namespace tapio::console

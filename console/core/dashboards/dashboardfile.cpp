// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/dashboardfile.h"

#include <array>
#include <charconv>

#include "console/core/dashboards/dashboardcheck.h"
#include "protocol/transport/files.h"

namespace tapio::console {

namespace {

/// A basic string of TOML.
std::string quotedToml(std::string_view text)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            quoted += '\\';
        if (c == '\n')
            quoted += "\\n";
        else if (byte < 0x20 || byte == 0x7f)
            quoted += std::string("\\u00") + digits[byte >> 4] + digits[byte & 15];
        else
            quoted += c;
    }
    return quoted + '"';
}

/// Lines of one table; what is as it would be without a line has none.
class TableWriter {
public:
    void header(std::string_view name) { m_text += "\n[[" + std::string(name) + "]]\n"; }
    void line(std::string_view key, const std::string &value) { m_text += std::string(key) + " = " + value + '\n'; }
    void text(std::string_view key, std::string_view value)
    {
        if (!value.empty())
            line(key, quotedToml(value));
    }
    void number(std::string_view key, const std::optional<double> &value)
    {
        std::array<char, 32> digits{};
        if (value) // with an exponent where it is long: a whole number of TOML has 63 bits
            line(key, {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *value).ptr});
    }
    std::string take() { return std::move(m_text); }

private:
    std::string m_text;
};

std::string_view wordOf(DashboardVariable::Kind kind)
{
    constexpr std::array<std::string_view, 4> words{"query", "list", "node", "namespace"};
    return words[static_cast<std::size_t>(kind)];
}

void write(TableWriter &out, const DashboardVariable &variable)
{
    out.header("variable");
    out.text("name", variable.name);
    out.text("label", variable.label);
    out.text("kind", wordOf(variable.kind));
    out.text("query", variable.expression);
    out.text("of", variable.of);
    std::string list;
    for (const std::string &value : variable.values)
        list += (list.empty() ? "" : ", ") + quotedToml(value);
    if (!list.empty())
        out.line("values", '[' + list + ']');
    out.text("chosen", variable.chosen);
    if (variable.hasAll)
        out.line("all", "true");
}

void write(TableWriter &out, const DashboardPanel &panel)
{
    out.header("panel");
    out.text("title", panel.title);
    out.text("description", panel.description);
    out.text("kind", kindWord(panel.kind));
    const GridPlace &at = panel.at;
    out.line("at", '[' + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.width) + ", "
                       + std::to_string(at.height) + ']');
    out.text("source", panel.source);
    out.text("unit", wordOfUnit(panel.unit));
    out.number("min", panel.least);
    out.number("max", panel.largest);
    out.text("figure", panel.figure);
    out.text("text", panel.text);
    for (const PanelQuery &query : panel.queries) {
        out.header("panel.query");
        out.text("expr", query.expression);
        out.text("legend", query.legend);
    }
    for (const PanelBound &bound : panel.bounds) {
        out.header("panel.bound");
        out.text("kind", boundWord(bound.kind));
        out.number("value", bound.value);
    }
}

} // namespace

std::string writeDashboard(const Dashboard &dashboard)
{
    TableWriter out;
    out.line("format", "1");
    out.text("title", dashboard.title);
    out.text("description", dashboard.description);
    out.text("source", dashboard.source);
    for (const DashboardVariable &variable : dashboard.variables)
        write(out, variable);
    for (const DashboardPanel &panel : dashboard.panels)
        write(out, panel);
    return out.take();
}

Understood<Dashboard> readDashboard(const std::filesystem::path &file)
{
    const auto text = transport::readSmallFile(file);
    if (!text)
        return tl::unexpected(std::vector<TextProblem>{{file.native(), 0, text.error().message()}});
    return parseDashboard(*text, file.native());
}

Status saveDashboard(const Dashboard &dashboard, const std::filesystem::path &file)
{
    const std::string text = writeDashboard(dashboard);
    if (const auto read = parseDashboard(text, file.native()); !read) // what could not be read again is not kept
        return fail(Errc::InvalidArgument, toString(read.error().front()));
    return transport::writeAtomically(file, text, 0644);
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "protocol/base/result.h"

/// How the commands of `tapio` print: answers on stdout as an aligned table or JSON, errors on stderr with a hint.
namespace tapio::console {

enum class OutputFormat : std::uint8_t { Table, Json, Csv }; ///< Csv: of 'tapio query' alone

/// Exit codes of all commands, as in sysexits.h where it has one.
enum ExitCode : int {
    ExitOk = 0,
    ExitUnhealthy = 1, ///< the command worked, and its answer is "not healthy"
    ExitUsage = 64,
    ExitDataError = 65,
    ExitUnavailable = 69,
    ExitInternal = 70,
    ExitCannotCreate = 73,
    ExitIo = 74,
    ExitPermission = 77,
    ExitConfiguration = 78,
};
ExitCode exitCodeFor(Errc code) noexcept;

/// Columns are as wide as their widest cell; control characters are shown escaped, so that data cannot drive the terminal.
class Table {
public:
    enum class Align : std::uint8_t { Left, Right };
    struct Column {
        std::string title;
        Align align = Align::Left;
    };

    explicit Table(std::vector<Column> columns) : m_columns(std::move(columns)) {}
    void add(std::vector<std::string> row);
    bool empty() const noexcept { return m_rows.empty(); }
    void print(std::ostream &out) const;

private:
    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

/// Lines that are printed as they come, before anybody knows the widest cell of a column. A wider cell moves those behind it only as far as they
/// have no room; the last column takes what it needs. Control characters are shown as by Table.
class LineTable {
public:
    struct Column {
        std::string title;
        std::size_t width = 0; ///< that most cells fit in
        Table::Align align = Table::Align::Left;
    };

    explicit LineTable(std::vector<Column> columns) : m_columns(std::move(columns)) {}
    void printTitles(std::ostream &out) const;
    /// One cell for each column.
    void print(std::ostream &out, const std::vector<std::string> &cells) const;

private:
    std::vector<Column> m_columns;
};

/// One text line, safe for a terminal: control characters as \xNN, invalid UTF-8 as U+FFFD.
std::string printable(std::string_view text);
/// "2026-03-01T12:00:05.123Z"; "-" for 0.
std::string utcText(std::int64_t ns);
/// "1.5 GiB", "812 B".
std::string bytesText(std::int64_t bytes);
/// "3 d 4 h", "12 min", "820 ms": two units at most.
std::string durationText(std::int64_t ns);

void printJson(std::ostream &out, const nlohmann::json &value);
/// "tapio: MESSAGE" and "hint: HINT", the usual one of the error's code when none is given. Returns the exit code for `error`.
ExitCode report(std::ostream &err, const Error &error, std::string_view hint = {});

} // namespace tapio::console

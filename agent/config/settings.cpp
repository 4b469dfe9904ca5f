// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/settings.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "protocol/transport/digest.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

Result<std::string> hashOf(const Settings &settings)
{
    std::vector<std::string> lines;
    for (const Setting &setting : settings)
        lines.push_back(setting.name + " = " + setting.value + "\n");
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string &line : lines)
        text += line;
    return transport::sha256Hex(text);
}

Status printSettings(std::ostream &out, const Settings &settings)
{
    constexpr int commentColumn = 48;
    constexpr std::size_t mostOriginBytes = 4096;
    const auto hash = hashOf(settings);
    if (!hash)
        return fail(hash.error());
    out << "# tapio-agent " TAPIO_VERSION ", sha256 " << *hash << '\n';
    std::string table;
    for (const Setting &setting : settings) {
        const std::size_t dot = setting.name.rfind('.');
        const std::string in = dot == std::string::npos ? std::string() : setting.name.substr(0, dot);
        if (in != table)
            out << "\n[" << in << "]\n";
        table = in;
        const std::string line = (dot == std::string::npos ? setting.name : setting.name.substr(dot + 1)) + " = " + setting.value;
        out << std::left << std::setw(commentColumn) << line << " # " << wire::toLine(setting.origin, mostOriginBytes) << '\n';
    }
    return {};
}

} // namespace tapio::agent

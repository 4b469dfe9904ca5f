// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightsexport.h"

#include <QSaveFile>

#include <nlohmann/json.hpp>
#include <sstream>

#include "console/core/metrics/insightexport.h"

namespace tapio::console {

Status writeInsights(const QString &path, InsightFileFormat format, const std::vector<InsightToWrite> &insights,
                     const VerdictBook &verdicts)
{
    std::ostringstream text;
    if (format == InsightFileFormat::Csv)
        writeInsightCsvHeader(text);
    for (const auto &[view, life] : insights) {
        const std::string_view state = stateWord(view, life);
        if (format == InsightFileFormat::Csv) {
            writeInsightCsv(text, view, verdicts, state);
            continue;
        }
        nlohmann::json object = insightJson(view, verdicts);
        object["state"] = state;
        text << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }
    const std::string bytes = text.str();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size())
        || !file.commit())
        return fail(Errc::Io, file.errorString().toStdString());
    return {};
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightsexport.h"

#include <QSaveFile>

#include <nlohmann/json.hpp>
#include <sstream>

#include "console/core/metrics/insightcause.h"
#include "console/core/metrics/insightexport.h"

namespace tapio::console {

Status writeInsights(const QString &path, InsightFileFormat format, const std::vector<InsightToWrite> &insights,
                     const VerdictBook &verdicts)
{
    std::ostringstream text;
    if (format == InsightFileFormat::Csv)
        writeInsightCsvHeader(text);
    std::vector<const InsightView *> views;
    for (const auto &[view, life] : insights)
        views.push_back(&view);
    const std::vector<std::size_t> headOf = groupByCause(views);
    for (std::size_t i = 0; i < insights.size(); ++i) {
        const auto &[view, life] = insights[i];
        InsightStanding standing{stateWord(view, life)};
        if (headOf[i] != i)
            standing.under = views[headOf[i]]->insight.id;
        if (format == InsightFileFormat::Csv)
            writeInsightCsv(text, view, verdicts, standing);
        else
            text << insightJson(view, verdicts, standing).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }
    const std::string bytes = text.str();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size())
        || !file.commit())
        return fail(Errc::Io, file.errorString().toStdString());
    return {};
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightsexport.h"

#include <QSaveFile>

#include <nlohmann/json.hpp>
#include <sstream>

#include "console/core/metrics/insightexport.h"

namespace tapio::console {

Status writeInsights(const QString &path, InsightFileFormat format, const std::vector<InsightView> &views, const VerdictBook &verdicts)
{
    std::ostringstream text;
    if (format == InsightFileFormat::Csv)
        writeInsightCsvHeader(text);
    for (const InsightView &view : views) {
        if (format == InsightFileFormat::Csv)
            writeInsightCsv(text, view, verdicts);
        else
            text << insightJson(view, verdicts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }
    const std::string bytes = text.str();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size())
        || !file.commit())
        return fail(Errc::Io, file.errorString().toStdString());
    return {};
}

} // namespace tapio::console

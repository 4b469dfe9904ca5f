// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "console/core/metrics/panel.h"
#include "console/core/store/store.h"

/// Panels and events as text for other programs. Any thread. Plain decimals with a point whatever the locale; times are
/// RFC 3339 with nanoseconds. Texts from outside are made valid UTF-8 by the decoder already.
namespace tapio::console {

/// "2026-03-01T12:00:05.123456789Z", or with the offset in minutes: "2026-03-01T13:00:05.123456789+01:00".
std::string timeText(std::int64_t utcNs, int offsetMinutes = 0);

struct CsvOptions {
    int utcOffsetMinutes = 0;     ///< zone of the times written
    std::string zoneName = "UTC"; ///< its name in the header
};

/// RFC 4180 with comment lines ("# ...") before the header: panel, unit, range and zone, state, headline, completeness,
/// thresholds, losses, and what the panel shows beside series (estimates, nodes, pods, groups). One row per time, one column
/// per series and per duration of a heat map; an empty cell is "no sample".
void writeCsv(std::ostream &out, const PanelSnapshot &panel, const CsvOptions &options = {});
/// How sure it is whose an event is: "live", "cached", "inferred", "unknown".
std::string_view attributionName(wire::Attribution attribution);

/// Header row, then one row per event.
void writeCsvHeader(std::ostream &out);
void writeCsv(std::ostream &out, const StoredEvent &event, const CsvOptions &options = {});

nlohmann::json eventJson(const StoredEvent &event);
nlohmann::json panelJson(const PanelSnapshot &panel);

} // namespace tapio::console

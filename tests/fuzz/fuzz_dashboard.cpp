// SPDX-License-Identifier: GPL-3.0-or-later
// Files of anybody: what is read as a dashboard can be drawn, and is the same once it was written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "console/core/dashboards/dashboardcheck.h"
#include "console/core/dashboards/dashboardfile.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::console;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto dashboard = parseDashboard({reinterpret_cast<const char *>(data), size}, "f");
    if (!dashboard) {
        promise(!dashboard.error().empty());
        for (const TextProblem &problem : dashboard.error())
            promise(!problem.reason.empty() && problem.file == "f");
        return 0;
    }
    promise(!dashboard->title.empty() && !dashboard->panels.empty());
    for (std::size_t i = 0; i < dashboard->panels.size(); ++i) {
        const DashboardPanel &panel = dashboard->panels[i];
        promise(panel.at.x >= 0 && panel.at.width > 0 && panel.at.x + panel.at.width <= dashboardColumns);
        promise(panel.at.y >= 0 && panel.at.height > 0 && panel.at.y + panel.at.height <= lastDashboardRow);
        for (std::size_t k = 0; k < i; ++k)
            promise(!overlap(panel.at, dashboard->panels[k].at));
        promise(panel.kind == PanelKind::Figure || panel.kind == PanelKind::Text || !panel.queries.empty());
    }
    const auto again = parseDashboard(writeDashboard(*dashboard), "f");
    promise(again && *again == *dashboard);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Dashboards of anybody's Grafana: what comes of one is a dashboard that its own file can hold, and what does not is named.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "console/core/dashboards/dashboardfile.h"
#include "console/core/dashboards/grafana.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::console;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto carried = fromGrafana({reinterpret_cast<const char *>(data), size}, {});
    if (!carried) {
        promise(!carried.error().context().empty());
        return 0;
    }
    for (const std::string &left : carried->left)
        promise(!left.empty());
    const auto again = parseDashboard(writeDashboard(carried->dashboard), "f");
    promise(again && *again == carried->dashboard);
    return 0;
}

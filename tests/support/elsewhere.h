// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTest>

#include <chrono>
#include <future>
#include <utility>

namespace tapio::test {

/// What `work` comes to on a thread of its own, while this one's event loop runs: for what waits for a server that lives here.
template <typename Work> auto elsewhere(Work &&work)
{
    auto coming = std::async(std::launch::async, std::forward<Work>(work));
    const bool isThere =
        QTest::qWaitFor([&coming] { return coming.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }, 30'000);
    if (!isThere)
        qWarning("nothing came within half a minute");
    return coming.get();
}

} // namespace tapio::test

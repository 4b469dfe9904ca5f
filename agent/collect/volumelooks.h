// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/collect/volumescan.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

/// Looks at volumes on a thread that lives only for that, since a file system may never answer, and neither collecting nor the agent's end
/// may wait for it. While one look has not come back there is no other, so that there never is more than one such thread. All calls from
/// one thread.
class VolumeLooks {
public:
    /// Has it done elsewhere; false: that cannot be.
    using Run = std::function<bool(std::function<void()>)>;
    enum class Began : std::uint8_t {
        Yes,
        Busy,     ///< the one before has not come back
        NoThread, ///< none can be had
    };
    struct Running {
        std::int64_t sinceUtcNs = 0;
        std::string at; ///< what it looks at
    };

    /// An empty `run` is a thread that nobody waits for.
    explicit VolumeLooks(VolumeScanOptions options, Run run = {});
    /// Leaves behind a look that has not come back.
    ~VolumeLooks() = default;
    VolumeLooks(const VolumeLooks &) = delete;
    VolumeLooks &operator=(const VolumeLooks &) = delete;

    Began begin(const CgroupInventory &inventory, const Clock &clock);
    std::optional<Running> running() const;
    /// The newest that came back; null: none did.
    std::shared_ptr<const VolumeScan> latest() const;

private:
    struct State;
    std::shared_ptr<State> m_state; ///< shared with the look that goes on
    Run m_run;
};

} // namespace tapio::agent

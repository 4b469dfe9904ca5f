// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/newestjob.h"

namespace tapio::console {

void NewestJob::start(Job job)
{
    cancel();
    m_stop = std::stop_source();
    m_pool.start([state = m_state, stop = m_stop.get_token(), job = std::move(job)] {
        const std::lock_guard lock(state->mutex);
        if (stop.stop_requested())
            return;
        if (!state->reader) {
            auto opened = state->open();
            if (!opened)
                return job(fail(opened.error()), stop);
            state->reader = std::move(*opened);
        }
        job(state->reader, stop);
    });
}

} // namespace tapio::console

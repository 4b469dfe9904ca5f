// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include <QThreadPool>

#include "console/core/session/session.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// Reads the store in the background, one job at a time: a newer job stops the older. The reader is opened by the first job
/// and kept. start() and cancel() from one thread; jobs run on the pool, which must outlive them (waitForDone).
class NewestJob {
public:
    using Job = std::function<void(const Result<std::shared_ptr<StoreReader>> &reader, std::stop_token stop)>;

    NewestJob(QThreadPool &pool, OpenReader open) : m_pool(pool), m_state(std::make_shared<State>()) { m_state->open = std::move(open); }
    ~NewestJob() { cancel(); }
    NewestJob(const NewestJob &) = delete;
    NewestJob &operator=(const NewestJob &) = delete;

    void start(Job job);
    void cancel() { m_stop.request_stop(); }

private:
    struct State {
        std::mutex mutex; ///< held while a job runs: a reader is for one thread at a time
        OpenReader open;
        std::shared_ptr<StoreReader> reader;
    };

    QThreadPool &m_pool;
    std::shared_ptr<State> m_state;
    std::stop_source m_stop;
};

} // namespace tapio::console

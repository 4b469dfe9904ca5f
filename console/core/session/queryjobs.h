// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <QThreadPool>

#include "console/core/session/newestjob.h"
#include "console/core/session/session.h"
#include "console/core/sources/sourceconfig.h"

namespace tapio::console {

/// Questions to the store and to servers, in the background: of each slot the newest alone. A server that lets one wait holds up nobody else:
/// these threads are for questions only. All but the jobs on the GUI thread.
class QueryJobs {
public:
    using Answered = tl::expected<std::shared_ptr<const AnsweredQuery>, Unanswered>;
    /// On the thread of a job, or on the GUI thread where there is none.
    using Done = std::function<void(int slot, quint64 id, Answered answer)>;

    QueryJobs(const SessionOptions &options, OpenReader open, Done done);
    /// Waits for jobs, which a stop ends soon.
    ~QueryJobs();
    QueryJobs(const QueryJobs &) = delete;
    QueryJobs &operator=(const QueryJobs &) = delete;

    std::vector<QueryTarget> targets() const;
    /// What is asked, and how its answer is drawn.
    struct Wanted {
        Question question;
        PictureStyle style;
    };
    void ask(int slot, quint64 id, const std::string &target, const Wanted &wanted);
    void cancel(int slot);

private:
    struct Server; ///< one thread at a time
    struct Slot {
        std::unique_ptr<NewestJob> ofStore;
        std::map<std::string, std::shared_ptr<Server>> servers; ///< by name: connections are kept
        std::stop_source stop;                                  ///< of what a server is asked
        quint64 id = 0;
    };
    void askStore(Slot &slot, int number, quint64 id, const Wanted &wanted);
    void askServer(int number, quint64 id, const SourceConfig &config, const Wanted &wanted);
    void startServer(int number, quint64 id, const SourceConfig &config, Result<std::string> secret, const Wanted &wanted);

    const std::filesystem::path m_store;
    const std::vector<SourceConfig> m_sources;
    const ReadSecret m_readSecret;
    const OpenReader m_open;
    const Done m_done;
    QThreadPool m_pool;
    std::map<int, Slot> m_slots;
    std::shared_ptr<QueryJobs *> m_self; ///< of secrets that come when this is gone
};

} // namespace tapio::console

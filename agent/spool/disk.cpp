// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/spool/disk.h"

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace tapio::agent {

std::vector<SpoolDone> SpoolExecutor::run(std::vector<SpoolJob> jobs)
{
    std::vector<SpoolDone> results;
    std::size_t unsynced = 0; // appended since the last sync, at the end of `results`
    const auto syncThem = [&] {
        if (std::exchange(unsynced, 0) == 0)
            return;
        if (const Status synced = m_files->sync(); !synced) {
            // Not known to be safe, so not said to be. They may come to light after a restart, and the server knows their numbers.
            m_broken = true;
            for (auto done = results.rbegin(); done != results.rend() && done->kind == SpoolJob::Kind::Append; ++done)
                done->status = done->status ? synced : done->status;
        }
    };
    for (const SpoolJob &job : jobs) {
        if (job.kind != SpoolJob::Kind::Append)
            syncThem();
        results.push_back(run(job));
        if (m_fsync == SpoolFsync::Always && job.kind == SpoolJob::Kind::Append && results.back().status)
            ++unsynced;
    }
    syncThem();
    return results;
}

SpoolDone SpoolExecutor::run(const SpoolJob &job)
{
    SpoolDone done{job.kind, job.segment, job.tag, job.bytes.size(), {}, {}, {}};
    switch (job.kind) {
    case SpoolJob::Kind::Open:
        if (auto found = recoverSpool(*m_files, m_node))
            done.found = std::move(*found);
        else
            done.status = fail(found.error());
        break;
    case SpoolJob::Kind::Read:
        if (auto bytes = m_files->read(job.segment.text(), job.offset, job.length))
            done.bytes = std::move(*bytes);
        else
            done.status = fail(bytes.error());
        break;
    case SpoolJob::Kind::Remove:
        done.status = m_files->remove(job.segment.text());
        m_broken = m_broken || job.segment == m_writing;
        break;
    case SpoolJob::Kind::Sync: done.status = m_files->sync(); break;
    default: done.status = write(job);
    }
    return done;
}

Status SpoolExecutor::write(const SpoolJob &job)
{
    if (job.kind == SpoolJob::Kind::Create) {
        m_writing = job.segment;
        m_broken = true;
        if (Status made = m_files->create(job.segment.text()); !made)
            return made;
    } else if (m_broken || job.segment != m_writing) {
        return fail(Errc::Io, "the segment was given up after an error");
    }
    Status written = m_files->append(job.bytes);
    m_broken = !written;
    if (job.kind != SpoolJob::Kind::Close)
        return written;
    const Status synced = m_fsync != SpoolFsync::Never ? m_files->sync() : Status();
    m_files->close();
    m_broken = true;
    return written ? synced : written;
}

namespace {

class DiskThread final : public SpoolDisk {
public:
    DiskThread(SpoolExecutor executor, std::function<void()> wake)
        : m_shared(std::make_shared<Shared>(std::move(executor), std::move(wake)))
    {
        m_thread = std::thread([shared = m_shared] { shared->serve(); });
    }

    ~DiskThread() override
    {
        {
            const std::lock_guard lock(m_shared->mutex);
            m_shared->stop = true;
        }
        m_shared->changed.notify_all();
        {
            const std::lock_guard waking(m_shared->wakeMutex);
            m_shared->wake = nullptr;
        }
        constexpr std::chrono::milliseconds patience(200);
        if (idle(patience))
            m_thread.join();
        else
            m_thread.detach(); // it holds what it uses, and ends when the disk lets it
    }

    void post(SpoolJob &&job) override
    {
        {
            const std::lock_guard lock(m_shared->mutex);
            m_shared->jobs.push_back(std::move(job));
        }
        m_shared->changed.notify_all();
    }

    std::vector<SpoolDone> take() override
    {
        const std::lock_guard lock(m_shared->mutex);
        return std::exchange(m_shared->results, {});
    }

    bool idle(std::chrono::milliseconds longest) override
    {
        std::unique_lock lock(m_shared->mutex);
        return m_shared->changed.wait_for(lock, longest, [this] { return m_shared->jobs.empty() && !m_shared->busy; });
    }

private:
    struct Shared {
        Shared(SpoolExecutor &&worker, std::function<void()> &&call) : executor(std::move(worker)), wake(std::move(call)) {}

        void serve()
        {
            std::unique_lock lock(mutex);
            for (;;) {
                changed.wait(lock, [this] { return stop || !jobs.empty(); });
                if (jobs.empty())
                    return;
                busy = true;
                std::vector<SpoolJob> now = std::exchange(jobs, {});
                lock.unlock();
                std::vector<SpoolDone> done = executor.run(std::move(now));
                lock.lock();
                results.insert(results.end(), std::make_move_iterator(done.begin()), std::make_move_iterator(done.end()));
                busy = false;
                lock.unlock();
                changed.notify_all();
                tell();
                lock.lock();
            }
        }
        void tell()
        {
            const std::lock_guard waking(wakeMutex);
            if (wake)
                wake();
        }

        SpoolExecutor executor; // of the thread alone
        std::mutex wakeMutex;
        std::function<void()> wake;
        std::mutex mutex; // guards what follows
        std::condition_variable changed;
        std::vector<SpoolJob> jobs;
        std::vector<SpoolDone> results;
        bool busy = false;
        bool stop = false;
    };

    std::shared_ptr<Shared> m_shared;
    std::thread m_thread;
};

} // namespace

std::unique_ptr<SpoolDisk> spoolDiskThread(SpoolExecutor executor, std::function<void()> wake)
{
    return std::make_unique<DiskThread>(std::move(executor), std::move(wake));
}

} // namespace tapio::agent

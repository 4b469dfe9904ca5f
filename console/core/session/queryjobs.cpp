// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/queryjobs.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "console/core/sources/storesource.h"

namespace tapio::console {

namespace {

constexpr int mostThreads = 8; ///< they wait for servers more than they work

/// What was read of the key ring before, on the thread that may.
class KnownSecret final : public Keyring {
public:
    explicit KnownSecret(Result<std::string> secret) : m_secret(std::move(secret)) {}
    Result<std::string> read(const std::string &) override { return m_secret; }
    Status write(const std::string &, const std::string &) override { return fail(Errc::Unsupported, "this is for reading"); }
    Status remove(const std::string &) override { return fail(Errc::Unsupported, "this is for reading"); }

private:
    Result<std::string> m_secret;
};

QueryJobs::Answered askOf(QuerySource &source, const QueryJobs::Wanted &wanted, const std::stop_token &stop)
{
    const Question &question = wanted.question;
    auto answer = source.ask(question, stop);
    if (!answer)
        return tl::unexpected(std::move(answer.error()));
    QueryPicture picture = pictureOf(answer->result, question.times, question.isRange, wanted.style);
    return std::make_shared<const AnsweredQuery>(AnsweredQuery{std::move(*answer), std::move(picture)});
}

QueryJobs::Answered unanswered(const Error &error) { return tl::unexpected(Unanswered{error, std::nullopt}); }

} // namespace

struct QueryJobs::Server {
    std::mutex mutex;
    std::unique_ptr<PrometheusSource> source;
    std::atomic<bool> isOpen = false; ///< it has its secret
};

QueryJobs::QueryJobs(const SessionOptions &options, OpenReader open, Done done)
    : m_store(options.store.file), m_sources(options.sources), m_readSecret(options.readSecret), m_open(std::move(open)),
      m_done(std::move(done)), m_self(std::make_shared<QueryJobs *>(this))
{
    m_pool.setMaxThreadCount(mostThreads);
}

QueryJobs::~QueryJobs()
{
    *m_self = nullptr;
    for (auto &[number, slot] : m_slots)
        cancel(number);
    m_pool.waitForDone();
}

std::vector<QueryTarget> QueryJobs::targets() const
{
    std::vector<QueryTarget> all{{QString(), QString::fromStdString(m_store.native())}};
    for (const SourceConfig &source : m_sources)
        all.push_back({QString::fromStdString(source.name), QString::fromStdString(source.url)});
    return all;
}

void QueryJobs::ask(int number, quint64 id, const std::string &target, const Wanted &wanted)
{
    cancel(number);
    Slot &slot = m_slots[number];
    slot.id = id;
    if (target.empty()) {
        askStore(slot, number, id, wanted);
        return;
    }
    const auto found = std::find_if(m_sources.begin(), m_sources.end(), [&target](const SourceConfig &one) { return one.name == target; });
    if (found == m_sources.end())
        m_done(number, id, unanswered(Error(Errc::NotFound, "there is no source '" + target + "' in console.toml")));
    else
        askServer(number, id, *found, wanted);
}

void QueryJobs::cancel(int number)
{
    const auto slot = m_slots.find(number);
    if (slot == m_slots.end())
        return;
    if (slot->second.ofStore)
        slot->second.ofStore->cancel();
    slot->second.stop.request_stop();
    slot->second.stop = std::stop_source();
    slot->second.id = 0;
}

void QueryJobs::askStore(Slot &slot, int number, quint64 id, const Wanted &wanted)
{
    if (!slot.ofStore)
        slot.ofStore = std::make_unique<NewestJob>(m_pool, m_open);
    slot.ofStore->start([this, number, id, wanted](const Result<std::shared_ptr<StoreReader>> &reader, std::stop_token stop) {
        if (!reader)
            return m_done(number, id, unanswered(reader.error()));
        StoreSource source(**reader, m_store);
        Answered answer = askOf(source, wanted, stop);
        if (!stop.stop_requested())
            m_done(number, id, std::move(answer));
    });
}

void QueryJobs::askServer(int number, quint64 id, const SourceConfig &config, const Wanted &wanted)
{
    const auto &servers = m_slots[number].servers;
    const auto known = servers.find(config.name);
    const bool isOpen = known != servers.end() && known->second->isOpen;
    if (!config.hasKeyringSecret || isOpen) {
        startServer(number, id, config, std::string(), wanted);
    } else if (!m_readSecret) {
        startServer(number, id, config, fail(Errc::Unsupported, "there is no key ring here"), wanted);
    } else {
        m_readSecret(config.secretName(), [self = m_self, number, id, config, wanted](Result<std::string> secret) {
            if (QueryJobs *const jobs = *self; jobs != nullptr && jobs->m_slots[number].id == id)
                jobs->startServer(number, id, config, std::move(secret), wanted);
        });
    }
}

void QueryJobs::startServer(int number, quint64 id, const SourceConfig &config, Result<std::string> secret, const Wanted &wanted)
{
    Slot &slot = m_slots[number];
    if (!secret) { // not kept: the next question looks again
        const bool isAbsent = secret.error().code() == Errc::NotFound;
        m_done(number, id,
               unanswered(isAbsent
                              ? Error(Errc::NotFound, secret.error().context() + "; 'tapio source login " + config.name + "' puts it there")
                              : secret.error()));
        return;
    }
    auto &server = slot.servers[config.name];
    if (!server)
        server = std::make_shared<Server>();
    m_pool.start([this, server, stop = slot.stop.get_token(), config, secret = std::move(secret), number, id, wanted] {
        const std::lock_guard lock(server->mutex);
        if (stop.stop_requested())
            return;
        if (!server->source) {
            KnownSecret keyring(secret);
            auto opened = openSource(config, keyring);
            if (!opened)
                return m_done(number, id, unanswered(opened.error()));
            server->source = std::move(*opened);
            server->isOpen = true;
        }
        Answered answer = askOf(*server->source, wanted, stop);
        if (!answer && answer.error().error.code() == Errc::PermissionDenied
            && !stop.stop_requested()) { // with another secret it may answer
            server->isOpen = false;
            server->source.reset();
        }
        if (!stop.stop_requested())
            m_done(number, id, std::move(answer));
    });
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <mutex>

#include "console/core/session/queryjobs.h"
#include "tests/store/storefixture.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int patience = 15'000;
constexpr const char *two = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[5,"2"]}]}})";

FakeHttps::Reply silence()
{
    FakeHttps::Reply reply;
    reply.silent = true;
    return reply;
}

QueryJobs::Wanted at(const std::string &query, std::int64_t timeMs = 5000) { return {{query, {timeMs, timeMs, 1}, false}, {}}; }

} // namespace

class TestQueryJobs : public QObject {
    Q_OBJECT

    struct Told {
        int slot;
        quint64 id;
        QueryJobs::Answered answer;
    };
    HttpsPki m_pki;
    StoreFixture m_store;
    std::mutex m_mutex;
    std::vector<Told> m_told;

    std::unique_ptr<QueryJobs> jobs(const std::vector<SourceConfig> &sources = {}, ReadSecret readSecret = {})
    {
        SessionOptions options;
        options.store.file = m_store.file();
        options.sources = sources;
        options.readSecret = std::move(readSecret);
        const auto open = [file = m_store.file()]() -> Result<std::shared_ptr<StoreReader>> {
            auto reader = StoreReader::open(file);
            if (!reader)
                return fail(reader.error());
            return std::shared_ptr<StoreReader>(std::move(*reader));
        };
        return std::make_unique<QueryJobs>(options, open, [this](int slot, quint64 id, QueryJobs::Answered answer) {
            const std::lock_guard lock(m_mutex);
            m_told.push_back({slot, id, std::move(answer)});
        });
    }
    SourceConfig source(const FakeHttps &server, const std::string &name = "prod") const
    {
        SourceConfig config;
        config.name = name;
        config.url = "https://localhost:" + std::to_string(server.port());
        config.ca = m_pki.certificate().toStdString();
        return config;
    }
    std::vector<Told> told()
    {
        const std::lock_guard lock(m_mutex);
        return m_told;
    }

private slots:
    void initTestCase()
    {
        QVERIFY(m_pki.made());
        wire::SampleBatch batch;
        batch.timeNs = t0;
        batch.origins = {pod("web-1")};
        batch.labels = {""};
        batch.samples = {{wire::Metric::MemoryWorkingSetBytes, 0, 0, 112}};
        m_store.append("node-a", std::move(batch));
        m_store.flush();
    }
    void init() { m_told.clear(); }

    void targets_beginWithTheStore()
    {
        FakeHttps server(m_pki);
        const auto all = jobs({source(server), source(server, "dev")})->targets();
        QCOMPARE(all.size(), std::size_t(3));
        QCOMPARE(all[0].name, QString());
        QCOMPARE(all[0].where, QString::fromStdString(m_store.file().native()));
        QCOMPARE(all[2].name, QString("dev"));
    }

    void store_answers()
    {
        const auto asked = jobs();
        asked->ask(3, 7, "", at("container_memory_working_set_bytes", t0 / nsPerMs + 1000));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(1), patience);
        QCOMPARE(told()[0].slot, 3);
        QCOMPARE(told()[0].id, quint64(7));
        QVERIFY(told()[0].answer);
        QCOMPARE((*told()[0].answer)->answer.result.series.at(0).samples.at(0).value, 112.0);
    }

    void store_saysWhereAQueryIsWrong()
    {
        const auto asked = jobs();
        asked->ask(1, 1, "", at("sum("));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(1), patience);
        QVERIFY(!told()[0].answer && told()[0].answer.error().at);
    }

    void server_answersAndIsNotHeldUpByAnother()
    {
        FakeHttps silent(m_pki), server(m_pki);
        silent.answer = [](const FakeHttps::Request &) { return silence(); };
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(two); };
        const auto asked = jobs({source(silent, "silent"), source(server)});
        for (int slot = 0; slot < 4; ++slot)
            asked->ask(slot, 1, "silent", at("up"));
        QTRY_COMPARE_WITH_TIMEOUT(silent.requests.size(), 4, patience);
        asked->ask(10, 2, "prod", at("up"));
        asked->ask(11, 3, "", at("1"));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(2), patience);
        QVERIFY(told()[0].answer && told()[1].answer);
    }

    void newest_replacesTheOlder()
    {
        FakeHttps server(m_pki);
        server.answer = [&server](const FakeHttps::Request &) { return server.requests.size() == 1 ? silence() : FakeHttps::whole(two); };
        const auto asked = jobs({source(server)});
        asked->ask(1, 1, "prod", at("up"));
        QTRY_COMPARE_WITH_TIMEOUT(server.requests.size(), 1, patience);
        asked->ask(1, 2, "prod", at("up"));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(1), patience);
        QCOMPARE(told()[0].id, quint64(2));
    }

    void cancelled_tellsNothing()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return silence(); };
        auto asked = jobs({source(server)});
        asked->ask(1, 1, "prod", at("up"));
        QTRY_COMPARE_WITH_TIMEOUT(server.requests.size(), 1, patience);
        asked->cancel(1);
        asked->ask(2, 2, "", at("1")); // which is answered after it
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(1), patience);
        QCOMPARE(told()[0].id, quint64(2));
        asked->ask(1, 3, "prod", at("up"));
        asked.reset(); // does not wait for the server
        QCOMPARE(told().size(), std::size_t(1));
    }

    void connection_isKept()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(two); };
        const auto asked = jobs({source(server)});
        for (quint64 id = 1; id <= 3; ++id) {
            asked->ask(1, id, "prod", at("up"));
            QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(id), patience);
        }
        QCOMPARE(server.requests.size(), 3);
        QCOMPARE(server.connections, 1);
    }

    void secret_isReadOnceItIsNeeded()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &request) {
            return request.bearer == "right" ? FakeHttps::whole(two) : FakeHttps::whole("", 401);
        };
        SourceConfig config = source(server);
        config.hasKeyringSecret = true;
        std::vector<std::string> names;
        std::function<void(Result<std::string>)> taken;
        const auto asked = jobs({config}, [&](const std::string &name, std::function<void(Result<std::string>)> take) {
            names.push_back(name);
            taken = std::move(take);
        });
        asked->ask(1, 1, "prod", at("up"));
        QCOMPARE(names, std::vector<std::string>{"prod " + config.url});
        QVERIFY(server.requests.isEmpty());
        taken(std::string("wrong"));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(1), patience);
        QCOMPARE(int(told()[0].answer.error().error.code()), int(Errc::PermissionDenied));
        asked->ask(1, 2, "prod", at("up")); // somebody may have mended it
        QCOMPARE(names.size(), std::size_t(2));
        taken(std::string("right"));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(2), patience);
        QVERIFY(told()[1].answer);
        asked->ask(1, 3, "prod", at("up"));
        QTRY_COMPARE_WITH_TIMEOUT(told().size(), std::size_t(3), patience);
        QVERIFY(told()[2].answer);
        QCOMPARE(names.size(), std::size_t(2));
    }

    void secret_thatIsNotThere_isSaid()
    {
        FakeHttps server(m_pki);
        SourceConfig config = source(server);
        config.hasKeyringSecret = true;
        const auto none = jobs({config});
        none->ask(1, 1, "prod", at("up"));
        QCOMPARE(told().size(), std::size_t(1));
        QCOMPARE(int(told()[0].answer.error().error.code()), int(Errc::Unsupported));
        std::function<void(Result<std::string>)> taken;
        auto asked = jobs({config}, [&](const std::string &, std::function<void(Result<std::string>)> take) { taken = std::move(take); });
        asked->ask(1, 2, "prod", at("up"));
        taken(fail(Errc::NotFound, "the key ring has no secret"));
        QCOMPARE(told().size(), std::size_t(2));
        asked->ask(1, 3, "prod", at("up"));
        asked->cancel(1);
        taken(std::string("late"));
        QCOMPARE(told().size(), std::size_t(2));
        asked->ask(1, 4, "prod", at("up"));
        asked.reset();
        taken(std::string("later"));
        QCOMPARE(told().size(), std::size_t(2));
        QVERIFY(server.requests.isEmpty());
    }

    void unknownTarget_isSaid()
    {
        const auto asked = jobs();
        asked->ask(1, 1, "prod", at("up"));
        QCOMPARE(told().size(), std::size_t(1));
        QCOMPARE(int(told()[0].answer.error().error.code()), int(Errc::NotFound));
    }
};

QTEST_GUILESS_MAIN(TestQueryJobs)
#include "tst_queryjobs.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What configuration and subscriptions come to in the kernel, and when.
#include <QtTest>

#include <filesystem>
#include <fstream>

#include "agent/filter/filterkeeper.h"
#include "agent/pipeline/notices.h"
#include "agent/pipeline/severity.h"
#include "tests/agent/collectbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

CgroupSelector selector(const char *text) { return *CgroupSelector::parse(text); }

wire::Origin origin(const char *path, const char *pod = "", const char *namespaceName = "", const char *podUid = "")
{
    wire::Origin made;
    made.cgroupPath = path;
    made.podName = pod;
    made.namespaceName = namespaceName;
    made.podUid = podUid;
    return made;
}

wire::EventFilter asksFor(std::vector<wire::EventType> types, wire::Severity least = wire::Severity::Debug)
{
    wire::EventFilter filter;
    filter.types = std::move(types);
    filter.minSeverity = least;
    return filter;
}

std::string kindsOf(const RecordKindSet &set)
{
    static constexpr std::array<const char *, recordKindCount> names{"exec", "exit", "tcp", "dns", "http"};
    std::string text;
    for (std::size_t i = 0; i < recordKindCount; ++i)
        text += set[i] ? std::string(text.empty() ? "" : " ") + names[i] : std::string();
    return text;
}

FilterRules deniesShop()
{
    FilterRules rules;
    rules.of(Filtered::Http).deny = {selector("namespace:shop")};
    return rules;
}

/// A keeper over cgroups that the test makes and removes, and a kernel with as much room as it says.
struct KeeperBench {
    struct NoSink final : KernelRecordSink {
        void onRecord(KernelRecord &&) override {}
    };
    QTemporaryDir folder;
    std::filesystem::path root{folder.path().toStdString()};
    FakeClock clock;
    CgroupInventory inventory{prepared(root), 1000};
    OriginResolver resolver{{root / "proc", root / "pods", root / "containers"}, inventory, clock};
    FakeKernel::Script script;
    NoSink sink;
    FakeKernel kernel{script, sink};
    FilterKeeper keeper{deniesSlices(), "node-1", clock};

    static std::filesystem::path prepared(const std::filesystem::path &root)
    {
        std::filesystem::create_directories(root / "cgroup");
        std::ofstream(root / "cgroup/cgroup.controllers") << "cpu\n";
        return root / "cgroup";
    }
    static FilterRules deniesSlices()
    {
        FilterRules rules;
        rules.of(Filtered::Http).deny = {selector("/slice*")};
        return rules;
    }
    void make(int from, int to)
    {
        for (; from <= to; ++from)
            std::filesystem::create_directories(root / "cgroup" / ("slice" + std::to_string(from)));
    }
    void remove(int from, int to)
    {
        for (; from <= to; ++from)
            std::filesystem::remove(root / "cgroup" / ("slice" + std::to_string(from)));
    }
    void turn()
    {
        clock.advance(1s);
        resolver.refresh();
        keeper.turn(kernel, resolver);
    }
    const std::map<CgroupKey, CgroupVerdict> &verdicts() const { return script.filters.back().verdicts; }
    /// Every verdict in the kernel is of a cgroup that exists, and what is said of their number is so.
    bool isTrue() const
    {
        std::size_t known = 1, stale = verdicts().size() - 1; // the host
        resolver.forEach([&](const CgroupNode &node, const OriginPtr &) {
            ++known;
            stale -= verdicts().contains({node.v2Id, CgroupHierarchy::V2}) ? 1 : 0;
        });
        const FilterState &state = keeper.state();
        return stale == 0 && state.cgroups == verdicts().size() && state.cgroupsWithoutRoom == known - verdicts().size();
    }
};

} // namespace

Q_DECLARE_METATYPE(tapio::wire::Filter)
Q_DECLARE_METATYPE(tapio::wire::Origin)
Q_DECLARE_METATYPE(tapio::wire::Detail)

class TestFilter : public QObject {
    Q_OBJECT
private slots:
    void glob_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("matches");
        QTest::newRow("the same") << "shop"
                                  << "shop" << true;
        QTest::newRow("a part") << "shop"
                                << "shop-2" << false;
        QTest::newRow("a star at the end") << "shop-*"
                                           << "shop-2" << true;
        QTest::newRow("a star for nothing") << "shop*"
                                            << "shop" << true;
        QTest::newRow("a star in the middle") << "/a/*.service"
                                              << "/a/b.service" << true;
        QTest::newRow("a star does not cross a slash") << "/a/*.service"
                                                       << "/a/b/c.service" << false;
        QTest::newRow("two stars that back up") << "*a*b"
                                                << "xaxaxb" << true;
        QTest::newRow("a question mark") << "pod-?"
                                         << "pod-1" << true;
        QTest::newRow("a question mark is no slash") << "a?b"
                                                     << "a/b" << false;
        QTest::newRow("nothing of nothing") << ""
                                            << "" << true;
        QTest::newRow("nothing of something") << ""
                                              << "a" << false;
        QTest::newRow("many stars") << QString("*a").repeated(200) << QString("a").repeated(199) << false;
    }
    void glob()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, text);
        QTEST(matchesGlob(pattern.toStdString(), text.toStdString()), "matches");
    }

    void selector_refuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text :
             {"", "system.slice", "namespace:", "namespace:a/b", "pod:shop", "pod:/x", "pod:shop/", "pod:a/b/c", "label:app=x", "/a\nb"})
            QTest::newRow(*text == 0 ? "nothing" : text) << QByteArray(text);
        QTest::newRow("too long") << QByteArray("/").append(QByteArray(600, 'a'));
    }
    void selector_refuses()
    {
        QFETCH(QByteArray, text);
        const auto parsed = CgroupSelector::parse(text.toStdString());
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
    }

    void selector_matches_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<wire::Origin>("of");
        QTest::addColumn<int>("match");
        const int no = int(Match::No), yes = int(Match::Yes), unknown = int(Match::Unknown);
        QTest::newRow("a path") << "/system.slice/ssh.service" << origin("/system.slice/ssh.service") << yes;
        QTest::newRow("a path below") << "/system.slice" << origin("/system.slice/ssh.service") << yes;
        QTest::newRow("a path that only begins alike") << "/system" << origin("/system.slice") << no;
        QTest::newRow("a path with a star, below") << "/kubepods/*" << origin("/kubepods/burstable/podx/c") << yes;
        QTest::newRow("a path that ends with a slash") << "/system.slice/" << origin("/system.slice/a") << yes;
        QTest::newRow("everything") << "/" << origin("/") << yes;
        QTest::newRow("a path that is not known") << "/a" << origin("") << unknown;
        QTest::newRow("a namespace") << "namespace:sh*" << origin("/k/p", "cart-1", "shop", "u") << yes;
        QTest::newRow("another namespace") << "namespace:sh*" << origin("/k/p", "cart-1", "bank", "u") << no;
        QTest::newRow("a pod without its name yet") << "namespace:shop" << origin("/k/p", "", "", "u") << unknown;
        QTest::newRow("no pod has a namespace") << "namespace:shop" << origin("/system.slice/a") << no;
        QTest::newRow("a pod") << "pod:shop/cart-*" << origin("/k/p", "cart-1", "shop", "u") << yes;
        QTest::newRow("another pod") << "pod:shop/cart-*" << origin("/k/p", "till-1", "shop", "u") << no;
    }
    void selector_matches()
    {
        QFETCH(QString, text);
        QFETCH(wire::Origin, of);
        QTEST(int(selector(qPrintable(text)).matches(of)), "match");
    }

    void deniesOrigin_inDoubtItDoesNot()
    {
        CollectorRules rules;
        const wire::Origin unnamed = origin("/k/p", "", "", "u"), shop = origin("/k/p", "a", "shop", "u"),
                           bank = origin("/k/q", "b", "bank", "v");
        rules.allow = {selector("namespace:shop")};
        QVERIFY(!agent::deniesOrigin(rules, shop));
        QVERIFY(agent::deniesOrigin(rules, bank));
        QVERIFY(!agent::deniesOrigin(rules, unnamed));
        rules.deny = {selector("pod:shop/a")};
        QVERIFY(agent::deniesOrigin(rules, shop));
        QVERIFY(!agent::deniesOrigin(rules, unnamed));
    }

    void ports_areOneSet()
    {
        FilterRules rules;
        CollectorRules &tcp = rules.of(Filtered::Tcp);
        QVERIFY(kernelFilterOf(rules).of(Filtered::Tcp).ports == nullptr);
        tcp.excludePorts = {*parsePortRange("9100")};
        QVERIFY(!kernelFilterOf(rules).of(Filtered::Tcp).ports->test(9100));
        QVERIFY(kernelFilterOf(rules).of(Filtered::Tcp).ports->test(9101));
        tcp.ports = {*parsePortRange("9000-9200"), *parsePortRange("80")};
        const auto ports = kernelFilterOf(rules).of(Filtered::Tcp).ports;
        QCOMPARE(ports->count(), std::size_t(201)); // 9000 to 9200 and 80, without 9100
        for (const char *wrong : {"", "0", "65536", "90-80", "1-", "-1", "http", "1-2-3"})
            QVERIFY2(!parsePortRange(wrong), wrong);
        QCOMPARE(toString(*parsePortRange("30000-32767")), std::string("30000-32767"));
    }

    void subscription_data()
    {
        using wire::EventType, wire::Severity;
        QTest::addColumn<wire::Filter>("filter");
        QTest::addColumn<QString>("unwanted");
        QTest::addColumn<QString>("unwantedPlain");
        QTest::addColumn<QString>("byCgroup");
        const QString all = "exec exit tcp dns http";
        wire::EventFilter elsewhere, shop = asksFor({EventType::HttpRequest});
        elsewhere.nodes = {"other"};
        shop.namespaces = {"shop"};
        QTest::newRow("everything") << wire::Filter{} << ""
                                    << ""
                                    << "";
        QTest::newRow("everything, in words") << wire::Filter{1, {wire::EventFilter{}}} << ""
                                              << ""
                                              << "";
        QTest::newRow("nothing of this node") << wire::Filter{1, {elsewhere}} << all << all << "";
        QTest::newRow("two types") << wire::Filter{1, {asksFor({EventType::TcpConnection}), asksFor({EventType::ProcessExit})}}
                                   << "exec dns http"
                                   << "exec dns http"
                                   << "";
        QTest::newRow("a type that the kernel does not tell") << wire::Filter{1, {asksFor({EventType::Login})}} << all << all << "";
        QTest::newRow("what went wrong") << wire::Filter{1, {asksFor({}, Severity::Notice)}} << "" << all << "";
        QTest::newRow("info is what goes well") << wire::Filter{1, {asksFor({}, Severity::Info)}} << ""
                                                << ""
                                                << "";
        QTest::newRow("one type whole, of the rest what went wrong")
            << wire::Filter{1, {asksFor({EventType::DnsQuery}), asksFor({}, Severity::Warning)}} << ""
            << "exec exit tcp http"
            << "";
        QTest::newRow("one namespace") << wire::Filter{1, {shop}} << "exec exit tcp dns"
                                       << "exec exit tcp dns"
                                       << "http";
        QTest::newRow("one namespace, and somebody wants all")
            << wire::Filter{1, {shop, asksFor({EventType::HttpRequest})}} << "exec exit tcp dns"
            << "exec exit tcp dns"
            << "";
        QTest::newRow("one namespace, and somebody wants all handshakes that failed")
            << wire::Filter{1, {shop, asksFor({EventType::TlsFailure})}} << "exec exit tcp dns"
            << "exec exit tcp dns"
            << "";
        QTest::newRow("nothing but handshakes that failed")
            << wire::Filter{1, {asksFor({EventType::TlsFailure})}} << "exec exit tcp dns http"
            << "exec exit tcp dns http"
            << "";
    }
    void subscription()
    {
        QFETCH(wire::Filter, filter);
        KernelFilter kernel;
        Subscription(filter, "node-1").applyTo(kernel);
        QTEST(QString::fromStdString(kindsOf(kernel.unwanted)), "unwanted");
        QTEST(QString::fromStdString(kindsOf(kernel.unwantedPlain)), "unwantedPlain");
        QStringList byCgroup;
        for (std::size_t i = 0; i < filteredCount; ++i) {
            if (kernel.rules[i].byCgroup)
                byCgroup.append(QString::fromUtf8(filteredNames[i].data(), qsizetype(filteredNames[i].size())));
        }
        QTEST(byCgroup.join(' '), "byCgroup");
    }

    void subscription_deniesWhatNobodyAsksFor()
    {
        wire::EventFilter shop = asksFor({wire::EventType::HttpRequest});
        shop.namespaces = {"shop"};
        const Subscription one({1, {shop}}, "node-1");
        QVERIFY(!one.deniesOrigin(Filtered::Http, origin("/k/p", "a", "shop", "u")));
        QVERIFY(one.deniesOrigin(Filtered::Http, origin("/k/q", "b", "bank", "v")));
        QVERIFY(one.deniesOrigin(Filtered::Http, origin("/")));
        QVERIFY(!one.deniesOrigin(Filtered::Http, origin("/k/r", "", "", "w"))); // it may be one of them
        wire::Origin guess = origin("/k/s");
        QVERIFY(one.deniesOrigin(Filtered::Http, guess));
        guess.attribution = wire::Attribution::Inferred;
        QVERIFY(!one.deniesOrigin(Filtered::Http, guess)); // what it is of may turn out to be another
        QVERIFY(!Subscription().deniesOrigin(Filtered::Http, origin("/")));
    }

    /// The kernel calls a record plain; then its event must be of severity info, or what somebody asks for would be missing.
    void plainRecords_areInfo_data()
    {
        QTest::addColumn<wire::Detail>("detail");
        wire::TcpConnection closed;
        closed.outcome = wire::TcpOutcome::Closed;
        closed.established = true;
        closed.retransmits = 9;
        wire::DnsQuery answered;
        answered.outcome = wire::DnsOutcome::Answered;
        wire::HttpRequest redirected;
        redirected.status = 399;
        QTest::newRow("a program") << wire::Detail(wire::ProcessExec{});
        QTest::newRow("an end with code 0") << wire::Detail(wire::ProcessExit{});
        QTest::newRow("a connection without an error") << wire::Detail(closed);
        QTest::newRow("a name that was found") << wire::Detail(answered);
        QTest::newRow("a status below 400") << wire::Detail(redirected);
    }
    void plainRecords_areInfo()
    {
        QFETCH(wire::Detail, detail);
        wire::Event event;
        event.detail = detail;
        QCOMPARE(severityOf(event, wire::Origin()), wire::Severity::Info);
    }

    void defaults_limitEveryCollector()
    {
        CollectBench bench;
        QCOMPARE(bench.kernel.filters.size(), std::size_t(1));
        QCOMPARE(bench.kernel.filters[0].generation, 1u);
        for (std::size_t i = 0; i < filteredCount; ++i) {
            const KernelRule &rule = bench.kernel.filters[0].rules.rules[i];
            QCOMPARE(rule.rate, 1000u);
            QCOMPARE(rule.burst, 5000u);
            QCOMPARE(rule.plainRate, hasSums(static_cast<Filtered>(i)) ? 100u : 0u); // never of what nobody adds up
            QCOMPARE(rule.plainBurst, hasSums(static_cast<Filtered>(i)) ? 500u : 1u);
            QVERIFY(!rule.byCgroup && !rule.ports && rule.floor == 0ns);
        }
        bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(1));
        QVERIFY(bench.told<wire::AgentNotice>().empty()); // the first is no news
        QCOMPARE(bench.outlet.bodies<wire::CounterReport>().back().filterGeneration, 1u);
    }

    void change_isANewGenerationThatIsTold()
    {
        CollectBench bench;
        bench.second();
        FilterRules rules;
        rules.of(Filtered::Http).floor = 20ms;
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, rules});
        QCOMPARE(bench.kernel.filters.size(), std::size_t(2)); // at once
        QCOMPARE(bench.kernel.filters[1].generation, 2u);
        QCOMPARE(bench.kernel.filters[1].rules.of(Filtered::Http).floor, std::chrono::nanoseconds(20ms));
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, rules});
        bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(2)); // the same again is none
        const auto notices = bench.told<wire::AgentNotice>();
        QCOMPARE(notices.size(), std::size_t(1));
        QCOMPARE(notices[0].kind, wire::AgentNoticeKind::ConfigApplied);
        const FilterState &state = bench.loop->filter();
        QCOMPARE(notices[0].text, "generation 2 is in force, sha256 " + state.sha256 + ": http from 20 ms on");
        QCOMPARE(bench.loop->snapshot()->filter, state);
        QCOMPARE(bench.outlet.bodies<wire::CounterReport>().back().filterGeneration, 2u);
    }

    void kernelThatRefuses_isToldAndTriedAgain()
    {
        CollectBench bench;
        bench.second();
        bench.kernel.filterError = Error(Errc::Io, "no room");
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, deniesShop()});
        bench.second();
        QCOMPARE(bench.loop->filter().generation, 1u);
        QVERIFY(!bench.loop->filter().problem.empty());
        QCOMPARE(QString::fromStdString(bench.logged.str()).count("no room"), 1);
        bench.kernel.filterError.reset();
        bench.second();
        QCOMPARE(bench.loop->filter().generation, 2u);
        QVERIFY(bench.loop->filter().problem.empty());
    }

    void cgroups_getVerdictsAsTheyAreNamed()
    {
        CollectBench bench;
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, deniesShop()});
        bench.second();
        const FakeKernel::Script::Filter &filter = bench.kernel.filters.back();
        QVERIFY(filter.rules.of(Filtered::Http).byCgroup);
        QVERIFY(filter.verdicts.contains({1, CgroupHierarchy::V2})); // the host
        QVERIFY(!filter.verdicts.at({1, CgroupHierarchy::V2}).denied.any());
        std::size_t denied = 0;
        for (const auto &[key, verdict] : filter.verdicts) {
            denied += verdict.denied.test(std::size_t(Filtered::Http)) ? 1 : 0;
            QVERIFY(!verdict.denied.test(std::size_t(Filtered::Tcp)));
        }
        QVERIFY(denied > 0);
        QCOMPARE(bench.loop->filter().cgroups, filter.verdicts.size());
    }

    void generationBeyondTheRoom_isCountedAndTriedAgain()
    {
        KeeperBench bench;
        bench.make(1, 10);
        bench.script.verdictRoom = 6; // the host and five
        bench.turn();
        QVERIFY(bench.isTrue());
        QCOMPARE(bench.keeper.state().cgroupsWithoutRoom, std::size_t(5));
        bench.make(11, 11);
        bench.turn();
        QVERIFY(bench.isTrue());
        QCOMPARE(bench.keeper.state().cgroupsWithoutRoom, std::size_t(6));
        bench.script.verdictRoom = 9;
        bench.make(12, 12);
        bench.turn();
        QVERIFY(bench.isTrue());
        QCOMPARE(bench.keeper.state().cgroups, std::size_t(9));
        bench.remove(1, 8);
        bench.turn(); // those that go make room in the same turn
        QVERIFY(bench.isTrue());
        QCOMPARE(bench.keeper.state().cgroups, std::size_t(5));
        QCOMPARE(bench.keeper.state().cgroupsWithoutRoom, std::size_t(0));
        QCOMPARE(bench.script.filters.size(), std::size_t(1));
    }

    void churnBeyondTheRoom_leavesNoVerdictOfTheDead()
    {
        KeeperBench bench;
        bench.script.verdictRoom = 6;
        bench.turn();
        for (int i = 0; i < 20; ++i) {
            bench.make(10 * i, 10 * i + 9);
            bench.turn();
            QVERIFY(bench.isTrue());
            QCOMPARE(bench.keeper.state().cgroupsWithoutRoom, std::size_t(5));
            bench.remove(10 * i, 10 * i + 9);
            if (i % 2 == 0)
                continue; // gone and others there in one turn, or one after the other
            bench.turn();
            QVERIFY(bench.isTrue());
            QCOMPARE(bench.keeper.state().cgroups, std::size_t(1));
        }
        bench.make(500, 500); // and rules still work for who comes next
        bench.turn();
        QCOMPARE(bench.keeper.state().cgroups, std::size_t(2));
        QVERIFY(std::any_of(bench.verdicts().begin(), bench.verdicts().end(), [](const auto &one) { return one.second.denied.any(); }));
    }

    void kernelThatRefusesVerdictsHalfWay_keepsNoneOfTheDead()
    {
        KeeperBench bench;
        bench.turn();
        bench.make(1, 3);
        bench.script.filterError = Error(Errc::Io, "no memory");
        bench.script.writesBeforeError = true;
        bench.turn();
        QVERIFY(!bench.keeper.state().problem.empty());
        QCOMPARE(bench.verdicts().size(), std::size_t(4));
        bench.remove(1, 2);
        bench.script.filterError.reset();
        bench.turn();
        QVERIFY(bench.keeper.state().problem.empty());
        QVERIFY(bench.isTrue());
        QCOMPARE(bench.keeper.state().cgroups, std::size_t(2));
    }

    void subscription_narrowsOnlyWhenItHasSettled()
    {
        CollectBench bench;
        bench.second();
        bench.filter = wire::Filter{3, {asksFor({wire::EventType::TcpConnection})}};
        for (int i = 0; i < 10; ++i)
            bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(1));
        bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(2));
        QCOMPARE(kindsOf(bench.kernel.filters[1].rules.unwanted), std::string("exec exit dns http"));
        bench.filter = wire::Filter{4, {asksFor({wire::EventType::TcpConnection}), asksFor({wire::EventType::DnsQuery})}};
        bench.second(); // at once everything again
        QCOMPARE(bench.kernel.filters.size(), std::size_t(3));
        QVERIFY(bench.kernel.filters[2].rules.unwanted.none());
        bench.filter = wire::Filter{}; // nobody is there
        for (int i = 0; i < 20; ++i)
            bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(3));
    }

    void subscription_isNotFollowedWhereTheConfigurationSaysSo()
    {
        CollectBench bench;
        FilterRules rules;
        rules.followSubscriptions = false;
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, rules});
        bench.filter = wire::Filter{3, {asksFor({wire::EventType::TcpConnection})}};
        for (int i = 0; i < 20; ++i)
            bench.second();
        QCOMPARE(bench.kernel.filters.size(), std::size_t(1));
        rules.followSubscriptions = true;
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}, rules});
        bench.second();
        QCOMPARE(kindsOf(bench.kernel.filters.back().rules.unwanted), std::string("exec exit dns http"));
    }

    void rateLimited_isToldOncePerMinuteWithWhatCameTogether()
    {
        CollectBench bench;
        bench.second();
        QCOMPARE(bench.kernel.leftOutLooks, 1);
        const auto leave = [&bench](std::uint64_t records) {
            bench.kernel.leftOut = {{Filtered::Process, 1, 0, false, records}};
            SourceCounterSet set{"process", {}, {}};
            set.leftOut[std::size_t(FilterCause::Tokens)] = records;
            bench.kernel.counters = {set};
        };
        leave(100);
        for (int i = 0; i < 10; ++i)
            bench.second();
        auto notices = bench.told<wire::AgentNotice>();
        QCOMPARE(notices.size(), std::size_t(1));
        QCOMPARE(notices[0].kind, wire::AgentNoticeKind::RateLimited);
        QCOMPARE(notices[0].what, std::string("process"));
        QVERIFY2(notices[0].text.starts_with("100 records of / were left out"), notices[0].text.c_str());
        QVERIFY(bench.kernel.leftOutLooks < 5); // nothing new: no need to look
        leave(150);
        bench.second();
        leave(400);
        for (int i = 0; i < 70; ++i)
            bench.second();
        notices = bench.told<wire::AgentNotice>();
        QCOMPARE(notices.size(), std::size_t(2));
        QVERIFY2(notices[1].text.starts_with("300 records"), notices[1].text.c_str());
        // What failed has a bucket of its own, which is let go when it was quiet: no news of the other one.
        const std::vector<LeftOut> both{{Filtered::Process, 1, 0, false, 400}, {Filtered::Process, 1, 0, true, 30}};
        leave(430);
        bench.kernel.leftOut = both;
        for (int i = 0; i < 70; ++i)
            bench.second();
        notices = bench.told<wire::AgentNotice>();
        QCOMPARE(notices.size(), std::size_t(3));
        QVERIFY2(notices[2].text.starts_with("30 records"), notices[2].text.c_str());
        bench.kernel.leftOut = {both[0]};
        for (int i = 0; i < 150; ++i)
            bench.second();
        QCOMPARE(bench.told<wire::AgentNotice>().size(), std::size_t(3));
        leave(410);
        bench.loop->finish();
        QCOMPARE(bench.told<wire::AgentNotice>().size(), std::size_t(4));
    }
};

QTEST_GUILESS_MAIN(TestFilter)
#include "tst_filter.moc"

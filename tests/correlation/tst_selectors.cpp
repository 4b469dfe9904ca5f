// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/correlation/selector.h"
#include "tests/correlation/stage.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::EntityKind;

class tst_Selectors : public QObject {
    Q_OBJECT

private slots:
    void names_goBothWays();
    void owners_data();
    void owners();
    void destination_isTheEndThatListens_data();
    void destination_isTheEndThatListens();
    void loopback_isOfThePod_data();
    void loopback_isOfThePod();
    void key_isThatOfTheName_data();
    void key_isThatOfTheName();
    void key_isOfKindAndId();
    void fields_data();
    void fields();
    void unknownField_isNone();
    void everyTopic_hasFields();
};

void tst_Selectors::names_goBothWays()
{
    for (const char *name : {"node", "namespace", "workload", "pod", "container", "process", "destination", "nameserver", "account",
                             "address", "connection", "ancestors"}) {
        const auto selector = selectorFromName(name);
        QVERIFY(selector.has_value());
        QCOMPARE(selectorName(*selector), std::string_view(name));
        QVERIFY(kindOf(*selector) != EntityKind::Unknown);
    }
    QVERIFY(!selectorFromName("pods"));
    QVERIFY(!selectorFromName(""));
}

namespace {

wire::Origin without(std::string wire::Origin::*field, wire::Origin origin = pod("a"))
{
    (origin.*field).clear();
    return origin;
}

wire::Origin service()
{
    wire::Origin origin;
    origin.cgroupId = 77;
    origin.cgroupPath = "/system.slice/x.service";
    return origin;
}

} // namespace

void tst_Selectors::owners_data()
{
    QTest::addColumn<Selector>("selector");
    QTest::addColumn<wire::Origin>("origin");
    QTest::addColumn<int>("kind"); // -1: none
    QTest::addColumn<std::string>("name");
    const auto row = [](const char *what, Selector selector, const wire::Origin &origin, EntityKind kind, const char *name) {
        QTest::newRow(what) << selector << origin << static_cast<int>(kind) << std::string(name);
    };
    row("a pod", Selector::Pod, pod("a"), EntityKind::Pod, "shop/a");
    row("a pod without a name", Selector::Pod, without(&wire::Origin::podName), EntityKind::Pod, "uid-a");
    row("a container without a pod", Selector::Pod, without(&wire::Origin::podName, without(&wire::Origin::podUid)), EntityKind::Container,
        "main");
    row("a service of the host", Selector::Pod, service(), EntityKind::Container, "/system.slice/x.service");
    row("the host", Selector::Pod, host(), EntityKind::Node, "n1");
    row("a container", Selector::Container, pod("a"), EntityKind::Container, "shop/a/main");
    row("a container without a name", Selector::Container, without(&wire::Origin::containerName), EntityKind::Container, "shop/a/a-c1");
    row("a workload", Selector::Workload, pod("a"), EntityKind::Workload, "shop/web");
    row("a pod of none", Selector::Workload, without(&wire::Origin::workloadName), EntityKind::Pod, "shop/a");
    row("a namespace", Selector::Namespace, pod("a"), EntityKind::Namespace, "shop");
    row("a node", Selector::Node, pod("a"), EntityKind::Node, "n1");
    row("a process", Selector::Process, pod("a"), EntityKind::Process, "web (12)");
    QTest::newRow("no namespace") << Selector::Namespace << host() << -1 << std::string();
    QTest::newRow("nobody") << Selector::Pod << wire::Origin() << -1 << std::string();
}

void tst_Selectors::owners()
{
    QFETCH(Selector, selector);
    QFETCH(wire::Origin, origin);
    QFETCH(int, kind);
    QFETCH(std::string, name);
    wire::Event event;
    event.process = {12, 0, 5, "web"};
    const auto entity = select(selector, {Topic::None, event, origin, {"n1"}});
    QCOMPARE(entity.has_value(), kind >= 0);
    if (!entity)
        return;
    QCOMPARE(static_cast<int>(entity->kind), kind);
    QCOMPARE(entity->name, name);
    QVERIFY(!entity->id.empty());
}

void tst_Selectors::destination_isTheEndThatListens_data()
{
    QTest::addColumn<wire::TcpDirection>("direction");
    QTest::addColumn<std::string>("name");
    QTest::newRow("of the client") << wire::TcpDirection::Outbound << std::string("10.0.0.9:80");
    QTest::newRow("of the server") << wire::TcpDirection::Inbound << std::string("10.0.0.1:40000");
    QTest::newRow("not known") << wire::TcpDirection::Unknown << std::string();
}

void tst_Selectors::destination_isTheEndThatListens()
{
    QFETCH(wire::TcpDirection, direction);
    QFETCH(std::string, name);
    wire::TcpConnection tcp;
    tcp.local = address(1, 40'000);
    tcp.remote = address(9, 80);
    tcp.direction = direction;
    wire::Event event;
    event.detail = tcp;
    const wire::Origin origin = pod("a");
    const auto entity = select(Selector::Destination, {topicOf(wire::EventType::TcpConnection), event, origin, {"n1"}});
    QCOMPARE(entity ? entity->name : std::string(), name);
}

void tst_Selectors::loopback_isOfThePod_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<bool>("samePod");
    QTest::addColumn<bool>("sameNode");
    QTest::addColumn<bool>("otherNode");
    QTest::newRow("of the network") << "10.0.0.9" << true << true << true;
    QTest::newRow("link-local") << "169.254.20.10" << true << true << false;
    QTest::newRow("loopback") << "127.0.0.1" << true << false << false;
}

/// Whether it is the same destination for another process of the pod, for another pod of the node, and for one of another node.
void tst_Selectors::loopback_isOfThePod()
{
    QFETCH(QString, address);
    wire::TcpConnection tcp = connection(wire::TcpOutcome::Refused);
    const QStringList parts = address.split('.');
    for (int i = 0; i < 4; ++i)
        tcp.remote.bytes[static_cast<std::size_t>(12 + i)] = static_cast<std::uint8_t>(parts[i].toUInt());
    wire::Event event;
    event.detail = tcp;
    const auto idOf = [&](const wire::Origin &origin, const char *node) {
        const auto entity = select(Selector::Destination, {topicOf(wire::EventType::TcpConnection), event, origin, {node}});
        return std::pair(entity->id, entity->name);
    };
    const auto first = idOf(pod("a"), "n1");
    QCOMPARE(first.second, address.toStdString() + ":80");
    QTEST(idOf(pod("a", "c2"), "n1") == first, "samePod");
    QTEST(idOf(pod("b"), "n1") == first, "sameNode");
    QTEST(idOf(pod("b"), "n2") == first, "otherNode");
}

void tst_Selectors::key_isThatOfTheName_data()
{
    QTest::addColumn<wire::Origin>("origin");
    QTest::newRow("a pod") << pod("a");
    QTest::newRow("a pod of none") << without(&wire::Origin::workloadName);
    QTest::newRow("a container without a pod") << without(&wire::Origin::podUid);
    QTest::newRow("a service of the host") << service();
    QTest::newRow("the host") << host();
    QTest::newRow("nobody") << wire::Origin();
    wire::Origin unnamed;
    unnamed.cgroupId = 77;
    QTest::newRow("a cgroup by its number") << unnamed;
    wire::Origin deep = service();
    for (int i = 0; i < 500; ++i)
        deep.cgroupPath += "/slice";
    QTest::newRow("a path longer than what is made on the stack") << deep;
}

/// Of each selector: what is found by its key is what has the name.
void tst_Selectors::key_isThatOfTheName()
{
    QFETCH(wire::Origin, origin);
    wire::TcpConnection loopback = connection(wire::TcpOutcome::Refused);
    loopback.remote.bytes[12] = 127;
    wire::Login login;
    login.user = "root";
    login.remote = "10.0.0.9";
    wire::DnsQuery dns;
    dns.server = address(53, 53);
    const std::vector<wire::Detail> details{connection(wire::TcpOutcome::Refused), loopback, dns, login, wire::OomKill()};
    const Party subject{EntityKind::Workload, "Deployment shop/web", "shop/web"}, peer{EntityKind::Node, "n2", "n2"};
    int found = 0;
    for (const wire::Detail &detail : details) {
        wire::Event event;
        event.process = {12, 0, 5, "web"};
        event.detail = detail;
        Observation seen{Topic::None, event, origin, {"n1"}};
        seen.subject = &subject;
        seen.peer = &peer;
        for (int i = 0; i <= static_cast<int>(Selector::Ancestors); ++i) {
            const auto selector = static_cast<Selector>(i);
            const auto key = entityKey(selector, seen);
            const auto entity = select(selector, seen);
            QCOMPARE(key.has_value(), entity.has_value());
            QCOMPARE(nameOf(selector, seen), entity ? entity->name : std::string());
            if (!key)
                continue;
            ++found;
            QCOMPARE(key->kind, entity->kind);
            QCOMPARE(key->key, entity->key().key);
            QCOMPARE(key->check, entity->key().check);
        }
    }
    QVERIFY(found > 0);
}

void tst_Selectors::key_isOfKindAndId()
{
    const EntityKey one = entityKey(EntityKind::Pod, "a"), other = entityKey(EntityKind::Pod, "b"), of = entityKey(EntityKind::Node, "a");
    QVERIFY(one.key != other.key && one.check != other.check);
    QVERIFY(one.key != of.key && one.check != of.check);
    QCOMPARE(one.key, std::uint64_t{0xfe4650b516112b5b}); // on every machine: the ids of insights are made of it
    wire::Event event;
    event.process = {12, 0, 5, "web"};
    const wire::Origin origin = pod("a");
    QCOMPARE(processKey("n1", 12, 5).key, entityKey(Selector::Process, {Topic::None, event, origin, {"n1"}})->key);
}

void tst_Selectors::fields_data()
{
    QTest::addColumn<wire::Detail>("detail");
    QTest::addColumn<std::string>("field");
    QTest::addColumn<double>("number");
    QTest::addColumn<std::string>("text");
    const auto row = [](const char *what, wire::Detail detail, const char *field, double number, const char *text) {
        QTest::newRow(what) << std::move(detail) << std::string(field) << number << std::string(text);
    };
    wire::ProcessExit exit;
    exit.signal = 9;
    row("a number", exit, "signal", 9, "");
    row("failed by a signal", exit, "failed", 1, "");
    row("ended well", wire::ProcessExit(), "failed", 0, "");
    row("a word", connection(wire::TcpOutcome::Refused), "outcome", 0, "refused");
    row("a direction", connection(wire::TcpOutcome::Refused), "direction", 0, "outbound");
    row("a port", connection(wire::TcpOutcome::Refused), "remotePort", 80, "");
    row("refused is failed", connection(wire::TcpOutcome::Refused), "failed", 1, "");
    row("closed is not", connection(wire::TcpOutcome::Closed), "failed", 0, "");
    wire::HttpRequest http;
    http.status = 404;
    row("asked wrongly is not failed", http, "failed", 0, "");
    http.status = 500;
    row("the server failed", http, "failed", 1, "");
    wire::DnsQuery dns;
    dns.outcome = wire::DnsOutcome::Answered;
    dns.responseCode = 3;
    row("no such name is an answer", dns, "failed", 0, "");
    dns.responseCode = 2;
    row("the name server failed", dns, "failed", 1, "");
    row("what all have", wire::OomKill(), "comm", 0, "web");
    row("its node", wire::OomKill(), "node", 0, "n1");
    row("its namespace", wire::OomKill(), "namespace", 0, "shop");
    row("in a container", wire::OomKill(), "inContainer", 1, "");
}

void tst_Selectors::fields()
{
    QFETCH(wire::Detail, detail);
    QFETCH(std::string, field);
    wire::Event event;
    event.type = static_cast<wire::EventType>(detail.index());
    event.process.comm = "web";
    event.detail = detail;
    const wire::Origin origin = pod("a");
    const auto found = findField(topicOf(event.type), field);
    QVERIFY(found.has_value());
    const Value value = found->of({topicOf(event.type), event, origin, {"n1"}});
    QCOMPARE(value.kind, found->kind);
    QTEST(value.number, "number");
    QTEST(std::string(value.text), "text");
}

void tst_Selectors::unknownField_isNone()
{
    QVERIFY(!findField(topicOf(wire::EventType::OomKill), "outcome"));
    QVERIFY(!findField(topicOf(wire::EventType::ProcessExec), "arguments")); // a list
    QVERIFY(!findField(topicOf(wire::EventType::TcpConnection), "remote"));  // an address: its port can be asked for
}

void tst_Selectors::everyTopic_hasFields()
{
    for (const wire::EventType type : wire::knownEventTypes()) {
        for (const std::string &name : fieldNames(topicOf(type)))
            QVERIFY2(findField(topicOf(type), name).has_value(), name.c_str());
    }
    QVERIFY(findField(Topic::RolloutImage, "now").has_value());
    QVERIFY(!findField(Topic::ContainerRestart, "now"));
}

QTEST_GUILESS_MAIN(tst_Selectors)
#include "tst_selectors.moc"

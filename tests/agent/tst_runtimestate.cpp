// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "agent/enrich/naming.h"
#include "agent/enrich/runtimestate.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fixtures.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
namespace fs = std::filesystem;

namespace {

const QByteArray uid = QByteArray::fromStdString(podUid);

/// As containerd's CRI plugin writes it, with the rest that such files have.
QByteArray containerdBundle(const QByteArray &type = "container", const QByteArray &podUidText = uid)
{
    return "{\"ociVersion\":\"1.1.0\",\"process\":{\"args\":[\"/web\"],\"env\":[\"PATH=/"
           "bin\"],\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}]},"
           "\"mounts\":[{\"destination\":\"/proc\",\"options\":[\"nosuid\"]}],\"annotations\":{\"io.kubernetes.cri.container-type\":\""
           + type
           + "\",\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":\"registry.example/shop/"
             "web:1.4\",\"io.kubernetes.cri.sandbox-id\":\""
           + QByteArray(64, 'a')
           + "\",\"io.kubernetes.cri.sandbox-name\":\"cart-7d9f\",\"io.kubernetes.cri.sandbox-namespace\":\"shop\",\"io.kubernetes.cri."
             "sandbox-uid\":\""
           + podUidText + "\"},\"linux\":{\"cgroupsPath\":\"/kubepods/x\"}}";
}

QByteArray crioBundle()
{
    return "{\"ociVersion\":\"1.0.2\",\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.cri-o."
           "Namespace\":\"shop\","
           "\"io.kubernetes.cri-o.ImageName\":\"registry.example/shop/web:1.4\",\"io.kubernetes.cri-o.ImageRef\":\"sha256:abc\","
           "\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.container.name\\\":\\\"app\\\",\\\"io.kubernetes.pod.name\\\":\\\"cart-"
           "7d9f\\\",\\\"io.kubernetes.pod.namespace\\\":\\\"shop\\\",\\\"io.kubernetes.pod.uid\\\":\\\""
           + uid + "\\\"}\"}}";
}

QByteArray dockerFile(const QByteArray &labels = {})
{
    return "{\"StreamConfig\":{},\"State\":{\"Running\":true,\"Pid\":77},\"ID\":\"" + QByteArray::fromStdString(dockerId)
           + "\",\"Name\":\"/hardcore_bohr\",\"Image\":\"sha256:def\",\"Config\":{\"Image\":\"redis:7\",\"Labels\":{" + labels
           + "}},\"Path\":\"redis\"}";
}

RuntimeFacts bundle(const QByteArray &json)
{
    const auto facts = parseBundle(json.toStdString());
    return facts ? *facts : RuntimeFacts{};
}

/// A machine's folders of runtimes.
struct Node {
    QTemporaryDir folder;
    fs::path root{folder.path().toStdString()};
    FakeClock clock;
    RuntimeState state{folders(), clock};

    RuntimeFolders folders() const { return {root / "containerd", root / "crio", root / "docker"}; }
    fs::path containerd(const std::string &id) const
    {
        return root / "containerd/io.containerd.runtime.v2.task/k8s.io" / id / "config.json";
    }
    static void write(const fs::path &path, const QByteArray &text)
    {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text.toStdString();
    }
};

} // namespace

class TestRuntimeState : public QObject {
    Q_OBJECT
private slots:
    void bundles_nameContainers()
    {
        const RuntimeFacts expected{podUid, "shop", "cart-7d9f", "app", "registry.example/shop/web:1.4", {}, false};
        QCOMPARE(bundle(containerdBundle()), expected);
        RuntimeFacts crio = expected;
        crio.imageId = "sha256:abc";
        QCOMPARE(bundle(crioBundle()), crio);
        const RuntimeFacts sandbox = bundle(containerdBundle("sandbox"));
        QVERIFY(sandbox.isSandbox);
        QCOMPARE(sandbox.containerName, std::string());
        QCOMPARE(sandbox.podName, std::string("cart-7d9f"));
    }

    void docker_namesContainers()
    {
        const auto plain = parseDockerContainer(dockerFile().toStdString());
        QVERIFY(plain);
        QCOMPARE(*plain, (RuntimeFacts{{}, {}, {}, "hardcore_bohr", "redis:7", "sha256:def", false}));
        const auto pod = parseDockerContainer(
            dockerFile(
                "\"io.kubernetes.container.name\":\"app\",\"io.kubernetes.docker.type\":\"container\",\"io.kubernetes.pod.name\":\"cart\","
                "\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\""
                + uid + '"')
                .toStdString());
        QVERIFY(pod);
        QCOMPARE(*pod, (RuntimeFacts{podUid, "shop", "cart", "app", "redis:7", "sha256:def", false}));
        const auto sandbox = parseDockerContainer(
            dockerFile("\"io.kubernetes.container.name\":\"POD\",\"io.kubernetes.docker.type\":\"podsandbox\"").toStdString());
        QVERIFY(sandbox && sandbox->isSandbox && sandbox->containerName.empty());
    }

    void hostileFiles_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("text") << QByteArray("hello");
        QTest::newRow("another JSON") << QByteArray("{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"x\"}}");
        QTest::newRow("half of it") << containerdBundle().left(300);
        QTest::newRow("nested without end") << "{\"ociVersion\":\"1\",\"a\":" + QByteArray("[").repeated(100'000);
    }
    void hostileFiles()
    {
        QFETCH(QByteArray, json);
        QCOMPARE(parseBundle(json.toStdString()).error().code(), Errc::Malformed);
        QCOMPARE(parseDockerContainer(json.toStdString()).error().code(), Errc::Malformed);
    }

    void hostileTexts_areCleaned()
    {
        QByteArray json = containerdBundle("container", "not-a-uid");
        json.replace("cart-7d9f", "..\\/..\\/etc\\u0000")
            .replace("\"app\"", "\"a\\u001b[31m\\nb\"")
            .replace("registry.example/shop/web:1.4", QByteArray(5000, 'i'));
        const RuntimeFacts facts = bundle(json);
        QCOMPARE(facts.podName, std::string());
        QCOMPARE(facts.podUid, std::string());
        QVERIFY(facts.containerName.find('\x1b') == std::string::npos && facts.containerName.find('\n') == std::string::npos);
        QCOMPARE(facts.image.size(), std::size_t(512));
        QByteArray labels = crioBundle();
        labels.replace("\"{\\\"io.kubernetes.container.name\\\"", "\"{{{\\\"io.kubernetes.container.name\\\"");
        QCOMPARE(bundle(labels).namespaceName, std::string("shop")); // the rest is as good
        QCOMPARE(bundle(labels).containerName, std::string());
    }

    void files_areFoundWhereTheirRuntimePutsThem()
    {
        Node node;
        QCOMPARE(node.state.hook().state, wire::HookState::Unknown);
        Node::write(node.containerd(containerId), containerdBundle());
        const std::string crioId = times32("c2");
        Node::write(node.root / "crio/overlay-containers" / crioId / "userdata/config.json", crioBundle());
        Node::write(node.root / "docker/containers" / dockerId / "config.v2.json", dockerFile());
        QCOMPARE(node.state.find(containerId)->podName, std::string("cart-7d9f"));
        QCOMPARE(node.state.find(crioId)->imageId, std::string("sha256:abc"));
        QCOMPARE(node.state.find(dockerId)->containerName, std::string("hardcore_bohr"));
        QVERIFY(node.state.find(times32("99")) == nullptr);
        QVERIFY(node.state.find("../../etc") == nullptr);
        QCOMPARE(node.state.hook().state, wire::HookState::Active);
        fs::remove_all(node.root / "docker");
        QVERIFY(node.state.find(dockerId) != nullptr); // read once
    }

    void onlyPlainFilesBelowTheRoot_areRead_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("a link to a file elsewhere") << 0;
        QTest::newRow("a link to a folder elsewhere") << 1;
        QTest::newRow("a pipe") << 2;
        QTest::newRow("a folder") << 3;
        QTest::newRow("a file of more than a megabyte") << 4;
        QTest::newRow("a link in the middle of the path") << 5;
    }
    void onlyPlainFilesBelowTheRoot_areRead()
    {
        QFETCH(int, what);
        Node node;
        const fs::path outside = node.root / "outside/config.json";
        Node::write(outside, containerdBundle());
        const fs::path file = node.containerd(containerId);
        fs::create_directories(what == 1 ? file.parent_path().parent_path() : what == 5 ? node.root / "containerd" : file.parent_path());
        switch (what) {
        case 0: fs::create_symlink(outside, file); break;
        case 1: fs::create_directory_symlink(outside.parent_path(), file.parent_path()); break;
        case 2: QCOMPARE(mkfifo(file.c_str(), 0600), 0); break;
        case 3: fs::create_directory(file); break;
        case 4: Node::write(file, containerdBundle() + QByteArray(2 << 20, ' ')); break;
        default:
            Node::write(node.root / "elsewhere/k8s.io" / containerId / "config.json", containerdBundle());
            fs::create_directory_symlink(node.root / "elsewhere", node.root / "containerd/io.containerd.runtime.v2.task");
        }
        QVERIFY(node.state.find(containerId) == nullptr);
        QVERIFY(node.state.hook().state != wire::HookState::Active);
    }

    void file_thatComesLaterIsFound()
    {
        Node node;
        QVERIFY(node.state.find(containerId) == nullptr);
        QVERIFY(node.state.takeRetry());
        Node::write(node.containerd(containerId), containerdBundle());
        QVERIFY(node.state.find(containerId) == nullptr); // not at once again
        node.clock.advance(std::chrono::seconds(1));
        QVERIFY(node.state.find(containerId) != nullptr);
        node.state.takeRetry();
        QVERIFY(node.state.find(containerId) != nullptr);
        QVERIFY(!node.state.takeRetry());
        for (unsigned i = 0; i < RuntimeState::mostTries; ++i) {
            QVERIFY(node.state.find(dockerId) == nullptr);
            node.clock.advance(std::chrono::seconds(1));
        }
        node.state.takeRetry();
        Node::write(node.root / "docker/containers" / dockerId / "config.v2.json", dockerFile());
        QVERIFY(node.state.find(dockerId) == nullptr); // nobody waits for ever
        QVERIFY(!node.state.takeRetry());
    }

    void churn_isBoundedInMemoryAndReads()
    {
        Node node;
        const auto id = [](int i) { return QByteArray::number(i, 16).rightJustified(64, '0').toStdString(); };
        for (int i = 0; i < 100; ++i)
            Node::write(node.containerd(id(i)), containerdBundle());
        int found = 0;
        for (int i = 0; i < 100; ++i)
            found += node.state.find(id(i)) != nullptr ? 1 : 0;
        QCOMPARE(found, int(RuntimeState::mostReadsPerSecond));
        node.clock.advance(std::chrono::seconds(1));
        for (int i = 0; i < 100; ++i)
            found += i >= 64 && node.state.find(id(i)) != nullptr ? 1 : 0;
        QCOMPARE(found, 100);
        for (int i = 1000; i < 101'000; ++i)
            node.state.find(id(i));
        QCOMPARE(node.state.known(), RuntimeState::mostKnown);
    }

    void naming_believesPodLabelsOnlyWhereTheCgroupIsThePods_data()
    {
        QTest::addColumn<QString>("podOfCgroup");
        QTest::addColumn<QString>("podName");
        QTest::newRow("the same pod") << QString::fromStdString(podUid) << "cart-7d9f";
        QTest::newRow("no pod at all") << ""
                                       << "";
        QTest::newRow("another pod") << QString::fromStdString(hostPodUid) << "";
    }
    void naming_believesPodLabelsOnlyWhereTheCgroupIsThePods()
    {
        QFETCH(QString, podOfCgroup);
        Node node;
        Node::write(node.containerd(containerId), containerdBundle());
        Naming naming({"/nonexistent", "/nonexistent", node.folders(), nullptr}, node.clock);
        wire::Origin origin;
        origin.containerId = containerId;
        origin.podUid = podOfCgroup.toStdString();
        naming.name(origin);
        QTEST(QString::fromStdString(origin.podName), "podName");
        QCOMPARE(origin.containerName, std::string("app"));
        QCOMPARE(origin.image, std::string("registry.example/shop/web:1.4"));
    }
};

QTEST_APPLESS_MAIN(TestRuntimeState)
#include "tst_runtimestate.moc"

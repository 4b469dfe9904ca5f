// SPDX-License-Identifier: GPL-3.0-or-later
// From the kubelet's folder to the event that is sent.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <utility>

#include "tests/agent/collectbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using Bench = CollectBench;

class TestKubernetesEvents : public QObject {
    Q_OBJECT
private slots:
    void changedVolume_isAnEventOfItsPod()
    {
        QTemporaryDir kubelet;
        const QString volume = kubelet.path() + "/pods/0f8e7d6c-5b4a-4321-8765-0123456789ab/volumes/kubernetes.io~configmap/settings/";
        const auto put = [&](const QString &content) {
            QVERIFY(QDir().mkpath(volume + content));
            QFile::remove(volume + "..data");
            QVERIFY(QFile::link(content, volume + "..data"));
        };
        put("..1");
        Bench bench({}, "/nowhere/log", nullptr, kubelet.path().toStdString());
        bench.second();
        put("..2");
        for (int i = 0; i < 12; ++i)
            bench.second();
        const auto facts = bench.told<wire::Boxed<wire::KubernetesFact>>();
        QCOMPARE(facts.size(), std::size_t(1));
        QCOMPARE(std::as_const(facts[0])->kind, wire::KubernetesFactKind::VolumeChanged);
        QCOMPARE(std::as_const(facts[0])->volume, std::string("settings"));
        for (const wire::EventBatch &batch : bench.outlet.events()) {
            for (const wire::Event &event : batch.events) {
                if (event.type == wire::EventType::KubernetesFact)
                    QCOMPARE(batch.origins.at(event.origin).podName, std::string("cart-7d9f"));
            }
        }
        const wire::CounterReport last = bench.loop->finish();
        QVERIFY(std::any_of(last.sources.begin(), last.sources.end(), [](const auto &s) {
            return s.source == "kubernetes" && s.counters[Counter::Seen] == 1 && s.counters[Counter::Drained] == 1;
        }));
    }
};

QTEST_APPLESS_MAIN(TestKubernetesEvents)
#include "tst_kubernetesevents.moc"

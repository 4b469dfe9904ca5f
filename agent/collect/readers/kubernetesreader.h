// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "agent/collect/podvolumes.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/tokenbucket.h"
#include "agent/enrich/podfacts.h"
#include "protocol/base/clock.h"
#include "protocol/wire/kubernetesfact.h"

namespace tapio::agent {

struct KubernetesOptions {
    std::filesystem::path kubelet = "/var/lib/kubelet";
    bool certificates = true;                ///< look into certificates in volumes
    std::int64_t everyNs = 10 * nsPerSecond; ///< how often all volumes are looked at, at most
    std::size_t podsPerTurn = 32;            ///< so that a turn takes two milliseconds
    std::size_t contentsPerTurn = 16;        ///< or few more, that are read since they are new: mostly a third of a millisecond each
    std::size_t mostPods = 1024;
    std::size_t mostVolumesOfPod = 128;
    std::size_t mostVolumes = 4096;
    std::size_t mostFiles = 64; ///< of a volume that are read
    std::size_t mostFileBytes = 64u << 10;
    std::size_t mostCertificatesOfFile = 8; ///< more is a list of authorities, in which some are always old
    std::uint32_t perSecond = 20;
    std::uint32_t burst = 200;
};

/// What Kubernetes does to this node's pods: evictions, as the cluster tells them; ConfigMaps and Secrets whose mounted content changed; certificates
/// in them that end within three days or did, told once and then as each day of that passes. What volumes hold is never told, kept or logged: of
/// a certificate only its end, common name and file, and of a projection, in which tokens are renewed all the time, a hash of the rest in memory.
class KubernetesReader final : public EventReader {
public:
    /// `cluster`: null = nobody. `clock` outlives the reader.
    KubernetesReader(KubernetesOptions options, std::shared_ptr<const ClusterPods> cluster, const Clock &clock);

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override;
    SourceCounterSet counters() const override { return {"kubernetes", m_counters}; }

private:
    struct Certificate {
        std::string file, subject;
        std::int64_t notAfterNs = 0;
        std::int64_t toldDay = 0; ///< of what was left when it was told; see untold
    };
    struct Known {
        std::string target;
        std::uint64_t digest = 0; ///< of a projection
        std::uint64_t round = 0;  ///< that last saw it
        std::int64_t lookedUtcNs = 0;
        std::vector<Certificate> certificates;
        std::size_t unread = 0;     ///< files
        std::size_t unreadable = 0; ///< that call themselves certificates and are none
    };
    using Key = std::tuple<std::string, std::string, std::string>; ///< pod uid, source, name
    /// Of the round that goes on, and of the last that was whole.
    struct Tally {
        std::size_t beyond = 0, odd = 0, unread = 0, unreadable = 0;
        int errnum = 0;
    };

    void readEvictions(KernelRecordSink &out);
    void readVolumes(KernelRecordSink &out);
    void beginRound(const PodVolumeFolder &folder);
    void endRound();
    void lookAtPod(const PodVolumeFolder &folder, const std::string &uid, KernelRecordSink &out);
    void lookAtVolume(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, KernelRecordSink &out);
    bool takeContent(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known);
    bool takeCertificates(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known);
    bool takeDigest(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known);
    void tellCertificates(const Key &key, Known &known, KernelRecordSink &out);
    bool tell(const std::string &podUid, wire::KubernetesFact fact, std::int64_t bootNs, KernelRecordSink &out);
    std::string volumesRemark() const;
    wire::Hook volumesHook() const;
    wire::Hook certificatesHook() const;
    wire::Hook evictionsHook() const;

    const KubernetesOptions m_options;
    const std::shared_ptr<const ClusterPods> m_cluster;
    const Clock &m_clock;
    TokenBucket m_bucket;
    std::uint64_t m_eviction = 0; ///< number of the last one that was told
    std::map<Key, Known> m_volumes;
    std::deque<std::string> m_queue; ///< pods that this round has not looked at yet
    std::size_t m_contents = 0;      ///< read in this turn
    bool m_isInRound = false;
    std::uint64_t m_round = 0;
    std::int64_t m_nextBootNs = 0;
    Tally m_running, m_whole;
    bool m_isCut = false; ///< there are more pods than are looked at
    bool m_hasLooked = false;
    int m_errnum = 0; ///< why there is no list of pods
    CounterSet m_counters;
};

} // namespace tapio::agent

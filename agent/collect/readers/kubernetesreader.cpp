// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/kubernetesreader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "protocol/transport/certificateexpiry.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::int64_t dayNs = 24 * 3600 * nsPerSecond;
constexpr std::int64_t soonNs = 3 * dayNs;
constexpr std::int64_t untold = std::numeric_limits<std::int64_t>::max();

constexpr std::string_view projected = "projected";

/// As certificates are called in the pods of the world; of the Secrets of type kubernetes.io/tls it is always the first.
bool isCalledCertificate(std::string_view name)
{
    constexpr std::array<std::string_view, 4> endings{".crt", ".pem", ".cert", ".cer"};
    return std::any_of(endings.begin(), endings.end(), [name](std::string_view ending) { return name.ends_with(ending); });
}

/// A JSON Web Token: three parts of base64url, of which the first begins as every JSON object does.
bool isToken(std::string_view text)
{
    return text.starts_with("eyJ") && std::count(text.begin(), text.end(), '.') == 2 && text.find(' ') == std::string_view::npos;
}

/// Whole days, towards the past: -1 within the first day after the end.
std::int64_t daysOf(std::int64_t ns) { return ns / dayNs - (ns % dayNs < 0 ? 1 : 0); }

/// What is centuries away is as good as never.
std::int64_t leftOf(std::int64_t notAfterNs, std::int64_t nowNs)
{
    std::int64_t left = 0;
    if (__builtin_sub_overflow(notAfterNs, nowNs, &left))
        return notAfterNs < nowNs ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    return left;
}

wire::HookState stateOf(int errnum)
{
    switch (errnum) {
    case 0: return wire::HookState::Active;
    case ENOENT:
    case ENOTDIR: return wire::HookState::Unsupported;
    case EACCES:
    case EPERM: return wire::HookState::Denied;
    default: return wire::HookState::Failed;
    }
}

void appendCount(std::string &line, std::size_t count, std::string_view what)
{
    if (count != 0)
        line.append(line.empty() ? "" : ", ").append(std::to_string(count)).append(what);
}

wire::Hook hookOf(std::string name)
{
    wire::Hook hook;
    hook.collector = "kubernetes";
    hook.name = std::move(name);
    hook.attachKind = "file";
    return hook;
}

} // namespace

KubernetesReader::KubernetesReader(KubernetesOptions options, std::shared_ptr<const ClusterPods> cluster, const Clock &clock)
    : m_options(std::move(options)), m_cluster(std::move(cluster)), m_clock(clock), m_bucket(m_options.perSecond, m_options.burst, clock)
{}

void KubernetesReader::read(KernelRecordSink &out)
{
    readEvictions(out);
    readVolumes(out);
}

void KubernetesReader::readEvictions(KernelRecordSink &out)
{
    if (!m_cluster)
        return;
    for (Eviction &eviction : m_cluster->evictionsAfter(m_eviction)) {
        const std::uint64_t forgotten = eviction.number - m_eviction - 1;
        m_counters[Counter::Seen] += forgotten;
        m_counters[Counter::Lost] += forgotten;
        m_eviction = eviction.number;
        wire::KubernetesFact fact;
        fact.kind = wire::KubernetesFactKind::PodEvicted;
        fact.resource = std::move(eviction.facts.resource);
        fact.message = std::move(eviction.facts.message);
        tell(eviction.podUid, std::move(fact), eviction.seenBootNs, out);
    }
}

void KubernetesReader::readVolumes(KernelRecordSink &out)
{
    if (!m_isInRound && m_clock.bootNs() < m_nextBootNs)
        return;
    const PodVolumeFolder folder(m_options.kubelet);
    if (!m_isInRound)
        beginRound(folder);
    m_contents = 0;
    for (std::size_t looked = 0; looked < m_options.podsPerTurn && m_contents < m_options.contentsPerTurn && !m_queue.empty(); ++looked) {
        lookAtPod(folder, m_queue.front(), out);
        m_queue.pop_front();
    }
    if (m_queue.empty())
        endRound();
}

void KubernetesReader::beginRound(const PodVolumeFolder &folder)
{
    m_nextBootNs = m_clock.bootNs() + m_options.everyNs;
    m_isInRound = true;
    ++m_round;
    m_running = {};
    PodList pods = folder.list(m_options.mostPods);
    m_errnum = pods.errnum;
    m_isCut = pods.isCut;
    m_queue.assign(std::make_move_iterator(pods.uids.begin()), std::make_move_iterator(pods.uids.end()));
}

void KubernetesReader::endRound()
{
    m_isInRound = false;
    m_hasLooked = true;
    if (m_errnum == 0 || m_errnum == ENOENT) // else nobody knows what is gone
        std::erase_if(m_volumes, [this](const auto &entry) { return entry.second.round != m_round; });
    for (const auto &[key, known] : m_volumes) {
        m_running.unread += known.unread;
        m_running.unreadable += known.unreadable;
    }
    m_whole = m_running;
}

void KubernetesReader::lookAtPod(const PodVolumeFolder &folder, const std::string &uid, KernelRecordSink &out)
{
    const PodVolumeLook look = folder.look(uid, m_options.mostVolumesOfPod);
    m_running.beyond += look.beyond;
    m_running.odd += look.odd;
    m_running.errnum = look.errnum != 0 ? look.errnum : m_running.errnum;
    for (const PodVolume &volume : look.volumes)
        lookAtVolume(folder, uid, volume, out);
}

void KubernetesReader::lookAtVolume(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, KernelRecordSink &out)
{
    const Key key{uid, volume.source, volume.name};
    auto entry = m_volumes.find(key);
    const bool isNew = entry == m_volumes.end();
    if (isNew && m_volumes.size() >= m_options.mostVolumes) {
        ++m_running.beyond;
        return;
    }
    if (isNew)
        entry = m_volumes.emplace(key, Known()).first;
    Known &known = entry->second;
    known.round = m_round;
    const std::int64_t now = m_clock.utcNs();
    const bool wasKnown = !known.target.empty();
    if (known.target != volume.target && takeContent(folder, uid, volume, known) && wasKnown) {
        // The file system's clock says when, as far as that can be: since the last look.
        const std::int64_t when = std::clamp(volume.changedUtcNs, std::min(known.lookedUtcNs, now), now);
        wire::KubernetesFact fact;
        fact.kind = wire::KubernetesFactKind::VolumeChanged;
        fact.source = volume.source;
        fact.volume = volume.name;
        tell(uid, std::move(fact), m_clock.bootNs() - (now - when), out);
    }
    known.lookedUtcNs = now;
    tellCertificates(key, known, out);
}

/// True: it is another content than before. Of a projection it is none where only tokens were renewed. What is replaced while it is read is for the
/// next look.
bool KubernetesReader::takeContent(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known)
{
    known.unread = known.unreadable = 0;
    const std::uint64_t before = known.digest;
    if ((m_options.certificates && !takeCertificates(folder, uid, volume, known))
        || (volume.source == projected && !takeDigest(folder, uid, volume, known)))
        return false;
    ++m_contents;
    known.target = volume.target;
    return volume.source != projected || known.digest != before;
}

bool KubernetesReader::takeDigest(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known)
{
    std::uint64_t digest = 0; // a sum, for the order of a folder says nothing
    const auto add = [&](std::string_view name, std::string_view text) {
        constexpr std::uint64_t spread = 0x9E3779B97F4A7C15;
        const std::hash<std::string_view> hash;
        digest += (hash(name) ^ (isToken(text) ? 0 : hash(text) * spread)) * spread;
    };
    const auto isFile = [](std::string_view name) { return !name.starts_with(".."); };
    const auto leftOut = folder.eachFile(uid, volume, m_options.mostFiles, m_options.mostFileBytes, isFile, add);
    if (!leftOut)
        return false;
    known.unread += *leftOut;
    known.digest = digest;
    return true;
}

bool KubernetesReader::takeCertificates(const PodVolumeFolder &folder, const std::string &uid, const PodVolume &volume, Known &known)
{
    std::vector<Certificate> found;
    std::size_t unreadable = 0;
    const auto add = [&](std::string_view name, std::string_view text) {
        transport::PemExpiry pem = transport::expiryOfPem(text, m_options.mostCertificatesOfFile);
        unreadable += pem.unreadable != 0 ? 1 : 0;
        if (!pem.first || pem.isCut)
            return;
        Certificate certificate{std::string(name), std::move(pem.first->subject), pem.first->notAfterNs, untold};
        const auto before = std::find_if(known.certificates.begin(), known.certificates.end(), [&](const Certificate &one) {
            return one.file == certificate.file && one.notAfterNs == certificate.notAfterNs;
        });
        if (before != known.certificates.end())
            certificate.toldDay = before->toldDay;
        found.push_back(std::move(certificate));
    };
    const auto leftOut = folder.eachFile(uid, volume, m_options.mostFiles, m_options.mostFileBytes, isCalledCertificate, add);
    if (!leftOut)
        return false;
    known.unread += *leftOut;
    known.unreadable = unreadable;
    known.certificates = std::move(found);
    return true;
}

void KubernetesReader::tellCertificates(const Key &key, Known &known, KernelRecordSink &out)
{
    for (Certificate &certificate : known.certificates) {
        const std::int64_t left = leftOf(certificate.notAfterNs, m_clock.utcNs());
        const std::int64_t day = daysOf(left);
        if (left > soonNs || day == certificate.toldDay)
            continue;
        wire::KubernetesFact fact;
        fact.kind = wire::KubernetesFactKind::CertificateExpiry;
        fact.source = std::get<1>(key);
        fact.volume = std::get<2>(key);
        fact.file = wire::toLine(certificate.file, wire::KubernetesFact::fileBytes);
        fact.subject = wire::toLine(certificate.subject, wire::KubernetesFact::subjectBytes);
        fact.notAfterNs = certificate.notAfterNs;
        fact.leftNs = left;
        if (tell(std::get<0>(key), std::move(fact), m_clock.bootNs(), out))
            certificate.toldDay = day;
    }
}

/// False: it is one too many.
bool KubernetesReader::tell(const std::string &podUid, wire::KubernetesFact fact, std::int64_t bootNs, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    ++m_counters[Counter::Drained];
    if (!m_bucket.take()) {
        ++m_counters[Counter::Shed];
        return false;
    }
    KernelRecord record;
    record.source = "kubernetes";
    record.podUid = podUid;
    record.bootNs = static_cast<std::uint64_t>(std::max<std::int64_t>(bootNs, 1));
    record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::KubernetesFact;
    record.event.detail = std::move(fact);
    out.onRecord(std::move(record));
    return true;
}

std::vector<wire::Hook> KubernetesReader::hooks() const { return {volumesHook(), certificatesHook(), evictionsHook()}; }

std::string KubernetesReader::volumesRemark() const
{
    std::string remark;
    if (m_isCut)
        remark = "not all pods are watched, since there are more than " + std::to_string(m_options.mostPods);
    appendCount(remark, m_whole.beyond, " volumes are not watched, since there are too many");
    appendCount(remark, m_whole.odd, " are not as the kubelet makes them");
    if (m_whole.errnum != 0)
        remark.append(remark.empty() ? "" : ", ").append("some cannot be read: ").append(std::generic_category().message(m_whole.errnum));
    return remark;
}

wire::Hook KubernetesReader::volumesHook() const
{
    wire::Hook hook = hookOf("volumes of pods");
    if (!m_hasLooked) {
        hook.reason = "not looked at yet";
        return hook;
    }
    const std::string place = (m_options.kubelet / "pods").native();
    const bool isAllRefused = m_errnum == 0 && m_volumes.empty() && m_whole.errnum != 0;
    const int errnum = isAllRefused ? m_whole.errnum : m_errnum;
    hook.state = stateOf(errnum);
    if (errnum == 0)
        hook.reason = volumesRemark();
    else if (hook.state == wire::HookState::Unsupported)
        hook.reason = "no kubelet has its folder here: there is no " + place;
    else
        hook.reason = place + ": " + std::generic_category().message(errnum);
    return hook;
}

wire::Hook KubernetesReader::certificatesHook() const
{
    wire::Hook hook = volumesHook();
    hook.name = "certificates in volumes";
    if (!m_options.certificates) {
        hook.state = wire::HookState::Disabled;
        hook.reason = "switched off in the configuration";
    } else if (hook.state == wire::HookState::Active) {
        hook.reason.clear();
        appendCount(hook.reason, m_whole.unreadable, " files hold something that calls itself a certificate and is none");
        appendCount(hook.reason, m_whole.unread, " files were not read, since they are too large or too many");
    }
    return hook;
}

wire::Hook KubernetesReader::evictionsHook() const
{
    wire::Hook hook = m_cluster ? m_cluster->hook() : hookOf({});
    hook.collector = "kubernetes";
    hook.name = "evictions";
    if (!m_cluster) {
        hook.state = wire::HookState::Unsupported;
        hook.reason = "nobody is asked about this node's pods";
    }
    return hook;
}

} // namespace tapio::agent

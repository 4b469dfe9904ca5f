// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/podjson.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/kubename.h"
#include "agent/kube/eviction.h"
#include "agent/kube/objectvisitor.h"
#include "agent/kube/workload.h"
#include "protocol/wire/kubernetesfact.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostNameBytes = 253;
constexpr std::size_t mostImageBytes = 512;
constexpr std::size_t mostOwners = 8;

std::string cut(const std::string &text, std::size_t most) { return wire::toLine(text, most); }

/// A container as one of the lists of a pod has it.
struct ContainerDraft {
    std::string name, image, id, imageId;
    std::string earlierId; ///< of the one that ended before this one started
};

struct PodDraft {
    std::string uid, mirrorUid, namespaceName, name, nodeName, templateHash, created, phase, reason, message;
    std::vector<OwnerReference> owners;
    std::vector<ContainerDraft> spec, status;
};

struct TextField {
    std::string_view path;
    std::string PodDraft::*member;
};
constexpr std::array<TextField, 10> textFields{{{"/metadata/uid", &PodDraft::uid},
                                                {"/metadata/namespace", &PodDraft::namespaceName},
                                                {"/metadata/name", &PodDraft::name},
                                                {"/metadata/creationTimestamp", &PodDraft::created},
                                                {"/metadata/labels/pod-template-hash", &PodDraft::templateHash},
                                                {"/metadata/annotations/kubernetes.io~1config.mirror", &PodDraft::mirrorUid},
                                                {"/spec/nodeName", &PodDraft::nodeName},
                                                {"/status/phase", &PodDraft::phase},
                                                {"/status/reason", &PodDraft::reason},
                                                {"/status/message", &PodDraft::message}}};

constexpr std::array<std::string_view, 3> specLists{"/spec/containers", "/spec/initContainers", "/spec/ephemeralContainers"};
constexpr std::array<std::string_view, 3> statusLists{"/status/containerStatuses", "/status/initContainerStatuses",
                                                      "/status/ephemeralContainerStatuses"};
constexpr std::string_view ownerList = "/metadata/ownerReferences";

/// "containerd://ID": the id, where it is one that cgroups can have.
std::string idWithoutRuntime(std::string_view text)
{
    const auto scheme = text.find("://");
    if (scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    return isContainerId(text) ? std::string(text) : std::string();
}

std::string imageIdOf(const std::string &text)
{
    constexpr std::string_view pullable = "docker-pullable://"; // dockershim's
    return cut(text.starts_with(pullable) ? text.substr(pullable.size()) : text, mostImageBytes);
}

/// What follows one of the prefixes: the field of an element of that list.
template <std::size_t size> std::optional<std::string_view> fieldIn(const std::array<std::string_view, size> &lists, std::string_view path)
{
    for (const std::string_view list : lists) {
        if (path.starts_with(list) && path.size() > list.size() && path[list.size()] == '/')
            return path.substr(list.size());
    }
    return std::nullopt;
}

template <std::size_t size> bool isOneOf(const std::array<std::string_view, size> &lists, std::string_view path)
{
    return std::find(lists.begin(), lists.end(), path) != lists.end();
}

void addContainer(PodFacts &pod, std::string id, const ContainerDraft &of, const std::string &image)
{
    const bool isThere = std::any_of(pod.containers.begin(), pod.containers.end(), [&](const auto &one) { return one.containerId == id; });
    if (!id.empty() && !isThere && pod.containers.size() < mostContainers)
        pod.containers.push_back({std::move(id), of.name, image, imageIdOf(of.imageId)});
}

std::optional<PodFacts> finished(const PodDraft &draft)
{
    if (!isPodUid(draft.uid) || !isKubernetesName(draft.name) || !isKubernetesName(draft.namespaceName))
        return std::nullopt;
    PodFacts pod;
    pod.uid = draft.uid;
    pod.cgroupUid = isPodUid(draft.mirrorUid) ? draft.mirrorUid : std::string();
    pod.namespaceName = draft.namespaceName;
    pod.name = draft.name;
    pod.nodeName = cut(draft.nodeName, mostNameBytes);
    Workload workload =
        workloadOf({draft.name, draft.nodeName, draft.templateHash, !draft.mirrorUid.empty(), parseApiTime(draft.created), draft.owners});
    pod.workloadKind = cut(workload.kind, mostKindBytes);
    pod.workloadName = cut(workload.name, mostNameBytes);
    if (draft.phase == "Failed" && draft.reason == "Evicted") {
        std::string message = cut(draft.message, wire::KubernetesFact::messageBytes);
        std::string resource = evictionResource(message);
        pod.eviction = EvictionFacts{std::move(resource), std::move(message)};
    }
    for (const ContainerDraft &status : draft.status) {
        if (!isKubernetesName(status.name))
            continue;
        const auto asked = std::find_if(draft.spec.begin(), draft.spec.end(), [&](const auto &one) { return one.name == status.name; });
        const std::string image = cut(asked != draft.spec.end() && !asked->image.empty() ? asked->image : status.image, mostImageBytes);
        addContainer(pod, idWithoutRuntime(status.id), status, image);
        addContainer(pod, idWithoutRuntime(status.earlierId), status, image);
    }
    return pod;
}

/// A pod, as its values come.
class PodReader {
public:
    using Facts = PodFacts;
    static constexpr std::string_view listKind = "PodList", plural = "pods";

    void beginObject(std::string_view path)
    {
        if (isOneOf(specLists, path))
            addTo(m_draft.spec);
        else if (isOneOf(statusLists, path))
            addTo(m_draft.status);
        else if (path == ownerList && (m_ownerTaken = m_draft.owners.size() < mostOwners))
            m_draft.owners.emplace_back();
    }
    void endObject(std::string_view) {}
    void text(std::string_view path, std::string &&value)
    {
        if (const auto field = std::find_if(textFields.begin(), textFields.end(), [&](const auto &one) { return one.path == path; });
            field != textFields.end())
            m_draft.*(field->member) = std::move(value);
        else if (const auto spec = fieldIn(specLists, path))
            takeSpec(*spec, std::move(value));
        else if (const auto status = fieldIn(statusLists, path))
            takeStatus(*status, std::move(value));
        else if (const auto owner = fieldIn(std::array{ownerList}, path))
            takeOwner(*owner, std::move(value));
    }
    void flag(std::string_view path, bool value)
    {
        if (path == "/metadata/ownerReferences/controller" && m_ownerTaken && !m_draft.owners.empty())
            m_draft.owners.back().controller = value;
    }
    std::optional<PodFacts> finish() { return finished(std::exchange(m_draft, {})); }

private:
    /// Beyond the bound an element is read over: it would else write into the one before it.
    void addTo(std::vector<ContainerDraft> &list)
    {
        m_containerTaken = list.size() < mostContainers;
        if (m_containerTaken)
            list.emplace_back();
    }
    void takeSpec(std::string_view field, std::string &&value)
    {
        if (!m_containerTaken || m_draft.spec.empty())
            return;
        if (field == "/name")
            m_draft.spec.back().name = std::move(value);
        else if (field == "/image")
            m_draft.spec.back().image = std::move(value);
    }
    void takeStatus(std::string_view field, std::string &&value)
    {
        if (!m_containerTaken || m_draft.status.empty())
            return;
        ContainerDraft &status = m_draft.status.back();
        if (field == "/name")
            status.name = std::move(value);
        else if (field == "/containerID")
            status.id = std::move(value);
        else if (field == "/image")
            status.image = std::move(value);
        else if (field == "/imageID")
            status.imageId = std::move(value);
        else if (field == "/lastState/terminated/containerID")
            status.earlierId = std::move(value);
    }
    void takeOwner(std::string_view field, std::string &&value)
    {
        if (!m_ownerTaken || m_draft.owners.empty())
            return;
        if (field == "/kind")
            m_draft.owners.back().kind = std::move(value);
        else if (field == "/name")
            m_draft.owners.back().name = std::move(value);
    }

    PodDraft m_draft;
    bool m_containerTaken = false;
    bool m_ownerTaken = false;
};

} // namespace

Result<PageOf<PodFacts>> parsePodPage(std::string_view body) { return parsePage<PodReader>(body); }
Result<EventOf<PodFacts>> parsePodEvent(std::string_view line) { return parseEvent<PodReader>(line); }

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/podjson.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/jsonvisit.h"
#include "agent/enrich/kubename.h"
#include "agent/kube/eviction.h"
#include "agent/kube/workload.h"
#include "protocol/wire/kubernetesfact.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostNameBytes = 253;
constexpr std::size_t mostKindBytes = 63;
constexpr std::size_t mostImageBytes = 512;
constexpr std::size_t mostTokenBytes = 4096; // of a continue token; a resource version is far shorter
constexpr std::size_t mostMessageBytes = 300;
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

/// Pods that lie at one place of a text, as they end.
class PodVisitor : public JsonVisitor {
public:
    explicit PodVisitor(std::string_view place) : m_place(place) {}

    void beginObject(std::string_view path) override
    {
        const auto inPod = within(path);
        if (!inPod)
            return;
        if (inPod->empty())
            m_draft = {};
        else if (isOneOf(specLists, *inPod))
            addTo(m_draft.spec);
        else if (isOneOf(statusLists, *inPod))
            addTo(m_draft.status);
        else if (*inPod == ownerList && (m_ownerTaken = m_draft.owners.size() < mostOwners))
            m_draft.owners.emplace_back();
    }
    void endObject(std::string_view path) override
    {
        if (path == m_place)
            onPod(std::exchange(m_draft, {}));
    }
    void text(std::string_view path, std::string &&value) override
    {
        const auto inPod = within(path);
        if (!inPod) {
            onText(path, std::move(value));
            return;
        }
        if (const auto field = std::find_if(textFields.begin(), textFields.end(), [&](const auto &one) { return one.path == *inPod; });
            field != textFields.end())
            m_draft.*(field->member) = std::move(value);
        else if (const auto spec = fieldIn(specLists, *inPod))
            takeSpec(*spec, std::move(value));
        else if (const auto status = fieldIn(statusLists, *inPod))
            takeStatus(*status, std::move(value));
        else if (const auto owner = fieldIn(std::array{ownerList}, *inPod))
            takeOwner(*owner, std::move(value));
        else
            onText(path, std::move(value));
    }
    void flag(std::string_view path, bool value) override
    {
        const auto inPod = within(path);
        if (inPod && *inPod == "/metadata/ownerReferences/controller" && m_ownerTaken && !m_draft.owners.empty())
            m_draft.owners.back().controller = value;
    }

protected:
    virtual void onPod(PodDraft &&draft) = 0;
    /// Everything that is not of a pod's model.
    virtual void onText(std::string_view path, std::string &&value) = 0;

private:
    std::optional<std::string_view> within(std::string_view path) const
    {
        if (!path.starts_with(m_place) || (path.size() > m_place.size() && path[m_place.size()] != '/'))
            return std::nullopt;
        return path.substr(m_place.size());
    }
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

    std::string_view m_place;
    PodDraft m_draft;
    bool m_containerTaken = false;
    bool m_ownerTaken = false;
};

class PageVisitor final : public PodVisitor {
public:
    PageVisitor() : PodVisitor("/items") {}
    PodPage page;
    std::string kind;

private:
    void onPod(PodDraft &&draft) override
    {
        if (auto pod = finished(draft))
            page.pods.push_back(std::move(*pod));
        else
            ++page.unusable;
    }
    void onText(std::string_view path, std::string &&value) override
    {
        if (path == "/kind")
            kind = std::move(value);
        else if (path == "/metadata/resourceVersion")
            page.resourceVersion = std::move(value);
        else if (path == "/metadata/continue")
            page.continueToken = std::move(value);
    }
};

class EventVisitor final : public PodVisitor {
public:
    EventVisitor() : PodVisitor("/object") {}
    WatchEvent event;
    std::string type, kind;

    void number(std::string_view path, std::int64_t value) override
    {
        if (path == "/object/code")
            event.code = value;
    }

private:
    void onPod(PodDraft &&draft) override { event.pod = finished(draft); }
    void onText(std::string_view path, std::string &&value) override
    {
        if (path == "/type")
            type = std::move(value);
        else if (path == "/object/kind")
            kind = std::move(value);
        else if (path == "/object/metadata/resourceVersion")
            event.resourceVersion = std::move(value);
        else if (path == "/object/message")
            event.message = cut(value, mostMessageBytes);
    }
};

WatchEvent::Kind kindOf(std::string_view type)
{
    constexpr std::array<std::pair<std::string_view, WatchEvent::Kind>, 5> kinds{{{"ADDED", WatchEvent::Kind::Added},
                                                                                  {"MODIFIED", WatchEvent::Kind::Modified},
                                                                                  {"DELETED", WatchEvent::Kind::Deleted},
                                                                                  {"BOOKMARK", WatchEvent::Kind::Bookmark},
                                                                                  {"ERROR", WatchEvent::Kind::Error}}};
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto &one) { return one.first == type; });
    return found == kinds.end() ? WatchEvent::Kind::Unknown : found->second;
}

} // namespace

Result<PodPage> parsePodPage(std::string_view body)
{
    PageVisitor visitor;
    if (const Status read = visitJson(body, visitor); !read)
        return fail(read.error().within("a list of pods"));
    PodPage &page = visitor.page;
    if (visitor.kind != "PodList")
        return fail(Errc::Malformed, "no list of pods, but kind \"" + cut(visitor.kind, mostKindBytes) + "\"");
    if (page.continueToken.size() > mostTokenBytes || page.resourceVersion.size() > mostTokenBytes)
        return fail(Errc::Malformed, "a list of pods whose version or continuation is too long");
    return std::move(page);
}

Result<WatchEvent> parseWatchEvent(std::string_view line)
{
    EventVisitor visitor;
    if (const Status read = visitJson(line, visitor); !read)
        return fail(read.error().within("an event of a watch"));
    WatchEvent &event = visitor.event;
    event.kind = kindOf(visitor.type);
    if (event.kind == WatchEvent::Kind::Unknown)
        return fail(Errc::Malformed, "an event of a watch of type \"" + cut(visitor.type, mostKindBytes) + "\"");
    if (event.resourceVersion.size() > mostTokenBytes)
        return fail(Errc::Malformed, "an event of a watch whose version is too long");
    if (event.kind == WatchEvent::Kind::Bookmark || event.kind == WatchEvent::Kind::Error)
        event.pod.reset();
    return std::move(event);
}

std::string statusMessage(std::string_view body)
{
    class Visitor final : public JsonVisitor {
    public:
        std::string message;
        void text(std::string_view path, std::string &&value) override
        {
            if (path == "/message")
                message = cut(value, mostMessageBytes);
        }
    } visitor;
    return visitJson(body, visitor) ? visitor.message : std::string();
}

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/runtimestate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/jsonvisit.h"
#include "agent/enrich/kubename.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostImageBytes = 512;
constexpr std::size_t mostNameBytes = 253;

struct TextField {
    std::string_view path;
    std::string RuntimeFacts::*member;
};

/// A field that came first stays.
template <std::size_t size>
bool take(const std::array<TextField, size> &fields, std::string_view path, const std::string &value, RuntimeFacts &facts)
{
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const TextField &one) { return one.path == path; });
    if (field == fields.end())
        return false;
    if ((facts.*(field->member)).empty())
        facts.*(field->member) = value;
    return true;
}

/// What names things must be a name; the rest is text for people.
RuntimeFacts cleaned(RuntimeFacts facts)
{
    for (std::string RuntimeFacts::*name : {&RuntimeFacts::namespaceName, &RuntimeFacts::podName}) {
        if (!isKubernetesName(facts.*name))
            (facts.*name).clear();
    }
    if (!isPodUid(facts.podUid))
        facts.podUid.clear();
    facts.containerName = wire::toLine(facts.containerName, mostNameBytes);
    facts.image = wire::toLine(facts.image, mostImageBytes);
    facts.imageId = wire::toLine(facts.imageId, mostImageBytes);
    if (facts.isSandbox)
        facts.containerName.clear();
    return facts;
}

// Labels that the kubelet gives to every container (kubernetes pkg/kubelet/types/labels.go); in CRI-O's bundle a JSON text of their own.
constexpr std::array<TextField, 4> kubeletLabels{{{"/io.kubernetes.pod.uid", &RuntimeFacts::podUid},
                                                  {"/io.kubernetes.pod.namespace", &RuntimeFacts::namespaceName},
                                                  {"/io.kubernetes.pod.name", &RuntimeFacts::podName},
                                                  {"/io.kubernetes.container.name", &RuntimeFacts::containerName}}};

class LabelVisitor final : public JsonVisitor {
public:
    explicit LabelVisitor(RuntimeFacts &facts) : m_facts(facts) {}
    void text(std::string_view path, std::string &&value) override { take(kubeletLabels, path, value, m_facts); }

private:
    RuntimeFacts &m_facts;
};

// containerd pkg/cri/annotations, CRI-O pkg/annotations. Kubelet's labels may be annotations too.
constexpr std::array<TextField, 12> bundleFields{{{"/annotations/io.kubernetes.cri.sandbox-uid", &RuntimeFacts::podUid},
                                                  {"/annotations/io.kubernetes.cri.sandbox-namespace", &RuntimeFacts::namespaceName},
                                                  {"/annotations/io.kubernetes.cri.sandbox-name", &RuntimeFacts::podName},
                                                  {"/annotations/io.kubernetes.cri.container-name", &RuntimeFacts::containerName},
                                                  {"/annotations/io.kubernetes.cri.image-name", &RuntimeFacts::image},
                                                  {"/annotations/io.kubernetes.pod.uid", &RuntimeFacts::podUid},
                                                  {"/annotations/io.kubernetes.pod.namespace", &RuntimeFacts::namespaceName},
                                                  {"/annotations/io.kubernetes.pod.name", &RuntimeFacts::podName},
                                                  {"/annotations/io.kubernetes.container.name", &RuntimeFacts::containerName},
                                                  {"/annotations/io.kubernetes.cri-o.Namespace", &RuntimeFacts::namespaceName},
                                                  {"/annotations/io.kubernetes.cri-o.ImageName", &RuntimeFacts::image},
                                                  {"/annotations/io.kubernetes.cri-o.ImageRef", &RuntimeFacts::imageId}}};

class BundleVisitor final : public JsonVisitor {
public:
    RuntimeFacts facts;
    bool isBundle = false;

    void text(std::string_view path, std::string &&value) override
    {
        isBundle = isBundle || path == "/ociVersion";
        if (path == "/annotations/io.kubernetes.cri.container-type" || path == "/annotations/io.kubernetes.cri-o.ContainerType") {
            facts.isSandbox = value == "sandbox";
        } else if (path == "/annotations/io.kubernetes.cri-o.Labels") {
            LabelVisitor labels(facts);
            constexpr std::size_t depthOfLabels = 2;
            static_cast<void>(visitJson(value, labels, depthOfLabels)); // without them less is known, and the rest is as good
        } else {
            take(bundleFields, path, value, facts);
        }
    }
};

constexpr std::array<TextField, 6> dockerFields{{{"/Config/Labels/io.kubernetes.pod.uid", &RuntimeFacts::podUid},
                                                 {"/Config/Labels/io.kubernetes.pod.namespace", &RuntimeFacts::namespaceName},
                                                 {"/Config/Labels/io.kubernetes.pod.name", &RuntimeFacts::podName},
                                                 {"/Config/Labels/io.kubernetes.container.name", &RuntimeFacts::containerName},
                                                 {"/Config/Image", &RuntimeFacts::image},
                                                 {"/Image", &RuntimeFacts::imageId}}};

class DockerVisitor final : public JsonVisitor {
public:
    RuntimeFacts facts;
    std::string id, name;

    void text(std::string_view path, std::string &&value) override
    {
        if (path == "/ID")
            id = std::move(value);
        else if (path == "/Name")
            name = std::move(value);
        else if (path == "/Config/Labels/io.kubernetes.docker.type")
            facts.isSandbox = value == "podsandbox";
        else
            take(dockerFields, path, value, facts);
    }
};

class FileDescriptor {
public:
    explicit FileDescriptor(int fd) noexcept : m_fd(fd) {}
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            close(m_fd);
    }
    FileDescriptor(const FileDescriptor &) = delete;
    FileDescriptor &operator=(const FileDescriptor &) = delete;
    int get() const noexcept { return m_fd; }

private:
    int m_fd;
};

/// One runtime's file of a container: ROOT/BEFORE.../ID/AFTER.../FILE.
struct Place {
    std::string_view runtime;
    std::filesystem::path RuntimeFolders::*root;
    std::array<const char *, 3> before; ///< null = no more
    const char *after;
    const char *file;
    Result<RuntimeFacts> (*parse)(std::string_view);
};
constexpr std::array<Place, 4> places{{
    {"containerd", &RuntimeFolders::containerd, {"io.containerd.runtime.v2.task", "k8s.io", nullptr}, nullptr, "config.json", parseBundle},
    {"CRI-O", &RuntimeFolders::crio, {"overlay-containers", nullptr, nullptr}, "userdata", "config.json", parseBundle},
    {"Docker", &RuntimeFolders::docker, {"containers", nullptr, nullptr}, nullptr, "config.v2.json", parseDockerContainer},
    {"containerd", &RuntimeFolders::containerd, {"io.containerd.runtime.v2.task", "default", nullptr}, nullptr, "config.json", parseBundle},
}};

/// The folder that holds the file, or the errno that says why not. The root may be reached through links: it is configured.
Result<int> openFolder(const Place &place, const std::filesystem::path &root, const std::string &id)
{
    int fd = open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const auto enter = [&fd](const char *name) {
        if (fd < 0 || name == nullptr)
            return;
        const FileDescriptor parent(fd);
        fd = openat(parent.get(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    };
    for (const char *name : place.before)
        enter(name);
    enter(id.c_str());
    enter(place.after);
    if (fd < 0)
        return failErrno(root.native(), errno);
    return fd;
}

/// A link, a device or a pipe is none: none of them is opened.
bool isPlainFile(int folder, const char *name)
{
    struct stat status {};
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

} // namespace

Result<RuntimeFacts> parseBundle(std::string_view json)
{
    BundleVisitor visitor;
    if (const Status read = visitJson(json, visitor); !read)
        return fail(read.error().within("a container's bundle"));
    if (!visitor.isBundle)
        return fail(Errc::Malformed, "a container's bundle without its version");
    return cleaned(std::move(visitor.facts));
}

Result<RuntimeFacts> parseDockerContainer(std::string_view json)
{
    DockerVisitor visitor;
    if (const Status read = visitJson(json, visitor); !read)
        return fail(read.error().within("Docker's description of a container"));
    if (!isContainerId(visitor.id))
        return fail(Errc::Malformed, "Docker's description of a container without its id");
    if (visitor.facts.containerName.empty() && !visitor.facts.isSandbox)
        visitor.facts.containerName = visitor.name.starts_with('/') ? visitor.name.substr(1) : visitor.name;
    return cleaned(std::move(visitor.facts));
}

bool RuntimeState::mayRead()
{
    const std::int64_t now = m_clock.bootNs();
    if (m_secondBootNs == 0 || now - m_secondBootNs >= nsPerSecond) {
        m_secondBootNs = std::max<std::int64_t>(now, 1);
        m_readsThisSecond = 0;
    }
    return m_readsThisSecond++ < mostReadsPerSecond;
}

const RuntimeFacts *RuntimeState::find(const std::string &containerId)
{
    if (!isContainerId(containerId))
        return nullptr;
    auto known = m_known.find(containerId);
    if (known == m_known.end()) {
        if (m_known.size() >= mostKnown) {
            m_known.erase(m_order.back().containerId);
            m_order.pop_back();
        }
        m_order.push_front({containerId, std::nullopt, 0, 0});
        known = m_known.emplace(m_order.front().containerId, m_order.begin()).first;
    } else {
        m_order.splice(m_order.begin(), m_order, known->second);
    }
    Known &one = *known->second;
    const bool isDue = !one.facts && one.tries < mostTries && (one.tries == 0 || m_clock.bootNs() - one.triedBootNs >= nsPerSecond);
    if (isDue && mayRead()) {
        ++one.tries;
        one.triedBootNs = m_clock.bootNs();
        one.facts = read(containerId);
    }
    m_retry = m_retry || (!one.facts && one.tries < mostTries);
    return one.facts ? &*one.facts : nullptr;
}

std::optional<RuntimeFacts> RuntimeState::read(const std::string &containerId)
{
    for (const Place &place : places) {
        const std::filesystem::path &root = m_folders.*(place.root);
        if (root.empty())
            continue;
        const auto opened = openFolder(place, root, containerId);
        if (!opened) {
            if (opened.error().code() == Errc::PermissionDenied && m_state != wire::HookState::Active) {
                m_state = wire::HookState::Denied;
                m_reason = opened.error().message();
            }
            continue;
        }
        const FileDescriptor folder(*opened);
        if (!isPlainFile(folder.get(), place.file))
            continue;
        const FileText file = m_reader.read(folder.get(), place.file);
        auto facts = file ? place.parse(file.text)
                          : fail(Errc::Io, std::string(place.runtime) + ": " + std::generic_category().message(file.errnum));
        if (facts) {
            m_state = wire::HookState::Active;
            m_reason = place.runtime;
            return std::move(*facts);
        }
        if (m_state != wire::HookState::Active) {
            m_state = wire::HookState::Failed;
            m_reason = facts.error().message();
        }
    }
    return std::nullopt;
}

wire::Hook RuntimeState::hook() const
{
    wire::Hook hook;
    hook.collector = "kubernetes";
    hook.name = "runtime state";
    hook.state = m_state;
    hook.attachKind = m_state == wire::HookState::Active ? "file" : "";
    hook.reason = m_state == wire::HookState::Unknown ? "no container of which a runtime wrote something down" : m_reason;
    return hook;
}

} // namespace tapio::agent

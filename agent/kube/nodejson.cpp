// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/nodejson.h"

#include <optional>
#include <string>
#include <utility>

#include "agent/enrich/kubename.h"
#include "agent/kube/objectvisitor.h"
#include "agent/kube/workload.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

namespace {

using wire::KubernetesFact;
using wire::KubernetesFactKind;

constexpr std::string_view conditionList = "/status/conditions";

/// One of those that a node says of itself, or that is said of it (kubernetes.io/docs, "Node Status").
struct ConditionDraft {
    std::string type, status, reason, message, since;
};

KubernetesFactKind kindOf(std::string_view status)
{
    if (status == "True")
        return KubernetesFactKind::NodeReady;
    return status == "False" || status == "Unknown" ? KubernetesFactKind::NodeNotReady : KubernetesFactKind::Unknown;
}

/// 0 = not said, or of no year that nanoseconds reach.
std::int64_t utcNsOf(const std::string &text)
{
    std::int64_t utcNs = 0;
    return __builtin_mul_overflow(parseApiTime(text), nsPerSecond, &utcNs) ? 0 : utcNs;
}

class NodeReader {
public:
    using Facts = KubernetesFact;
    static constexpr std::string_view listKind = "NodeList", plural = "nodes";

    void beginObject(std::string_view path)
    {
        if (path == conditionList)
            m_draft = {};
    }
    void endObject(std::string_view path)
    {
        if (path == conditionList && m_draft.type == "Ready")
            m_ready = std::exchange(m_draft, {});
    }
    void text(std::string_view path, std::string &&value)
    {
        if (path == "/metadata/name")
            m_name = std::move(value);
        else if (path.starts_with(conditionList))
            takeCondition(path.substr(conditionList.size()), std::move(value));
    }
    void flag(std::string_view, bool) {}
    std::optional<KubernetesFact> finish()
    {
        if (!isKubernetesName(m_name))
            return std::nullopt;
        KubernetesFact fact;
        fact.kind = kindOf(m_ready.status);
        fact.node = std::exchange(m_name, {});
        fact.reason = wire::toLine(m_ready.reason, KubernetesFact::reasonBytes);
        fact.message = wire::toLine(m_ready.message, KubernetesFact::messageBytes);
        fact.sinceNs = utcNsOf(m_ready.since);
        return fact;
    }

private:
    void takeCondition(std::string_view field, std::string &&value)
    {
        if (field == "/type")
            m_draft.type = std::move(value);
        else if (field == "/status")
            m_draft.status = std::move(value);
        else if (field == "/reason")
            m_draft.reason = std::move(value);
        else if (field == "/message")
            m_draft.message = std::move(value);
        else if (field == "/lastTransitionTime")
            m_draft.since = std::move(value);
    }

    std::string m_name;
    ConditionDraft m_draft, m_ready;
};

} // namespace

Result<PageOf<KubernetesFact>> parseNodePage(std::string_view body) { return parsePage<NodeReader>(body); }
Result<EventOf<KubernetesFact>> parseNodeEvent(std::string_view line) { return parseEvent<NodeReader>(line); }

} // namespace tapio::agent

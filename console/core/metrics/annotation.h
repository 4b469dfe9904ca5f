// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "console/core/metrics/insightfold.h"
#include "console/core/metrics/panel.h"

/// What happened beside the figures, to be shown over them: what changed, which drills ran, what was found.
namespace tapio::console {

enum class AnnotationKind : std::uint8_t {
    Change,  ///< of the cluster: a volume's contents, a node that is lost, back or removed
    Drill,   ///< by its labels
    Insight, ///< as it was told last
};

struct Annotation {
    AnnotationKind kind = AnnotationKind::Change;
    wire::Severity severity = wire::Severity::Info;
    std::int64_t fromNs = 0, toNs = 0; ///< UTC; the same: a moment. Of what goes on, until it was told last
    bool isOpen = false;               ///< no end of it is known
    std::string node;                  ///< that told it
    std::string text;                  ///< one line, data: never translated. Of a drill its name
    std::string target;                ///< of a drill; of a change whose it is; empty: nobody's
    std::string ofNode;                ///< that it is about, where another one tells of it
    std::string namespaceName;         ///< of whom it is; empty: of none, or it is not known
    EventId event;                     ///< that told it last
    std::uint64_t insight = 0;         ///< its id; of others 0

    bool operator==(const Annotation &) const = default;
};

/// Whether it is of a node and of a namespace; empty: of any. What servers tell is of all nodes, unless it is about one; what has no namespace is of all.
bool isWithin(const Annotation &one, const Scope &scope);

/// By time. Shared with what draws them.
using Annotations = std::shared_ptr<const std::vector<Annotation>>;

/// Makes them of events, in whatever order they come, the same more than once too. Bounded by who gives them. One thread (any).
class AnnotationFold {
public:
    /// The types of events that say something here.
    static std::vector<wire::EventType> types();
    /// Others are passed over.
    void add(const StoredEvent &stored);
    std::size_t size() const noexcept { return m_insights.size() + m_drills.size() + m_changes.size(); }
    /// A drill lasts no longer; of one that lasts longer, the end was lost.
    static constexpr std::int64_t mostDrillNs = 900 * nsPerSecond;
    /// By their begin; of more than `most` those that began last. What no end is known of goes on until `untilNs`, a drill not longer than it may.
    std::vector<Annotation> annotations(std::size_t most, std::int64_t untilNs) const;

private:
    void addInsight(const StoredEvent &stored);
    void addDrill(const StoredEvent &stored, const wire::DrillLabel &label);
    void addChange(const StoredEvent &stored, const wire::KubernetesFact &fact);

    InsightFold m_insights;
    std::map<InsightKey, std::string> m_namespaces;                       ///< of insights
    std::map<std::pair<std::string, std::uint64_t>, Annotation> m_drills; ///< by node and run
    std::map<EventId, Annotation> m_changes;
};

} // namespace tapio::console

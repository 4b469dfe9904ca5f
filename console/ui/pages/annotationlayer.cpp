// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/annotationlayer.h"

#include "console/ui/pages/annotationlist.h"

namespace tapio::console {

AnnotationLayer::AnnotationLayer(const UiContext &context, int slot, Page *page)
    : QObject(page), m_context(context), m_feed(context.session, slot)
{
    connect(&m_feed, &AnnotationsFeed::changed, this, [this] { emit changed(annotations()); });
    connect(&context.plots, &PlotChoice::changed, this, &AnnotationLayer::choose);
    context.actions.add({QStringLiteral("annotations.list.%1").arg(slot),
                         tr("What happened in this range"),
                         ActionGroup::View,
                         {QKeySequence(QStringLiteral("W"))},
                         [this] { showList(); },
                         {},
                         page});
}

AnnotationsFeed::Wanted AnnotationLayer::wanted() const
{
    const QString node = m_context.shell.scopeNode();
    return {m_range.fromNs, m_range.toNs, node.isEmpty() ? std::vector<std::string>() : std::vector{node.toStdString()}};
}

void AnnotationLayer::want(const TimeWindow &range)
{
    m_range = range;
    m_isAsked = true;
    if (m_context.plots.hasAnnotations())
        m_feed.want(wanted());
}

void AnnotationLayer::stop()
{
    m_isAsked = false;
    m_feed.stop();
}

Annotations AnnotationLayer::annotations() const { return m_context.plots.hasAnnotations() ? m_feed.annotations() : nullptr; }

void AnnotationLayer::choose()
{
    if (!m_context.plots.hasAnnotations())
        m_feed.stop();
    else if (m_isAsked)
        m_feed.want(wanted());
    emit changed(annotations());
}

/// Also where they are not wanted on plots: a person asks.
void AnnotationLayer::showList()
{
    if (m_range.toNs > m_range.fromNs)
        m_feed.want(wanted());
    auto *list = new AnnotationList(m_context, m_feed);
    m_context.shell.showInDrawer(DrawerTab::Inspector, tr("What happened"), list);
    list->setFocus();
}

} // namespace tapio::console

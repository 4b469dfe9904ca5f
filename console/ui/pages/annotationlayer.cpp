// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/annotationlayer.h"

#include "console/ui/pages/annotationlist.h"

namespace tapio::console {

AnnotationLayer::AnnotationLayer(const UiContext &context, int slot, const char *name, Page *page)
    : QObject(page), m_context(context), m_page(page), m_feed(context.session, slot)
{
    connect(&m_feed, &AnnotationsFeed::changed, this, [this] { emit changed(annotations()); });
    connect(&context.plots, &PlotChoice::changed, this, &AnnotationLayer::choose);
    context.actions.add({QLatin1String("annotations.") + QLatin1String(name),
                         tr("What happened in this range"),
                         ActionGroup::View,
                         {QKeySequence(QStringLiteral("W"))},
                         [this] { showList(); },
                         {},
                         page});
}

AnnotationsFeed::Wanted AnnotationLayer::wanted() const
{
    Scope scope; // where the page does not obey it, the window does not show it either
    if (m_page->usesNodeScope())
        scope.node = m_context.shell.scopeNode().toStdString();
    if (m_page->usesNamespaceScope())
        scope.namespaceName = m_context.shell.scopeNamespace().toStdString();
    return {m_range.fromNs, m_range.toNs, scope};
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
    if (m_range.toNs <= m_range.fromNs) // the page has shown nothing yet
        m_range = resolve(m_context.session.range(), m_context.nowNs());
    m_feed.want(wanted());
    auto *list = new AnnotationList(m_context, m_feed);
    m_context.shell.showInDrawer(DrawerTab::Inspector, tr("What happened"), list);
    list->setFocus();
}

} // namespace tapio::console
